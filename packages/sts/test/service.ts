import { randomUUID } from 'node:crypto'
import { createVerifier, memoryReplayStore, memoryRevocationStore, UpstreamError } from '@countersign/core'
import type { AuditEntry, AuditRecorder, IssuerOptions, MemoryRevocationStore } from '@countersign/core'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import type { TestClock, TestIssuer } from '@countersign/testing'
import type { ClientOptions, ResolvedClient } from '../src/clients/client.js'
import { TokenError } from '../src/errors.js'
import { findGrant, GRANT_TYPES } from '../src/grants/find-grant.js'
import { createSigningKeys } from '../src/keys/create-signing-keys.js'
import { localKeyWrapper } from '../src/keys/key-wrapper.js'
import { memoryKeys } from '../src/keys/memory-keys.js'
import type { TokenServiceOptions } from '../src/options.js'
import type { AllowRule, GrantName, PolicyRule } from '../src/policy/rule.js'
import { resolveOptions } from '../src/resolve-options.js'
import type { ServiceContext } from '../src/service-context.js'
import { signToken } from '../src/tokens/sign.js'
import type { AuthenticatedClient, Possession, TokenRequest, TokenResponse } from '../src/token-request.js'

export const STS = 'https://sts.example'
export const ACME = 'https://login.acme.example'
export const GLOBEX = 'https://id.globex.example'
export const START_MS = Date.UTC(2026, 10, 24, 12)
export const NOW_SECONDS = START_MS / 1_000

export const TYPES = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
} as const

/** A recorder that keeps what it was given, and can be told to refuse. */
export interface TestAudit extends AuditRecorder {
  readonly entries: AuditEntry[]
  failing: boolean
}

function createAudit(): TestAudit {
  const entries: AuditEntry[] = []
  return {
    entries,
    failing: false,
    async record(entry) {
      if (this.failing) throw new UpstreamError('ERR_STORE_UNAVAILABLE', { retryAfterSeconds: 7 })
      entries.push(entry)
    },
    fingerprint: (token) => `fp:${token.length}:${token.slice(-8)}`,
  }
}

/** A token service without its endpoints: what grants work with, and everybody whose tokens it takes. */
export interface TestService {
  readonly service: ServiceContext
  readonly clock: TestClock
  readonly acme: TestIssuer
  readonly globex: TestIssuer
  readonly audit: TestAudit
  readonly revocations: MemoryRevocationStore
  /** An access token of the service itself, for `orders`, with claims of the test; one given as `undefined` is left out. */
  ownToken(claims?: Readonly<Record<string, unknown>>, type?: 'at+jwt' | 'JWT'): Promise<string>
  /** One request of an authenticated client, through the table of grants. */
  request(asked: Asked): Promise<TokenResponse>
}

/** A token request, in short. */
export interface Asked {
  readonly client?: string
  readonly method?: AuthenticatedClient['method']
  readonly grant?: GrantName
  readonly values?: Readonly<Record<string, string | undefined>>
  readonly audience?: string | readonly string[]
  readonly resource?: string | readonly string[]
  readonly scope?: string
  readonly possession?: Possession
}

/** Those whose tokens a service takes. */
export type Parties = Pick<TestService, 'clock' | 'acme' | 'globex'>

/** What a test changes of the ordinary service. */
export interface ServiceChanges extends Partial<Omit<TokenServiceOptions, 'policy'>> {
  readonly rules?: readonly PolicyRule[]
  /** Default: new ones. */
  readonly parties?: Parties
  /** Members of the verifier's entry for `ACME`. */
  readonly acmeEntry?: Partial<IssuerOptions>
}

/** `orders` may exchange users of both issuers, and our own tokens, for `billing`. */
export const ordersToBilling: AllowRule = {
  id: 'orders-to-billing',
  effect: 'allow',
  clients: ['orders'],
  targets: ['billing'],
  subjectIssuers: [ACME, GLOBEX, STS],
  scopes: {
    'orders:read': ['invoice:read'],
    'orders:write': ['invoice:read', 'invoice:write'],
    'invoice:read': ['invoice:read'],
  },
}

/** `billing` goes on to `ledger`. */
const billingToLedger: AllowRule = {
  id: 'billing-to-ledger',
  effect: 'allow',
  clients: ['billing'],
  targets: ['ledger'],
  subjectIssuers: [STS],
  scopes: { 'invoice:read': ['entries:read'] },
}

/** `job` speaks for itself. */
export const jobs: AllowRule = {
  id: 'jobs',
  effect: 'allow',
  clients: ['job'],
  targets: ['billing'],
  subjectIssuers: [],
  grants: ['client-credentials'],
  grantScopes: ['invoice:read'],
}

/** `orders` may redeem what both issuers assert. */
export const partners: AllowRule = {
  id: 'partners',
  effect: 'allow',
  clients: ['orders'],
  targets: ['billing'],
  subjectIssuers: [ACME, GLOBEX],
  grants: ['jwt-bearer'],
  scopes: { 'orders:read': ['invoice:read'] },
}

export const RULES: readonly PolicyRule[] = [ordersToBilling, billingToLedger, jobs, partners]

