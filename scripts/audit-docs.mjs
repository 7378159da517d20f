// docs/audit-events.md, from two sources: the tables that events are made by say what is kept, the docstrings of the types what
// it means.
import { readDocstrings } from './option-docs.mjs'

/** @typedef {import('../packages/core/src/audit-event.js').AuditType} AuditType */
/** @typedef {{ wants: string, members?: Readonly<Record<string, Shape>>, entry?: Shape }} Shape */
/** @typedef {{ name: string, activity: number, activityName: string, severity: number }} OcsfRow */

/**
 * What the page is made of.
 *
 * @typedef {object} Tables
 * @property {Readonly<Record<AuditType, string>>} types how each type travels
 * @property {Readonly<Record<string, Shape>>} entry what is kept of an entry
 * @property {Readonly<Record<AuditType, OcsfRow>>} ocsf
 * @property {Readonly<Record<string, { uid: number }>>} classes
 * @property {string} source the text of the types
 */

/** When each type is recorded. @type {Readonly<Record<AuditType, string>>} */
const MEANINGS = {
  'authn.success': 'A verifier accepted a request or a bare token',
  'authn.failure': 'It refused one, or could not judge (`error`)',
  'authz.denied': 'A guard refused somebody, or failed (`error`)',
  'token.exchange': 'The token service exchanged a token, or refused to. RFC 8693',
  'token.grant':
    'It issued a token for an assertion or to a client for itself, or refused to. RFC 7523, RFC 6749 section 4.4',
  'token.introspected': 'It told a resource server what a token is worth. RFC 7662',
  'token.revoked': 'A token of its own was revoked. RFC 7009',
  'replay.detected': 'Something that is good once came again; a grant is waited for',
  'session.revoked': 'A session ended before its tokens did',
  'subject.revoked': 'Everything of somebody from before a moment is void',
  'signal.received': 'Another party told of a security event. RFC 8417',
  'key.published': 'A signing key is published, and does not sign yet',
  'key.activated': 'It signs',
  'key.retired': 'It no longer signs; its private part is destroyed',
  'key.removed': 'It is no longer published',
  'key.revoked': 'It was dropped at once, and is never accepted again',
  'jwks.refreshed': 'The key set of an issuer changed',
  'jwks.failed': 'It could not be read',
  'jwks.abrupt_rotation': 'No key of the old set is in the new one',
  'trust.changed': 'Another policy holds than before: at the start of a verifier, by its digest',
  'audit.gap': 'Events are missing, here or in one sink, and how many',
  'audit.checkpoint': 'The stream up to an event was signed',
  'audit.sink_failed': 'A sink is down, late or out of room',
  'audit.sink_recovered': 'It is back',
  'service.started': 'A stream begins; it names the one before',
  'service.stopped': 'It ends as it should: without, its process died, or its end is missing',
}

const HANDLING = {
  awaited: '**waited for**',
  ordinary: '',
  sampled: 'may be sampled',
  own: "the trail's own",
}

const INTRO = `# Audit events

Made from the tables that events are made by, and from the docstrings of their types, by \`npm run docs:audit\`. Do not edit.

An event is one line of JSON in canonical form (RFC 8785): version 1 of the schema. What is absent is left out; what is of another kind
than the table says is not kept, and neither is any other member. [The audit trail](audit.md) says what holds of them together.

## Types

What is waited for does not happen unless a required sink has the event; refusals of somebody unknown are the exception, whatever their
type: they are written up to a rate, then counted. \`outcome\` is \`success\`, \`denied\` (a rule said no), \`failure\` (what was sent was no
good) or \`error\` (something of ours, or that we depend on, failed). \`reason\` is of the [errors](errors.md) of the verifier, or of the
token service.

| type | | when | OCSF 1.8.0 | severity |
| --- | --- | --- | --- | --- |
`

const MEMBERS = `
## Members of an entry

What a source tells. Texts are escaped: control characters, and what turns the direction of text around, stand as \`\\u\` and four hexadecimal
digits, a backslash before \`u\` as \`\\u005c\`. What looks like a token stands as \`[token]\`. What is longer than the table says ends in
\`…[<characters>:<12 characters of SHA-256>]\`. A longer list ends in \`…[<entries>]\`; that of \`actor\`, which
keeps 16, in a party with this as its \`sub\`.

| member | kept as | |
| --- | --- | --- |
`

const ADDED = `
## Members that the trail adds

| member | |
| --- | --- |
`

/**
 * Writes the page.
 *
 * @param {Tables} tables
 * @returns {string}
 */
export function writeAuditDocs({ types, entry, ocsf, classes, source }) {
  const docs = readDocstrings(source)
  const typeRows = Object.entries(types).map(([type, handling]) => {
    const { name, activity, severity } = ocsf[/** @type {AuditType} */ (type)]
    const place = `${classes[name]?.uid} · ${activity}`
    const meaning = MEANINGS[/** @type {AuditType} */ (type)]
    return `| \`${type}\` | ${HANDLING[/** @type {keyof typeof HANDLING} */ (handling)]} | ${meaning} | ${place} | ${severity} |`
  })
  /** What is said of an object is said once. */
  const said = new Set()
  const memberRows = listMembers('', entry).map(({ path, shape }) => {
    const doc = findDoc(docs, path)
    const shown = said.has(doc) ? '' : doc
    said.add(doc)
    return `| \`${path}\` | ${path === 'type' ? 'one of the types above' : shape.wants} | ${shown} |`
  })
  const event = docs.get('AuditEvent')?.members ?? new Map()
  const addedRows = [...event].map(([name, { doc }]) => `| \`${name}\` | ${doc} |`)
  return [INTRO, lines(typeRows), MEMBERS, lines(memberRows), ADDED, lines(addedRows)].join('')
}

/** @param {readonly string[]} rows */
function lines(rows) {
  return `${rows.join('\n')}\n`
}

/**
 * Every member, those of objects by their paths; `[]` for each of a list.
 *
 * @param {string} prefix
 * @param {Readonly<Record<string, Shape>>} shapes
 * @returns {{ path: string, shape: Shape }[]}
 */
function listMembers(prefix, shapes) {
  return Object.entries(shapes).flatMap(([name, shape]) => {
    const path = `${prefix}${name}`
    if (shape.members !== undefined) return listMembers(`${path}.`, shape.members)
    if (shape.entry?.members !== undefined) return listMembers(`${path}[].`, shape.entry.members)
    return [{ path, shape }]
  })
}

/** Types of members that are objects of their own. @type {Readonly<Record<string, string>>} */
const TYPES = { subject: 'AuditParty', 'actor[]': 'AuditParty' }

/**
 * @param {ReturnType<typeof readDocstrings>} docs
 * @param {string} path
 */
function findDoc(docs, path) {
  const [first = '', ...rest] = path.split('.')
  const own = docs.get('AuditEntry')?.members.get(first.replace('[]', ''))?.doc ?? ''
  const type = first === 'tokens' ? 'AuditTokenRef' : TYPES[first]
  const inner = type === undefined ? '' : (docs.get(type)?.members.get(rest.at(-1) ?? '')?.doc ?? '')
  return inner !== '' ? inner : own
}
