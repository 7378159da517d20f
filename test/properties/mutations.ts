import fc from 'fast-check'
import { AUDIENCE, claims, ISSUER, NOW_SECONDS } from '../conformance/party.js'

/** One token to make: what it says, how it is written, and what is signed. */
export interface TokenCase {
  readonly alg: 'ES256' | 'EdDSA' | 'RS256'
  readonly header: Members
  readonly payload: Members
  /** How the JSON of header and payload is written. */
  readonly headerText: TextForm
  readonly payloadText: TextForm
  /** Changes to the text of the token. */
  readonly edits: readonly Edit[]
  /** Whether the issuer signs what came of the changes; otherwise the signature is that of the token as it was before. */
  readonly signedAfter: boolean
}

/** Members to put over the ordinary ones; `undefined` takes one out. */
type Members = Readonly<Record<string, unknown>>

/** How a JSON text departs from what `JSON.stringify` writes. */
type TextForm =
  | { readonly kind: 'plain' | 'spaced' | 'escaped' | 'bom' | 'trailing' | 'latin1' }
  | { readonly kind: 'twice'; readonly member: string; readonly value: unknown }
  | { readonly kind: 'deep'; readonly depth: number }
  | { readonly kind: 'wide'; readonly count: number }
  | { readonly kind: 'raw'; readonly member: string; readonly literal: string }

/** One change to a text. Positions are fractions, so that they fit a text of any length. */
type Edit =
  | { readonly kind: 'insert' | 'replace'; readonly at: number; readonly text: string }
  | { readonly kind: 'delete' | 'flip'; readonly at: number }
  | { readonly kind: 'append' | 'prepend'; readonly text: string }
  | { readonly kind: 'swap' | 'repeat' }

/** JSON values as strangers write them: shallow enough to be within the limits most of the time. */
const json = fc.jsonValue({ maxDepth: 3 })

const otherName = fc.constantFrom(
  'department',
  'https://acme.example/x',
  'email',
  'x',
  '__proto__',
  'constructor',
  'toString',
  '',
  'é',
)

/** A member of an ordinary token in a form that is just as good. */
const harmlessClaim = fc.oneof(
  fc.tuple(fc.constant('aud'), fc.constantFrom<unknown>(AUDIENCE, [AUDIENCE], ['https://other.example', AUDIENCE])),
  fc.tuple(
    fc.constant('exp'),
    fc.integer({ min: -16, max: 4_000 }).map((quarter) => NOW_SECONDS + quarter / 4),
  ),
  fc.tuple(
    fc.constant('nbf'),
    fc.integer({ min: -4_000, max: 20 }).map((quarter) => NOW_SECONDS + quarter / 4),
  ),
  fc.tuple(
    fc.constant('iat'),
    fc.integer({ min: -4_000, max: 20 }).map((quarter) => NOW_SECONDS + quarter / 4),
  ),
  fc.tuple(fc.constant('scope'), fc.constantFrom<unknown>('', 'a', 'a b', ['a', 'b'], undefined)),
  fc.tuple(fc.constant('sub'), fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })),
  fc.tuple(fc.constant('jti'), fc.constantFrom<unknown>(undefined, 'id-2')),
  fc.tuple(fc.constantFrom('roles', 'permissions', 'groups', 'scp', 'realm_access'), json),
  fc.tuple(otherName, json),
)

/** A member that something reads, with a value that may be anything. */
const anyClaim = fc.tuple(
  fc.constantFrom(
    ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'scope', 'scp', 'client_id', 'azp', 'cnf', 'act', 'nonce'],
    ...['at_hash', 'events', 'token_use', 'typ', 'auth_time', 'acr', 'amr', 'sid', 'cid'],
  ),
  fc.oneof(
    json,
    fc.constant(undefined),
    fc.constantFrom<unknown>(
      `${ISSUER}/`,
      [ISSUER],
      AUDIENCE,
      [AUDIENCE, 1],
      'Bearer',
      'access',
      'id',
      { jkt: 'x' },
      {},
    ),
    fc.integer({ min: -4_000, max: 4_000 }).map((quarter) => NOW_SECONDS + quarter / 4),
    fc.constantFrom<unknown>(String(NOW_SECONDS + 300), NOW_SECONDS * 1_000, 1e300, -1, 0),
  ),
)

