import { randomUUID } from 'node:crypto'
import { AUDIENCE } from './apis.js'
import type { Api } from './apis.js'
import type { OpenIdProvider } from './providers.js'

/** A request that every API gets, and what must come of it. */
export interface Call {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token: string | undefined
  /** Goes with the token under the DPoP scheme; a token without a proof goes as Bearer. */
  readonly proof?: string | undefined
  readonly expected: Outcome
}

/** What came of a call. */
export interface Outcome {
  /** Status and challenge, such as `401 invalid_token`. */
  readonly answer: string
  /** The principal that the API saw, or why it refused; the client is not told the reason, the operator's log is. */
  readonly why: string
}

/** One line of the table. */
export interface Result {
  readonly framework: string
  readonly call: Pick<Call, 'name' | 'expected'>
  readonly got: Outcome
  readonly matched: boolean
}

interface PrincipalBody {
  readonly issuer?: string
  readonly subject?: string
  readonly scopes?: readonly string[]
}

interface ReadinessBody {
  readonly issuers?: readonly { readonly ok: boolean }[]
}

/** Prepares every call; the real tokens come from the providers, the others are forged. */
export async function prepareCalls(acme: OpenIdProvider, partner: OpenIdProvider): Promise<readonly Call[]> {
  const both = await acme.requestToken('orders:read orders:write', AUDIENCE)
  const read = await partner.requestToken('orders:read', AUDIENCE)
  const elsewhere = await acme.requestToken('orders:read', 'https://billing.example.com')
  const nowSeconds = Math.floor(Date.now() / 1000)
  const claims = {
    iss: acme.issuer,
    sub: acme.client.id,
    client_id: acme.client.id,
    aud: AUDIENCE,
    scope: 'orders:read',
    iat: nowSeconds,
    exp: nowSeconds + 300,
    jti: randomUUID(),
  }
  const expired = await acme.forgeToken({ ...claims, iat: nowSeconds - 600, exp: nowSeconds - 300 })
  // Acme's own key under the partner's name: what a dishonest issuer would try.
  const renamed = await acme.forgeToken({ ...claims, iss: partner.issuer }, { kid: partner.kid })
  const unknown = await acme.forgeToken({ ...claims, iss: 'https://evil.example' })

  const asAcme = `acme ${acme.client.id} (orders:read orders:write)`
  const asPartner = `partner ${partner.client.id} (orders:read)`
  const toRead = { method: 'GET', path: '/orders' } as const
  const toWrite = { method: 'POST', path: '/orders' } as const
  const invalid = (why: string): Outcome => ({ answer: '401 invalid_token', why })
  return [
    {
      name: 'keys of both issuers',
      method: 'GET',
      path: '/ready',
      token: undefined,
      expected: { answer: '200', why: '2 of 2 issuers ready' },
    },
    { name: "acme's token", ...toRead, token: both, expected: { answer: '200', why: asAcme } },
    { name: "partner's token", ...toRead, token: read, expected: { answer: '200', why: asPartner } },
    { name: "acme's token, to write", ...toWrite, token: both, expected: { answer: '201', why: asAcme } },
    {
      name: "partner's token, to write",
      ...toWrite,
      token: read,
      expected: { answer: '403 insufficient_scope', why: 'ERR_SCOPE_INSUFFICIENT' },
    },
    { name: 'token for another API', ...toRead, token: elsewhere, expected: invalid('ERR_TOKEN_AUDIENCE') },
    { name: 'expired token', ...toRead, token: expired, expected: invalid('ERR_TOKEN_EXPIRED') },
    {
      name: 'tampered token (more scopes)',
      ...toRead,
      token: widenScope(both),
      expected: invalid('ERR_TOKEN_SIGNATURE'),
    },
    {
      name: "token with another's signature",
      ...toRead,
      token: withSignatureOf(both, read),
      expected: invalid('ERR_TOKEN_SIGNATURE'),
    },
    { name: "acme's key in partner's name", ...toRead, token: renamed, expected: invalid('ERR_KEY_MISMATCH') },
    { name: 'token of an unlisted issuer', ...toRead, token: unknown, expected: invalid('ERR_ISSUER_UNTRUSTED') },
    {
      name: 'unsigned token (alg none)',
      ...toRead,
      token: withoutSignature(both),
      expected: invalid('ERR_TOKEN_ALGORITHM'),
    },
    {
      name: 'no token',
      ...toRead,
      token: undefined,
      expected: { answer: '401 bare challenge', why: 'ERR_CREDENTIALS_MISSING' },
    },
  ]
}

/** Makes one call. `readReason` gives the reason that the API logged meanwhile. */
export async function makeCall(
  api: Api,
  call: Call,
  names: ReadonlyMap<string, string>,
  readReason: () => string | undefined,
): Promise<Result> {
  const response = await fetch(`${api.url}${call.path}`, {
    method: call.method,
    headers: toHeaders(call),
  })
  const body: unknown = await response.json()
  const got = { answer: toAnswer(response), why: readReason() ?? toText(body, names) }
  const matched = got.answer === call.expected.answer && got.why === call.expected.why
  return { framework: api.framework, call, got, matched }
}

function toHeaders({ token, proof }: Call): Record<string, string> {
  if (token === undefined) return {}
  return proof === undefined ? { authorization: `Bearer ${token}` } : { authorization: `DPoP ${token}`, dpop: proof }
}

/** Status and challenge of an API's answer. */
export function toAnswer(response: Response): string {
  if (response.ok) return String(response.status)
  const challenge = response.headers.get('www-authenticate')
  if (challenge === null) return `${response.status} no challenge`
  return `${response.status} ${/\berror="([^"]+)"/.exec(challenge)?.[1] ?? 'bare challenge'}`
}

/** The principal as the API answered it, with the issuer's short name; or how many issuers' keys are there. */
function toText(body: unknown, names: ReadonlyMap<string, string>): string {
  const { issuer = '', subject, scopes, issuers } = body as PrincipalBody & ReadinessBody
  if (issuers !== undefined) return `${issuers.filter(({ ok }) => ok).length} of ${issuers.length} issuers ready`
  if (subject === undefined || scopes === undefined) return ''
  return `${names.get(issuer) ?? issuer} ${subject} (${scopes.join(' ')})`
}

function widenScope(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  return [header, encode({ ...claims, scope: 'orders:read orders:write orders:delete' }), signature].join('.')
}

function withSignatureOf(token: string, other: string): string {
  return [...token.split('.').slice(0, 2), other.split('.')[2]].join('.')
}

function withoutSignature(token: string): string {
  return `${encode({ alg: 'none', typ: 'at+jwt' })}.${token.split('.')[1] ?? ''}.`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
