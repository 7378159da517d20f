import { randomUUID } from 'node:crypto'
import { createVerifier, memoryReplayStore, memoryRevocationStore } from '@countersign/core'
import type { AuditEntry, Verifier } from '@countersign/core'
import { createSigningKeys, createTokenService, localKeyWrapper, memoryKeys } from '@countersign/sts'
import type { PolicyRule, TokenService, TokenServiceOptions } from '@countersign/sts'
import { createTestClock, createTestIssuer, createTestKey, testRuntime } from '@countersign/testing'
import type { TestClock, TestIssuer, TestKey } from '@countersign/testing'
import { SignJWT } from 'jose'

export const STS = 'https://sts.example/acme'
export const USERS = 'https://login.acme.example'
export const BILLING = 'https://billing.example.com'
export const SECRET = 'a-secret-that-is-long-enough-for-the-service'
export const NOW_SECONDS = Date.UTC(2026, 10, 24) / 1_000

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Token types, RFC 8693 section 3. */
export const TYPES = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  refreshToken: 'urn:ietf:params:oauth:token-type:refresh_token',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  saml2: 'urn:ietf:params:oauth:token-type:saml2',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
} as const

/** Parameters of a request: several values as a list, none where `undefined`. */
export type Form = Readonly<Record<string, string | readonly string[] | undefined>>

/** How a request departs from one of `orders`, by its secret. */
export interface Sent {
  /** Another client, by its secret; `null` for none. */
  readonly as?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** A token service with the issuer of its users, and an API that takes its tokens. */
export interface TokenWorld {
  readonly service: TokenService
  readonly clock: TestClock
  readonly users: TestIssuer
  /** Of the client `keyed`. */
  readonly key: TestKey
  readonly audit: readonly AuditEntry[]
  /** Verifies by the key set that the service publishes. */
  readonly billing: Verifier
  post(path: string, form: Form, sent?: Sent): Promise<Answer>
  get(path: string, init?: RequestInit): Promise<Response>
  /** An exchange of a token of Alice for `billing`, but for some parameters. */
  exchange(form?: Form, sent?: Sent): Promise<Answer>
  /** Alice's token for the service. */
  userToken(claims?: object): Promise<string>
  /** An assertion of `keyed` about itself, but for some claims and header members. */
  assertion(claims?: object, header?: object, key?: TestKey): Promise<string>
}

const rule = (more: Partial<PolicyRule>): PolicyRule =>
  ({ effect: 'allow', targets: ['billing'], scopes: { 'orders:read': ['invoice:read'] }, ...more }) as PolicyRule

const RULES: readonly PolicyRule[] = [
  rule({ id: 'exchange', clients: ['orders', 'keyed'], subjectIssuers: [USERS, STS] }),
  rule({
    id: 'onwards',
    clients: ['billing'],
    targets: ['ledger'],
    subjectIssuers: [STS],
    scopes: { 'invoice:read': ['entries:read'] },
  } as Partial<PolicyRule>),
  rule({ id: 'grants', clients: ['orders', 'keyed'], subjectIssuers: [USERS], grants: ['jwt-bearer'] }),
  rule({
    id: 'jobs',
    clients: ['job', 'keyed'],
    subjectIssuers: [],
    grants: ['client-credentials'],
    grantScopes: ['invoice:read', 'invoice:write'],
  } as Partial<PolicyRule>),
]

/** Makes the service, its clock at {@link NOW_SECONDS}. */
export async function createTokenWorld(changes: Partial<TokenServiceOptions> = {}): Promise<TokenWorld> {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  const [users, key] = await Promise.all([
    createTestIssuer({ issuer: USERS, clock, audience: STS }),
    createTestKey('ES256'),
  ])
  const runtime = testRuntime(users)
  const audit: AuditEntry[] = []
  const withSecret = { method: 'client_secret_basic', secrets: [SECRET] } as const
  const service = createTokenService({
    issuer: STS,
    signingKeys: createSigningKeys({ store: memoryKeys(), wrapper: localKeyWrapper([SECRET]), runtime }),
    verifier: createVerifier({ audience: STS, issuers: [USERS], runtime }),
    trust: [{ use: 'subject', issuer: USERS }],
    clients: [
      { clientId: 'orders', authentication: withSecret, grants: ['token-exchange', 'jwt-bearer'] },
      { clientId: 'billing', authentication: withSecret, audiences: [BILLING] },
      { clientId: 'job', authentication: withSecret, grants: ['client-credentials'] },
      { clientId: 'stranger', authentication: withSecret },
      {
        clientId: 'keyed',
        authentication: { method: 'private_key_jwt', keys: { jwks: { keys: [key.publicJwk] } } },
        grants: ['token-exchange', 'jwt-bearer', 'client-credentials'],
      },
    ],
    targets: {
      billing: {
        audience: BILLING,
        resources: [`${BILLING}/api?v=2`],
        scopes: ['invoice:read', 'invoice:write'],
        claims: ['roles', 'groups'],
      },
      ledger: { audience: 'https://ledger.example.com', scopes: ['entries:read'] },
    },
    policy: { id: 'conformance', rules: RULES },
    audit: { record: async (entry) => void audit.push(entry), fingerprint: (token) => `fp:${token.length}` },
    replayStore: memoryReplayStore(),
    revocations: memoryRevocationStore({ now: () => clock.now() }),
    runtime,
    ...changes,
  })
  const billing = createVerifier({
    audience: BILLING,
    issuers: [{ issuer: STS, tokenProfile: 'rfc9068' }],
    runtime: { ...runtime, fetch: (url, { headers }) => service(new Request(url, { headers })) },
  })
  const userToken = (claims: object = {}) =>
    users.token({ sub: 'alice', scope: 'orders:read', ...claims }, { header: { typ: 'JWT' } })

  const post = async (path: string, form: Form, { as = 'orders', headers = {} }: Sent = {}): Promise<Answer> => {
    const fields = new Headers({ 'Content-Type': 'application/x-www-form-urlencoded' })
    if (as !== null) fields.set('Authorization', `Basic ${Buffer.from(`${as}:${SECRET}`).toString('base64')}`)
    for (const [name, value] of Object.entries(headers)) fields.set(name, value)
    const response = await service(new Request(STS + path, { method: 'POST', headers: fields, body: toBody(form) }))
    const text = await response.text()
    const body = (text === '' ? {} : JSON.parse(text)) as Answer['body']
    return { status: response.status, headers: response.headers, body }
  }
  return {
    service,
    clock,
    users,
    key,
    audit,
    billing,
    post,
    get: (path, init) => service(new Request(new URL(path, STS), init)),
    async exchange(form = {}, sent = {}) {
      const subject = 'subject_token' in form ? {} : { subject_token: await userToken() }
      const ordinary = { grant_type: EXCHANGE, subject_token_type: TYPES.jwt, audience: 'billing', ...subject }
      return post('/token', { ...ordinary, ...form }, sent)
    },
    userToken,
    assertion: (claims = {}, header = {}, signer = key) => {
      const now = Math.floor(clock.now() / 1_000)
      const own = { iss: 'keyed', sub: 'keyed', aud: STS, jti: randomUUID(), iat: now, exp: now + 60, ...claims }
      return new SignJWT(own).setProtectedHeader({ alg: 'ES256', kid: key.kid, ...header }).sign(signer.privateKey)
    },
  }
}

function toBody(form: Form): string {
  const all = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) {
    for (const each of value === undefined ? [] : [value].flat()) all.append(name, each)
  }
  return all.toString()
}
