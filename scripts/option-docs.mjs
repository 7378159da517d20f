// docs/options.md, from two sources: the tables that read options say what is wanted and what holds where an option is
// absent; the docstrings of the types say what it means.

/**
 * @typedef {object} Row
 * @property {{ wants: string, rows?: Readonly<Record<string, Row>> }} kind
 * @property {boolean} required
 * @property {unknown} fallback
 */
/** @typedef {Readonly<Record<string, Row>>} Rows */
/**
 * @typedef {object} Section
 * @property {string} title
 * @property {Rows} rows
 * @property {readonly string[]} types which describe them, the first that does
 * @property {string | undefined} lead what stands before the table
 * @property {Readonly<Record<string, string | undefined>>} links where more is told of an option, by its name
 */
/** @typedef {ReadonlyMap<string, { doc: string, members: ReadonlyMap<string, { doc: string, type: string }> }>} Docs */

const INTRO = `# Options

Made from the tables that read the options, and from the docstrings of their types, by \`npm run docs:options\`. Do not edit.

Everything is read once, at construction. \`undefined\` counts as absent. A name that does not exist is an error, and so is a value of
another kind: nothing is coerced. The \`ConfigurationError\` names the option, what it got, what it wants and the fix.

The adapters take the same options; what they add stands in the README of [Express](../packages/express),
[Fastify](../packages/fastify) and [Koa](../packages/koa).
`

/** @param {string} wants @returns {Row} */
const toOptional = (wants) => ({ kind: { wants }, required: false, fallback: undefined })

/** The rows of a source, which stand behind each target and not under an option of their own. @type {Rows} */
const SOURCE_ROWS = {
  claim: { ...toOptional('a list of member names from the outside in, or a JSON Pointer'), required: true },
  separator: toOptional('the text between two values'),
  take: toOptional('one of "value", "names"'),
  table: toOptional('an object from values to strings or lists of strings'),
  prefix: toOptional('the text to put before each value'),
}

/**
 * The sections of the page: where their rows are, and which types describe them, the first that does.
 * @type {readonly { title: string, path: readonly string[], types: readonly string[], rows?: Rows }[]}
 */
const SECTIONS = [
  { title: 'createVerifier', path: [], types: ['VerifierOptions'] },
  { title: 'limits', path: ['limits'], types: ['Limits'] },
  { title: 'network', path: ['network'], types: ['NetworkOptions', 'NetworkRules'] },
  { title: 'keyCache', path: ['keyCache'], types: ['KeyCacheRules'] },
  { title: 'tokenCache', path: ['tokenCache'], types: [] },
  { title: 'dpop', path: ['dpop'], types: ['DpopOptions'] },
  { title: 'dpop.nonce', path: ['dpop', 'nonce'], types: ['NonceOptions'] },
  { title: 'issuers', path: ['issuers'], types: ['IssuerOptions'] },
  { title: 'issuers: mapping', path: ['issuers', 'mapping'], types: ['MappingTargets'] },
  {
    title: 'issuers: mapping: source',
    path: ['issuers', 'mapping', 'source'],
    types: ['ClaimSource'],
    rows: SOURCE_ROWS,
  },
  { title: 'issuers: grants', path: ['issuers', 'grants'], types: ['GrantsOptions'] },
]

/** What a section says before its table. @type {Readonly<Record<string, string>>} */
const LEADS = {
  createVerifier: 'And of every `countersign(…)` that is given options in place of a verifier.',
  limits: 'Upper bounds on what a stranger may send. What is larger is refused before it is parsed.',
  network: 'Bounds on every request that goes out, to all issuers of this verifier.',
  keyCache: 'How long key sets live. `minAgeMs` ≤ `defaultAgeMs` ≤ `maxAgeMs`: set all three where you change one.',
  issuers: 'An entry is a URL, whose keys are discovered, or an object:',
  'issuers: mapping':
    'A text comes from the first of its sources that is present; a list likewise, or from `{ all: [ … ] }` of them together. A\n' +
    '[source](#issuers-mapping-source) is a claim and what is made of it, or `{ constant }`, whatever the token says. Or the whole mapping is one\n' +
    'synchronous function of the payload.\n\n' +
    'What only the mapping reads counts as absent unless it is a string or a list of strings. `tenant` of an issuer template, and of what\n' +
    '`resolveIssuer` answers, may be `{ constant }` alone; a template without it has the tenant that its only variable matched, and none\n' +
    'where there are several.',
  'issuers: mapping: source': `\`\`\`js mapping.js
export const mapping = {
  // From 'acme-admin acme-guest' come 'orders:read' and 'orders:write': 'acme-guest' is not in the table.
  roles: { claim: ['app_roles'], separator: ' ', table: { 'acme-admin': ['read', 'write'] }, prefix: 'orders:' },
  // From { "red": { … }, "blue": { … } } come 'red' and 'blue'.
  groups: { claim: ['https://acme.example/teams'], take: 'names' },
  tenant: { constant: 'acme' },
}
\`\`\``,
  'issuers: grants':
    'The most that an issuer can say. A list that is left out sets no bound; for an issuer template and for what `resolveIssuer` answers, a list of\n' +
    'roles, groups or permissions that is left out allows none. An empty list allows nothing.',
}

/**
 * Reads the docstrings of the interfaces and object types of a source file, and of their members.
 *
 * @param {string} text as oxfmt leaves it: members are indented by two spaces
 * @returns {Docs}
 */
