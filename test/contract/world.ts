import { createVerifier, memoryReplayStore } from '@countersign/core'
import type { Principal, Verifier } from '@countersign/core'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import type { TestClock, TestIssuer } from '@countersign/testing'

/** The same issuers, verifiers and tokens for every host. */
export interface World {
  /** Trusts Acme, Globex, and Hooli, whose key server is down. */
  readonly api: Verifier
  /** Trusts Initech alone, under a realm of its own. */
  readonly partner: Verifier
  /** Trusts Acme as `api` does, but for another audience too. */
  readonly inner: Verifier
  /** The issuer of most tokens, for those that a test makes by itself. */
  readonly acme: TestIssuer
  /** Another issuer that `api` trusts. */
  readonly globex: TestIssuer
  /** Trusts Acme, and takes tokens that are bound to a key. */
  readonly bound: Verifier
  /** As `bound`, and with the same memory: for middleware inside middleware. */
  readonly nested: Verifier
  /** As `bound`, every token bound, every proof with a nonce. */
  readonly nonces: Verifier
  /** As `bound`, behind a proxy that strips `/v1`. */
  readonly prefixed: Verifier
  readonly clock: TestClock
  readonly tokens: Readonly<Record<TokenName, string>>
  close(): Promise<void>
}

export type TokenName =
  | 'acme'
  | 'acmeWrite'
  | 'acmeInner'
  | 'globex'
  | 'initech'
  | 'hooli'
  | 'stranger'
  | 'expired'
  | 'audience'
  | 'tampered'
  | 'encoding'

const AUDIENCE = 'https://api.example.com'

export async function createWorld(): Promise<World> {
  const clock = createTestClock()
  const acme = await createTestIssuer({ issuer: 'https://login.acme.example', clock })
  const globex = await createTestIssuer({ issuer: 'https://id.globex.example/', algorithms: ['RS256'], clock })
  const initech = await createTestIssuer({ issuer: 'https://sso.initech.example', algorithms: ['Ed25519'], clock })
  const hooli = await createTestIssuer({ issuer: 'https://auth.hooli.example', clock })
  const stranger = await createTestIssuer({ issuer: 'https://stranger.example', clock })
  await hooli.outage('down')
  const runtime = testRuntime(acme, globex, initech, hooli)

  const api = createVerifier({ audience: AUDIENCE, issuers: [acme.issuer, globex.issuer, hooli.issuer], runtime })
  const partner = createVerifier({ audience: AUDIENCE, issuers: [initech.issuer], realm: 'partner', runtime })
  const inner = createVerifier({
    audience: 'https://inner.example.com',
    issuers: [{ issuer: acme.issuer, audience: 'https://inner.example.com' }],
    realm: 'inner',
    runtime,
  })

  const dpop = { mode: 'allowed', algorithms: ['ES256'] } as const
  const replayStore = memoryReplayStore()
  const binding = { audience: AUDIENCE, issuers: [acme.issuer], publicUrl: AUDIENCE, dpop, replayStore, runtime }
  const bound = createVerifier(binding)
  const nested = createVerifier(binding)
  const nonces = createVerifier({ ...binding, dpop: { ...dpop, mode: 'required', nonce: { slotSeconds: 60 } } })
  const prefixed = createVerifier({ ...binding, publicUrl: `${AUDIENCE}/v1` })

  const acmeToken = await acme.token({ scope: 'orders:read' })
  const [header, payload, signature = ''] = acmeToken.split('.')
  return {
    api,
    partner,
    inner,
    acme,
    globex,
    bound,
    nested,
    nonces,
    prefixed,
    clock,
    tokens: {
      acme: acmeToken,
      acmeWrite: await acme.token({ scope: 'orders:read orders:write' }),
      acmeInner: await acme.token({ aud: [AUDIENCE, 'https://inner.example.com'] }),
      globex: await globex.token({ sub: 'user-9', client_id: 'client-9', scope: 'orders:read' }),
      initech: await initech.token({ scope: 'orders:read' }),
      hooli: await hooli.token(),
      stranger: await stranger.token(),
      expired: await acme.token({}, { expiresInSeconds: -60 }),
      audience: await acme.token({ aud: 'https://other.example.com' }),
      tampered: `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      encoding: `${header}.${payload}.${signature}=`,
    },
    async close() {
      await Promise.all([api, partner, inner, bound, nested, nonces, prefixed].map((verifier) => verifier.close()))
    },
  }
}

/** All that a principal shows of what was mapped, for the mapping table. */
export function describeMapping(principal: Principal): object {
  const { issuer, subject, clientId, scopes, roles, permissions, groups, tenant, attributes } = principal
  return { issuer, subject, clientId, scopes, roles, permissions, groups, tenant, attributes }
}

/** What every host's handlers answer: the principal in one shape, whoever issued the token. */
export function describePrincipal(principal: Principal | undefined): object {
  if (principal === undefined) return { subject: null }
  const { issuer, subject, clientId, scopes, scheme } = principal
  return { issuer, subject, clientId, scopes, scheme }
}
