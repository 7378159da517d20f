import { randomUUID } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createVerifier, memoryReplayStore, memoryRevocationStore, UpstreamError } from '@countersign/core'
import type { AuditEntry, HttpPeer, MemoryRevocationStore } from '@countersign/core'
import { createTestClock, createTestIssuer, createTestKey, testRuntime } from '@countersign/testing'
import type { TestClock, TestIssuer, TestKey } from '@countersign/testing'
import { CompactSign, SignJWT } from 'jose'
import { createSigningKeys, createTokenService, localKeyWrapper, memoryKeys } from '../../src/index.js'
import type { ClientOptions, PolicyRule, SigningKeys, TokenService, TokenServiceOptions } from '../../src/index.js'

export const STS = 'https://sts.example/tenant'
export const ACME = 'https://login.acme.example'
export const CI = 'https://ci.example'
export const START_MS = Date.UTC(2026, 10, 24, 12)

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
export const SECRET = 'a-secret-of-at-least-32-characters-for-tests'

/** Parameters of a request: several values as a list, none where `undefined`. */
export type Form = Readonly<Record<string, string | readonly string[] | undefined>>

/** A request as a test sends it. */
export interface Sent {
  readonly form?: Form | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly peer?: HttpPeer
  /** The client, by its secret. Default `orders`; `null` for none. */
  readonly as?: string | null
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** A whole token service, in memory. */
export interface World {
  readonly service: TokenService
  readonly options: TokenServiceOptions
  readonly signingKeys: SigningKeys
  readonly clock: TestClock
  readonly acme: TestIssuer
  readonly ci: TestIssuer
  readonly clientKey: TestKey
  readonly revocations: MemoryRevocationStore
  readonly audit: { readonly entries: AuditEntry[]; failing: boolean }
  readonly logged: unknown[]
  /** What was said at `debug`. */
  readonly refused: unknown[]
  post(path: string, sent?: Sent): Promise<Answer>
  get(path: string, init?: RequestInit): Promise<Response>
  /** A token for `billing`, by client credentials of `job` or whoever is named. */
  token(as?: string, more?: Sent): Promise<string>
  assertion(claims?: object, header?: object): Promise<string>
  proof(claims?: object, key?: TestKey): Promise<string>
}

const withSecret = { method: 'client_secret_basic', secrets: [SECRET] } as const

const RULES: readonly PolicyRule[] = [
  {
    id: 'orders-to-billing',
    effect: 'allow',
    clients: ['orders', 'keyed'],
    targets: ['billing'],
    subjectIssuers: [ACME, STS],
    scopes: { 'orders:read': ['invoice:read'], 'invoice:read': ['invoice:read'] },
  },
  {
    id: 'jobs',
    effect: 'allow',
    clients: ['job', 'keyed', 'deploy'],
    targets: ['billing'],
    subjectIssuers: [],
    grants: ['client-credentials'],
    grantScopes: ['invoice:read'],
  },
]

/** Makes a token service with a client of each kind that needs no connection of its own. */
export async function createWorld(changes: Partial<TokenServiceOptions> = {}): Promise<World> {
  const clock = createTestClock(START_MS)
  const [acme, ci, clientKey] = await Promise.all([
    createTestIssuer({ issuer: ACME, clock, audience: STS }),
    createTestIssuer({ issuer: CI, clock, audience: STS }),
    createTestKey('ES256'),
  ])
  const runtime = testRuntime(acme, ci)
  const signingKeys = createSigningKeys({ store: memoryKeys(), wrapper: localKeyWrapper([SECRET]), runtime })
  await signingKeys.ready()
  const audit = { entries: [] as AuditEntry[], failing: false }
  const logged: unknown[] = []
  const refused: unknown[] = []
  const log = (message: string, detail?: unknown): void => void logged.push([message, detail])
  const clients: readonly ClientOptions[] = [
    { clientId: 'orders', authentication: withSecret },
    { clientId: 'billing', authentication: withSecret, audiences: ['https://billing.example'] },
    { clientId: 'stranger', authentication: withSecret },
    { clientId: 'job', authentication: withSecret, grants: ['client-credentials'] },
    {
      clientId: 'keyed',
      authentication: { method: 'private_key_jwt', keys: { jwks: { keys: [clientKey.publicJwk] } } },
      grants: ['token-exchange', 'client-credentials'],
    },
    {
      clientId: 'deploy',
      authentication: { method: 'workload', issuer: CI, claims: [{ claim: 'repository_id', oneOf: ['74'] }] },
      grants: ['client-credentials'],
    },
  ]
  const options: TokenServiceOptions = {
    issuer: STS,
    signingKeys,
    verifier: createVerifier({ audience: STS, issuers: [ACME, CI], runtime }),
    trust: [
      { use: 'subject', issuer: ACME },
      { use: 'client', issuer: CI },
    ],
    clients,
    targets: { billing: { audience: 'https://billing.example', scopes: ['invoice:read', 'invoice:write'] } },
    policy: { id: 'test', rules: RULES },
    audit: {
      async record(entry) {
        if (audit.failing) throw new UpstreamError('ERR_STORE_UNAVAILABLE', { retryAfterSeconds: 7 })
        audit.entries.push(entry)
      },
      fingerprint: (token) => `fp:${token.length}`,
    },
    replayStore: memoryReplayStore({ monotonicNow: () => clock.monotonicNow() }),
    revocations: memoryRevocationStore({ now: () => clock.now() }),
    logger: { debug: (message, detail) => void refused.push([message, detail]), info: log, warn: log, error: log },
    runtime,
    ...changes,
  }
  const service = createTokenService(options)
  const revocations = options.revocations as MemoryRevocationStore

  const post = async (path: string, { form = {}, headers = {}, peer, as = 'orders' }: Sent = {}): Promise<Answer> => {
    const fields = new Headers({ 'Content-Type': 'application/x-www-form-urlencoded' })
    if (as !== null) fields.set('Authorization', toBasic(as))
    for (const [name, value] of Object.entries(headers)) fields.set(name, value)
    const request = new Request(STS + path, { method: 'POST', headers: fields, body: toBody(form) })
    return readAnswer(await service(request, peer))
  }
  return {
    service,
    options,
    signingKeys,
    clock,
    acme,
    ci,
    clientKey,
    revocations,
    audit,
    logged,
    refused,
    post,
    get: (path, init) => service(new Request(new URL(path, STS), init)),
    async token(as = 'job', more = {}) {
      const form = { grant_type: 'client_credentials', audience: 'billing', ...more.form }
      const { body } = await post('/token', { as, ...more, form })
      return String(body['access_token'])
    },
    assertion: (claims = {}, header = {}) => {
      const now = Math.floor(clock.now() / 1_000)
      const all = { iss: 'keyed', sub: 'keyed', aud: STS, jti: randomUUID(), iat: now, exp: now + 60, ...claims }
      return new SignJWT(all)
        .setProtectedHeader({ alg: 'ES256', kid: clientKey.kid, ...header })
        .sign(clientKey.privateKey)
    },
    proof: (claims = {}, key = clientKey) => {
      const now = Math.floor(clock.now() / 1_000)
      return signProof({ jti: randomUUID(), htm: 'POST', htu: `${STS}/token`, iat: now, ...claims }, key)
    },
  }
}

/** The credentials of a client that has {@link SECRET}. */
export function toBasic(clientId: string, secret: string = SECRET): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
}

/** A form as its body. */
export function toBody(form: Form): string {
  const all = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) {
    for (const each of value === undefined ? [] : [value].flat()) all.append(name, each)
  }
  return all.toString()
}

/** An answer, read as JSON where it has a body. */
export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  const body = (text === '' ? {} : JSON.parse(text)) as Answer['body']
  return { status: response.status, headers: response.headers, body }
}

/** What a token says. */
export function payloadOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>
}

/** The public half of a key, as it stands in a proof. */
export function toPublicJwk({ publicJwk }: TestKey): object {
  const { kid: _kid, alg: _alg, use: _use, ...members } = publicJwk
  return members
}

function signProof(claims: object, key: TestKey): Promise<string> {
  const header = { typ: 'dpop+jwt', alg: key.alg, jwk: toPublicJwk(key) }
  const privateKey: KeyObject = key.privateKey
  return new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader(header).sign(privateKey)
}