const harmlessMember = fc.oneof(
  fc.tuple(fc.constant('typ'), fc.constantFrom<unknown>('at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', undefined)),
  fc.tuple(fc.constant('kid'), fc.constant(undefined)),
  fc.tuple(fc.constantFrom('jku', 'x5u', 'cty', 'x'), fc.constantFrom('https://evil.example/jwks', 'JWT', '')),
)

const anyMember = fc.tuple(
  fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'zip', 'enc', 'p2c', 'jwk', 'jku', 'x5c', 'cty'),
  fc.oneof(
    json,
    fc.constant(undefined),
    fc.constantFrom<unknown>(
      'none',
      'HS256',
      'RS256',
      'ES256',
      'EdDSA',
      'Ed25519',
      'es256',
      ['b64'],
      ['exp'],
      false,
      true,
      'DEF',
    ),
    fc.constantFrom<unknown>('es256-1', 'rs256-1', 'eddsa-1', 'dpop+jwt', 'JWT', ''),
  ),
)

const plain = fc.constant<TextForm>({ kind: 'plain' })

const harmlessText: fc.Arbitrary<TextForm> = fc.oneof(
  plain,
  fc.constantFrom<TextForm>({ kind: 'spaced' }, { kind: 'escaped' }),
)

const anyText: fc.Arbitrary<TextForm> = fc.oneof(
  { weight: 6, arbitrary: harmlessText },
  { weight: 1, arbitrary: fc.constantFrom<TextForm>({ kind: 'bom' }, { kind: 'trailing' }, { kind: 'latin1' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('twice' as const),
      member: fc.constantFrom('sub', 'aud', 'iss', 'exp', 'alg', 'kid', 'x'),
      value: json,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deep' as const), depth: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wide' as const), count: fc.integer({ min: 1, max: 400 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('raw' as const),
      member: fc.constantFrom('exp', 'nbf', 'iat', 'sub', 'x'),
      literal: fc.constantFrom(
        '1e400',
        '-1e400',
        '1e9999',
        '0x10',
        'NaN',
        '"\\ud800"',
        '"\\udc00x"',
        '9007199254740993',
        '-0',
        '01',
      ),
    }),
  },
)

const someText = fc.oneof(
  fc.constantFrom(
    '.',
    '..',
    '=',
    '==',
    ' ',
    '\n',
    '\0',
    '+',
    '/',
    '-',
    '_',
    'A',
    'é',
    '\u0141',
    '%3D',
    '.e30',
    '\ufeff',
  ),
  fc.string({ minLength: 1, maxLength: 4 }),
)

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('insert', 'replace'),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    text: someText,
  }),
  fc.record({ kind: fc.constantFrom('delete', 'flip'), at: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  fc.record({ kind: fc.constantFrom('append', 'prepend'), text: someText }),
  fc.constantFrom<Edit>({ kind: 'swap' }, { kind: 'repeat' }),
)

const alg = fc.oneof(
  { weight: 5, arbitrary: fc.constant('ES256' as const) },
  { weight: 4, arbitrary: fc.constant('EdDSA' as const) },
  { weight: 1, arbitrary: fc.constant('RS256' as const) },
)

function members(...entries: readonly fc.Arbitrary<readonly (readonly [string, unknown])[]>[]): fc.Arbitrary<Members> {
  // Object.fromEntries makes `__proto__` an own member, as a stranger's JSON does.
  return fc.tuple(...entries).map((lists) => Object.fromEntries(lists.flat()))
}

const harmless: fc.Arbitrary<TokenCase> = fc.record({
  alg,
  header: members(fc.array(harmlessMember, { maxLength: 2 })),
  payload: members(fc.array(harmlessClaim, { maxLength: 4 })),
  headerText: harmlessText,
  payloadText: harmlessText,
  edits: fc.constant([]),
  signedAfter: fc.constant(true),
})

const hostile: fc.Arbitrary<TokenCase> = fc.record({
  alg,
  header: fc.oneof(
    { weight: 2, arbitrary: members(fc.array(harmlessMember, { maxLength: 1 })) },
    {
      weight: 1,
      arbitrary: members(fc.array(harmlessMember, { maxLength: 1 }), fc.array(anyMember, { maxLength: 2 })),
    },
  ),
  payload: members(fc.array(harmlessClaim, { maxLength: 2 }), fc.array(anyClaim, { maxLength: 2 })),
  headerText: fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: anyText }),
  payloadText: fc.oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: anyText }),
  edits: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(edit, { minLength: 1, maxLength: 3 }) },
  ),
  signedAfter: fc.boolean(),
})