const SECRETS = ['a-secret-of-at-least-32-characters-for-tests']
const withSecret = { method: 'client_secret_basic', secrets: SECRETS } as const

export const orders: ClientOptions = {
  clientId: 'orders',
  authentication: withSecret,
  grants: ['token-exchange', 'jwt-bearer'],
  audiences: ['https://orders.example'],
  subjectTokenTypes: ['access_token', 'jwt', 'id_token'],
}
const billing: ClientOptions = {
  clientId: 'billing',
  authentication: withSecret,
  audiences: ['https://billing.example'],
}
const job: ClientOptions = { clientId: 'job', authentication: withSecret, grants: ['client-credentials'] }

export const CLIENTS: readonly ClientOptions[] = [orders, billing, job]

export const TARGETS: TokenServiceOptions['targets'] = {
  orders: { audience: 'https://orders.example', scopes: ['orders:read', 'orders:write'] },
  billing: {
    audience: 'https://billing.example',
    resources: ['https://billing.example/api'],
    scopes: ['invoice:read', 'invoice:write'],
    claims: ['department', 'roles'],
  },
  ledger: { audience: 'https://ledger.example', scopes: ['entries:read'] },
}

/** Two issuers of one clock. */
export async function createParties(): Promise<Parties> {
  const clock = createTestClock(START_MS)
  const acme = await createTestIssuer({ issuer: ACME, clock, audience: STS })
  const globex = await createTestIssuer({ issuer: GLOBEX, clock, audience: STS })
  return { clock, acme, globex }
}

export async function createService(changes: ServiceChanges = {}): Promise<TestService> {
  const { rules = RULES, acmeEntry, parties = await createParties(), ...options } = changes
  const { clock, acme, globex } = parties
  const runtime = testRuntime(acme, globex)
  const audit = createAudit()
  const revocations = memoryRevocationStore({ now: () => clock.now() })
  const issuers = [
    { issuer: ACME, keys: { jwks: acme.jwks }, ...acmeEntry },
    { issuer: GLOBEX, keys: { jwks: globex.jwks } },
  ]
  const keys = createSigningKeys({ store: memoryKeys(), wrapper: localKeyWrapper([SECRETS[0] ?? '']), runtime })
  await keys.ready()
  const { service } = resolveOptions({
    issuer: STS,
    signingKeys: keys,
    verifier: createVerifier({ audience: STS, issuers, runtime }),
    trust: [
      { use: 'subject', issuer: ACME },
      { use: 'subject', issuer: GLOBEX },
    ],
    clients: CLIENTS,
    targets: TARGETS,
    policy: { id: 'test', rules },
    audit,
    replayStore: memoryReplayStore({ monotonicNow: () => clock.monotonicNow() }),
    revocations,
    runtime,
    ...options,
  })
  return {
    service,
    clock,
    acme,
    globex,
    audit,
    revocations,
    async ownToken(claims = {}, type = 'at+jwt') {
      const nowSeconds = Math.floor(clock.now() / 1_000)
      const named = {
        iss: STS,
        sub: 'u',
        aud: 'https://orders.example',
        client_id: 'web',
        jti: randomUUID(),
        scope: 'orders:read',
      }
      const times = { iat: nowSeconds, exp: nowSeconds + 300 }
      return signToken(type, { ...named, ...times, ...claims }, await keys.findSigner('ES256'))
    },
    request: (asked) =>
      findGrant(GRANT_TYPES[asked.grant ?? 'token-exchange'])(toRequest(asked, service, clock), service),
  }
}

function toRequest(asked: Asked, service: ServiceContext, clock: TestClock): TokenRequest {
  const { client = 'orders', grant = 'token-exchange', values = {}, possession = {} } = asked
  const registration = service.clients.find(({ clientId }) => clientId === client) as ResolvedClient
  const given = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  return {
    id: 'request-1',
    parameters: {
      grantType: GRANT_TYPES[grant],
      values: new Map(given),
      audiences: toList(asked.audience),
      resources: toList(asked.resource),
      scopes: asked.scope?.split(' '),
    },
    client: { registration, method: asked.method ?? registration.method, keyId: undefined, workload: undefined },
    possession,
    remoteAddress: '192.0.2.1',
    startedAtMs: clock.now(),
  }
}

function toList(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

/** The payload of a token that the test has just been given. */
export function payloadOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>
}

/** What became of a request: its OAuth error and its reason in the audit trail, or `accepted`. */
export async function outcomeOf(test: TestService, asked: Asked): Promise<string> {
  const before = test.audit.entries.length
  let error = 'accepted'
  try {
    await test.request(asked)
  } catch (thrown) {
    if (!(thrown instanceof TokenError)) throw thrown
    error = thrown.code
  }
  const events = test.audit.entries.slice(before)
  if (events.length !== 1) throw new Error(`The request left ${events.length} events`)
  return [error, events[0]?.outcome, events[0]?.reason].filter((word) => word !== undefined).join(' ')
}

/** An exchange of one token for `billing`, or what a test changes of it. */
export function exchangeOf(subject: string, changes: Asked = {}): Asked {
  const { values, ...others } = changes
  return {
    audience: 'billing',
    ...others,
    values: { subject_token: subject, subject_token_type: TYPES.jwt, ...values },
  }
}
