import { createVerifier, memoryReplayStore } from '@countersign/core'
import type { Verifier } from '@countersign/core'
import { KEY_SOURCE_TABLE } from '@countersign/core/server'
import { readTable } from '@countersign/core/adapter'
import { createTestIssuer, createTestKey } from '@countersign/testing'
import type { TestKey } from '@countersign/testing'
import { SignJWT } from 'jose'
import type { JWTHeaderParameters } from 'jose'
import type { ClientAuthentication } from '../../src/clients/authenticate-client.js'
import type { ClientOptions } from '../../src/clients/client.js'
import { readClients } from '../../src/clients/read-clients.js'
import type { Clients } from '../../src/clients/clients.js'

/** When every test takes place: 2026-11-24, in seconds since the epoch. */
export const NOW_SECONDS = 1_795_478_400

export const ISSUER = 'https://sts.example'

export const clock = { now: () => NOW_SECONDS * 1_000, monotonicNow: () => 5_000 }

export const runtime = { ...clock, fetch: undefined }

/** A platform that vouches for workloads. */
export const platform = await createTestIssuer({ issuer: 'https://ci.example', audience: ISSUER, clock })

/** The key of `orders`, and one that nobody knows. */
export const [ordersKey, strangeKey] = await Promise.all([createTestKey('ES256'), createTestKey('ES256')])

export const SECRET = 'x'.repeat(32)

/** One client of each kind. */
export const CLIENTS: readonly ClientOptions[] = [
  {
    clientId: 'orders',
    authentication: { method: 'private_key_jwt', keys: { jwks: { keys: [ordersKey.publicJwk] } } },
  },
  { clientId: 'basic', authentication: { method: 'client_secret_basic', secrets: [SECRET, 'y'.repeat(40)] } },
  { clientId: 'post', authentication: { method: 'client_secret_post', secrets: [SECRET] } },
  { clientId: 'mesh', authentication: { method: 'tls_client_auth', dnsName: 'orders.example' } },
  { clientId: 'pinned', authentication: { method: 'self_signed_tls_client_auth', thumbprints: ['A'.repeat(43)] } },
  {
    clientId: 'deploy',
    authentication: {
      method: 'workload',
      issuer: platform.issuer,
      claims: [
        { claim: 'repository_id', oneOf: ['74'] },
        { claim: 'ref', oneOf: ['refs/heads/main', 'refs/heads/next'] },
      ],
    },
  },
]

export const verifier: Verifier<unknown> = createVerifier({
  audience: ISSUER,
  issuers: [platform.issuer, 'https://users.example'],
  runtime: platform.runtime,
})

export const isClientIssuer = (issuer: string): boolean => issuer === platform.issuer

interface Surroundings {
  readonly verifier?: Verifier<unknown> | undefined
  /** As `network`, `keyCache`, `runtime` in the options of a service. */
  readonly keySource?: object
}

/** Clients as a service reads them. */
export function toClients(options: unknown, more: Surroundings = {}): Clients {
  const keySource = readTable(KEY_SOURCE_TABLE, more.keySource ?? { runtime: platform.runtime }, '')
  const known = 'verifier' in more ? more.verifier : verifier
  return readClients(options, { verifier: known, isClientIssuer, keySource })
}

/** What a service authenticates its clients by. */
export function toAuthentication(more: Partial<ClientAuthentication> = {}): ClientAuthentication {
  return {
    issuer: ISSUER,
    replayStore: memoryReplayStore(),
    clockToleranceSeconds: 5,
    runtime,
    clients: toClients(CLIENTS),
    verifier,
    isClientIssuer,
    standing: { revocations: undefined, clockToleranceSeconds: 5 },
    ...more,
  }
}

type Changes = Readonly<Record<string, unknown>>

/** What an ordinary assertion says. */
export const ASSERTION = {
  iss: 'orders',
  sub: 'orders',
  aud: ISSUER,
  jti: 'assertion-1',
  iat: NOW_SECONDS,
  exp: NOW_SECONDS + 60,
} as const

/** An ordinary assertion but for some claims and header members; one given as `undefined` is left out. */
export async function toAssertion(
  claims: Changes = {},
  header: Changes = {},
  key: TestKey = ordersKey,
): Promise<string> {
  const protectedHeader = { alg: key.alg, kid: key.kid, ...header }
  return new SignJWT({ ...ASSERTION, ...claims })
    .setProtectedHeader(protectedHeader as JWTHeaderParameters)
    .sign(key.privateKey)
}
