import { createVerifier } from '@countersign/core'
import type { Verifier } from '@countersign/core'
import { createTestClock, createTestIssuer, createTestKey } from '@countersign/testing'
import type { TestClaims, TestIssuer, TestKey, TokenOptions } from '@countersign/testing'
import { AUDIENCE, encode, ISSUER, NOW_SECONDS } from '../conformance/party.js'
import { startCanary } from './canary.js'
import type { Canary } from './canary.js'
import { publishUnsoundKeys } from './unsound-keys.js'
import type { UnsoundKey } from './unsound-keys.js'

/** An API with several issuers, a real network, and an attacker who knows all that is public. */
export interface Victim {
  readonly verifier: Verifier
  /** Has one key each for ES256, RS256 and EdDSA. */
  readonly acme: TestIssuer
  /** Names its keys as Acme does, and leaves `alg` out of them. */
  readonly globex: TestIssuer
  /** Publishes keys beside its good one that nobody should use. */
  readonly initech: TestIssuer
  readonly unsound: readonly UnsoundKey[]
  /** Has its keys behind a URL where nobody listens. */
  readonly hooli: TestIssuer
  /** The attacker's own keys, under the names of Acme's. */
  readonly forger: Readonly<Record<'ES256' | 'RS256' | 'EdDSA', TestKey>>
  readonly canary: Canary
  /** A token of Acme. */
  token(claims?: TestClaims, options?: TokenOptions): Promise<string>
  /** Any header and any payload over a signature of Acme's. */
  sign(header: object | string, payload: object | string): Promise<string>
  /** Any header and any payload over a signature that nothing made. */
  unsigned(header: object | string, payload: object | string, signature?: string): string
  close(): Promise<void>
}

/** Builds the API. Nothing but its own rules keeps it from calling the canary: its network is real, and plain http is allowed. */
export async function createVictim(): Promise<Victim> {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  const algorithms = ['ES256', 'RS256', 'EdDSA'] as const
  const [acme, globex, initech, hooli, es256, rs256, eddsa] = await Promise.all([
    createTestIssuer({ issuer: ISSUER, algorithms, clock }),
    createTestIssuer({ issuer: 'https://id.globex.example', algorithms, clock }),
    createTestIssuer({ issuer: 'https://sso.initech.example', clock }),
    createTestIssuer({ issuer: 'https://auth.hooli.example', clock }),
    createTestKey('ES256', { kid: 'es256-1' }),
    createTestKey('RS256', { kid: 'rs256-1' }),
    createTestKey('EdDSA', { kid: 'eddsa-1' }),
  ])
  const unsound = await publishUnsoundKeys(initech)
  const canary = await startCanary(es256.publicJwk)
  const closed = await startCanary({})
  await closed.close()
  const open = globex.jwks.keys.map(({ alg: _alg, ...jwk }) => jwk)
  const verifier = createVerifier({
    audience: AUDIENCE,
    issuers: [
      { issuer: acme.issuer, keys: { jwks: acme.jwks } },
      { issuer: globex.issuer, keys: { jwks: { keys: open } } },
      { issuer: initech.issuer, keys: { jwks: initech.jwks } },
      { issuer: hooli.issuer, keys: { jwksUri: `http://${closed.host}/jwks` } },
    ],
    network: { allowInsecureLoopback: true, dangerouslyAllowHttpHosts: [canary.host] },
    runtime: { now: () => clock.now(), monotonicNow: () => clock.monotonicNow() },
  })
  return {
    verifier,
    acme,
    globex,
    initech,
    unsound,
    hooli,
    forger: { ES256: es256, RS256: rs256, EdDSA: eddsa },
    canary,
    token: (claims, options) => acme.token(claims, options),
    sign: (header, payload) => acme.signRaw({ header, payload, alg: 'ES256' }),
    unsigned: (header, payload, signature = 'c2lnbmF0dXJl') => `${encode(header)}.${encode(payload)}.${signature}`,
    async close() {
      await verifier.close()
      await canary.close()
    },
  }
}

/** The header of Acme's ordinary tokens. */
export const HEADER = { alg: 'ES256', kid: 'es256-1', typ: 'at+jwt' }
