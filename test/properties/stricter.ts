/** A token as a lenient reader sees it: what jose makes of it. */
export interface LenientToken {
  readonly text: string
  readonly segments: readonly string[]
  readonly headerText: string
  readonly payloadText: string
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

/** Takes a token apart as leniently as possible; for tokens that jose accepts. */
export function readLeniently(text: string): LenientToken {
  const segments = text.split('.')
  const [headerText = '', payloadText = ''] = segments.map((segment) =>
    new TextDecoder().decode(Buffer.from(segment, 'base64url')),
  )
  return { text, segments, headerText, payloadText, header: parse(headerText), payload: parse(payloadText) }
}

/** Why a token that jose accepts is refused: the reason, why we want it so, and whether the token really is like that. */
export interface Stricter {
  readonly reason: string
  readonly because: string
  holds(token: LenientToken): boolean
}

const isAbsentOr = (value: unknown, fits: (value: unknown) => boolean): boolean => value === undefined || fits(value)
const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isTextOrList = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.every((entry) => typeof entry === 'string'))
const isDate = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER

/** Everything that we refuse and jose does not. A refusal that no row explains is a mistake. */
export const STRICTER: readonly Stricter[] = [
  {
    reason: 'ERR_TOKEN_ENCODING',
    because: 'one token must not have several spellings, of which a blocklist or a cache knows one',
    holds: ({ segments }) =>
      segments.some((segment) => Buffer.from(segment, 'base64url').toString('base64url') !== segment),
  },
  {
    reason: 'ERR_TOKEN_TOO_LARGE',
    because: 'limits come before work',
    holds: ({ text, segments }) => text.length > 8_192 || (segments[0]?.length ?? 0) > 2_731,
  },
  {
    reason: 'ERR_TOKEN_JSON',
    because:
      'two readers of one text must agree: no member twice, no half characters, UTF-8 alone, bounded depth and width',
    holds: (token) =>
      [token.headerText, token.payloadText].some(isAmbiguous) ||
      token.segments.some((segment, index) => index < 2 && !isUtf8(Buffer.from(segment, 'base64url'))),
  },
  {
    reason: 'ERR_TOKEN_HEADER',
    because: 'a wrong type is a refusal, never an absence',
    holds: ({ header }) =>
      ['kid', 'typ'].some((name) => !isAbsentOr(header[name], (value) => typeof value === 'string')),
  },
  {
    reason: 'ERR_TOKEN_CRITICAL',
    because: 'no extension is understood; b64 has no place in a JWT (RFC 7797 section 7)',
    holds: ({ header }) => 'crit' in header || ('b64' in header && header['b64'] !== true),
  },
  {
    reason: 'ERR_TOKEN_ENCRYPTED',
    because: 'what belongs to encryption or compression has no place in a signed token',
    holds: ({ header }) => ['enc', 'zip', 'p2c', 'p2s', 'epk'].some((name) => name in header),
  },
  {
    reason: 'ERR_TOKEN_TYPE',
    because: 'another kind of token is no permission to call this API (RFC 8725 section 3.12)',
    holds: ({ header, payload }) =>
      !isAbsentOr(header['typ'], (typ) => /^(application\/at\+jwt|at\+jwt|jwt)$/i.test(String(typ))) ||
      ['nonce', 'at_hash', 'c_hash', 'events'].some((name) => Object.hasOwn(payload, name)) ||
      !isAbsentOr(payload['token_use'], (use) => use === 'access') ||
      !isAbsentOr(payload['typ'], (type) => type === 'Bearer'),
  },
  {
    reason: 'ERR_TOKEN_CLAIM_MISSING',
    because: 'a principal without a subject is nobody',
    holds: ({ payload }) => payload['sub'] === undefined,
  },
  {
    reason: 'ERR_TOKEN_CLAIM_TYPE',
    because: 'a wrong type is a refusal, never an absence',
    holds: ({ payload }) =>
      ['sub', 'jti', 'client_id', 'azp', 'acr'].some((name) => !isAbsentOr(payload[name], isText)) ||
      ['exp', 'nbf', 'iat', 'auth_time'].some((name) => !isAbsentOr(payload[name], isDate)) ||
      ['aud', 'scope', 'amr'].some((name) => !isAbsentOr(payload[name], isTextOrList)) ||
      !isAbsentOr(payload['act'], isActor) ||
      !isAbsentOr(payload['cnf'], isObject),
  },
  {
    reason: 'ERR_TOKEN_ISSUED_IN_FUTURE',
    because: 'a token from the future was made by a clock, or by somebody, that cannot be trusted',
    holds: ({ payload }) => (payload['iat'] as number) > 1_800_000_005,
  },
  {
    reason: 'ERR_PROOF_REQUIRED',
    because: 'a stolen token that is bound to a key must be worth nothing (RFC 9449 section 7.2)',
    holds: ({ payload }) =>
      isObject(payload['cnf']) && ['jkt', 'x5t#S256'].some((name) => Object.hasOwn(payload['cnf'] as object, name)),
  },
  {
    reason: 'ERR_TOKEN_CONFIRMATION',
    because: 'a confirmation of which nothing is understood confirms nothing',
    holds: ({ payload }) =>
      isObject(payload['cnf']) && !['jkt', 'x5t#S256'].some((name) => Object.hasOwn(payload['cnf'] as object, name)),
  },
]

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isActor(value: unknown): boolean {
  if (!isObject(value)) return false
  const { iss, sub, client_id: clientId, act } = value as Readonly<Record<string, unknown>>
  return [iss, sub, clientId].every((name) => isAbsentOr(name, isText)) && isAbsentOr(act, isActor)
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return !text.startsWith('\ufeff')
  } catch {
    return false
  }
}

/** Whether two readers could disagree about a JSON text, told with the means of regular expressions. */
function isAmbiguous(text: string): boolean {
  const skeleton = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
  const written = skeleton.split(':').length - 1
  const value = JSON.parse(text.replace(/^\ufeff/, '')) as unknown
  return (
    written !== countMembers(value) ||
    written > 256 ||
    skeleton.split(/[[{]/).length - 1 > 256 + 16 ||
    depthOf(value) > 16 ||
    /\p{Surrogate}/u.test(collectText(value))
  )
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce<number>((sum, entry) => sum + countMembers(entry), own)
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function collectText(value: unknown): string {
  if (typeof value === 'string') return `${value} `
  if (typeof value !== 'object' || value === null) return ''
  return Object.entries(value)
    .map(([name, entry]) => `${name} ${collectText(entry)}`)
    .join('')
}

function parse(text: string): Readonly<Record<string, unknown>> {
  return JSON.parse(text.replace(/^\ufeff/, '')) as Readonly<Record<string, unknown>>
}