/** Tokens as an issuer makes them, and as strangers would. */
export const tokenCase: fc.Arbitrary<TokenCase> = fc.oneof(
  { weight: 1, arbitrary: harmless },
  { weight: 2, arbitrary: hostile },
)

/** What is signed, before and after the changes. */
export function toSigningInputs(given: TokenCase): { readonly before: string; readonly after: string } {
  const header = { alg: given.alg, kid: `${given.alg.toLowerCase()}-1`, typ: 'at+jwt' }
  const before = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims()))}`
  const changed = `${encode(write({ ...header, ...given.header }, given.headerText))}.${encode(write(merge(claims(), given.payload), given.payloadText))}`
  return { before, after: given.edits.reduce(applyEdit, changed) }
}

function merge(ordinary: Members, changes: Members): Members {
  return Object.fromEntries([...Object.entries(ordinary), ...Object.entries(changes)])
}

function write(value: Members, form: TextForm): string | Uint8Array {
  const text = JSON.stringify(value)
  const body = text.slice(1, -1)
  const add = (member: string): string => (body === '' ? `{${member}}` : `{${body},${member}}`)
  switch (form.kind) {
    case 'plain':
      return text
    case 'spaced':
      return JSON.stringify(value, undefined, '\t ')
    case 'escaped':
      return text.replaceAll('"sub"', '"\\u0073ub"').replaceAll('at+jwt', 'at\\u002bjwt')
    case 'bom':
      return `\ufeff${text}`
    case 'trailing':
      return `${text} x`
    case 'latin1':
      return Buffer.from(add('"é":"ü"'), 'latin1')
    case 'twice':
      return add(`${JSON.stringify(form.member)}:${JSON.stringify(form.value)}`)
    case 'deep':
      return add(`"deep":${'['.repeat(form.depth)}${']'.repeat(form.depth)}`)
    case 'wide':
      return add(`"wide":{${Array.from({ length: form.count }, (_, index) => `"${index}":0`).join(',')}}`)
    case 'raw':
      return JSON.stringify({ ...value, [form.member]: undefined }).replace(/\}$/, `,"${form.member}":${form.literal}}`)
  }
}

/** Applies one change to a text. */
export function applyEdit(text: string, change: Edit): string {
  const segments = text.split('.')
  switch (change.kind) {
    case 'insert':
    case 'replace': {
      const at = Math.floor(change.at * text.length)
      return text.slice(0, at) + change.text + text.slice(change.kind === 'insert' ? at : at + 1)
    }
    case 'delete': {
      const at = Math.floor(change.at * text.length)
      return text.slice(0, at) + text.slice(at + 1)
    }
    case 'flip': {
      const at = Math.floor(change.at * text.length)
      const letter = text[at] ?? ''
      const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
      return text.slice(0, at) + other + text.slice(at + 1)
    }
    case 'append':
      return text + change.text
    case 'prepend':
      return change.text + text
    case 'swap':
      return segments.toReversed().join('.')
    case 'repeat':
      return [...segments, segments.at(-1) ?? ''].join('.')
  }
}

function encode(text: string | Uint8Array): string {
  return Buffer.from(text as string).toString('base64url')
}