export function readDocstrings(text) {
  /** @type {Map<string, { doc: string, members: Map<string, { doc: string, type: string }> }>} */
  const found = new Map()
  let doc = ''
  let current = found.get('')
  for (const line of text.split('\n')) {
    const comment = /^ *(?:\/\*\*|\*(?!\/)) ?(.*?)(?: ?\*\/)?$/.exec(line)
    if (/^ *\/\*\*/.test(line)) doc = ''
    const declared = /^(?:export )?(?:interface|type) (\w+)/.exec(line)
    const member = /^ {2}(?:readonly )?(\w+)\??(?::|\()(.*)$/.exec(line)
    if (comment !== null) doc = `${doc} ${comment[1]}`.trim()
    else if (declared !== null) {
      current = { doc, members: new Map() }
      found.set(String(declared[1]), current)
    } else if (member !== null) current?.members.set(String(member[1]), { doc, type: String(member[2]).trim() })
    if (comment === null && !/^ *\*\/$/.test(line)) doc = ''
  }
  return found
}

/**
 * Writes the page.
 *
 * @param {Rows} verifier the rows of `createVerifier`
 * @param {Rows} issuer those of one issuer
 * @param {readonly Docs[]} sources
 * @returns {string}
 */
export function writeOptionDocs(verifier, issuer, sources) {
  /** @type {Row} */
  const root = { kind: { wants: '', rows: verifier }, required: true, fallback: undefined }
  const sections = SECTIONS.map(({ title, path, types, rows: own }) => {
    /** @type {Rows} */
    let rows = root.kind.rows ?? {}
    for (const name of path) rows = (name === 'issuers' ? issuer : rows[name]?.kind.rows) ?? {}
    rows = own ?? rows
    const links = Object.fromEntries(Object.keys(rows).map((name) => [name, toLink(path, name)]))
    return { title, rows, types, lead: LEADS[title], links }
  })
  return writePage(INTRO, sections, sources)
}

/**
 * Writes a page of tables of options.
 *
 * @param {string} intro
 * @param {readonly Section[]} sections
 * @param {readonly Docs[]} sources
 * @returns {string}
 */
export function writePage(intro, sections, sources) {
  /** @type {Docs} */
  const docs = new Map(sources.flatMap((source) => [...source]))
  const texts = sections.map(({ title, rows, types, lead, links }) => {
    const lines = Object.entries(rows).map(([name, row]) => {
      const { doc, type } = findMember(docs, types, name)
      const own = doc === '' ? (docs.get(/^\w+/.exec(type)?.[0] ?? '')?.doc ?? '') : doc
      return toLine(name, row, own, links[name])
    })
    const head = lead === undefined ? '' : `${lead}\n\n`
    return `## ${title}\n\n${head}| option | wants | default | meaning |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`
  })
  return [intro, ...texts].join('\n')
}

/**
 * @param {Docs} docs
 * @param {readonly string[]} types
 * @param {string} name
 */
function findMember(docs, types, name) {
  const found = types.map((type) => docs.get(type)?.members.get(name)).filter((member) => member !== undefined)
  return found.find(({ doc }) => doc !== '') ?? found[0] ?? { doc: '', type: '' }
}

/** The section that tells more of an option, if there is one. @param {readonly string[]} path @param {string} name */
function toLink(path, name) {
  const title = SECTIONS.find((section) => section.path.join('.') === [...path, name].join('.'))?.title
  return title === undefined ? undefined : toAnchor(title)
}

/** Where a section of a page begins. @param {string} title */
export function toAnchor(title) {
  return `#${title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')}`
}

/**
 * @param {string} name
 * @param {Row} row
 * @param {string} doc
 * @param {string | undefined} link
 */
function toLine(name, row, doc, link) {
  const told = /(?:^|(?<=\.) )Default:? (.+?)\.(?= |$)/.exec(doc)
  const meaning = told === null ? doc : doc.replace(told[0], '').trim()
  const cells = [
    link === undefined ? `\`${name}\`` : `[${name}](${link})`,
    toWants(row.kind.wants),
    toDefault(name, row, told?.[1], link),
    meaning,
  ]
  return `| ${cells.map((cell) => toText(cell).replaceAll('|', '\\|')).join(' | ')} |`
}

/**
 * What holds where the option is absent: the table's word where it is plain, the docstring's otherwise. Where both speak,
 * they must agree.
 *
 * @param {string} name
 * @param {Row} row
 * @param {string | undefined} told
 * @param {string | undefined} link
 */
function toDefault(name, { required, fallback }, told, link) {
  if (required) return '**required**'
  const isPlain =
    typeof fallback === 'number' || typeof fallback === 'boolean' || (typeof fallback === 'string' && fallback !== '')
  if (isPlain) {
    const plain = typeof fallback === 'number' ? fallback.toLocaleString('en-US') : String(fallback)
    if (told !== undefined && !told.replaceAll(/['`]/g, '').startsWith(plain)) {
      throw new Error(`The docstring of ${name} says that its default is ${told}, the table ${plain}`)
    }
    // In words besides: 86,400,000 (24 h).
    if (told !== undefined && /^[\d,]+ \(.+\)$/.test(told)) return told
    return typeof fallback === 'string' ? `\`'${plain}'\`` : typeof fallback === 'boolean' ? `\`${plain}\`` : plain
  }
  if (told !== undefined) return told
  if (Array.isArray(fallback) && fallback.length === 0) return 'none'
  if (link === undefined || fallback === undefined) return 'none'
  return link.startsWith('#') ? 'below' : 'there'
}

/** @param {string} wants */
function toWants(wants) {
  return wants.replaceAll(/\b\d{4,}\b/g, (digits) => Number(digits).toLocaleString('en-US'))
}

/** @param {string} doc */
function toText(doc) {
  return doc.replaceAll(/\{@link (\w+)\}/g, '`$1`')
}
