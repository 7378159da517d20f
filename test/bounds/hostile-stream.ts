import { randomBytes } from 'node:crypto'
import { createVerifier, memoryReplayStore } from '@countersign/core'
import type { Verifier } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'
import { AUDIENCE, encode } from '../conformance/party.js'

/** An API that keeps something of everything that can be kept, and requests that nobody has sent before. */
export interface HostileStream {
  readonly verifier: Verifier
  /** The bytes of a request that is like no other, over a connection that stays open. */
  next(): string
  /** The same, of the kinds that fill a memory which keeps so many names and no more. */
  nextName(): string
}

/** Creates the stream. Every request differs in what a memory could be keyed by: names, keys, headers, tokens, proofs, fields. */
export async function createHostileStream(): Promise<HostileStream> {
  const issuer = await createTestIssuer({ issuer: 'https://login.acme.example' })
  const keys = { jwks: issuer.jwks }
  let elapsedMs = 0
  const verifier = createVerifier({
    audience: AUDIENCE,
    issuers: [
      { issuer: issuer.issuer, keys },
      { issuer: 'https://tenants.example/{tid}/v2', keys },
      { issuer: 'https://remote.example', keys: { jwksUri: 'https://remote.example/jwks' } },
    ],
    resolveIssuer: () => undefined,
    dpop: { mode: 'allowed', nonce: {} },
    replayStore: memoryReplayStore(),
    publicUrl: AUDIENCE,
    runtime: {
      // A clock that hurries: the budget of calls to resolveIssuer would otherwise keep its memory from being filled.
      monotonicNow: () => (elapsedMs += 20),
      // A key server that is down: no test may ask the network for a name.
      fetch: () => Promise.reject(new Error('down')),
    },
  })
  const expired = await issuer.token({}, { expiresInSeconds: -60 })
  const good = await issuer.token()
  const [header = '', payload = '', signature = ''] = good.split('.')
  let made = 0
  const unique = (): string => `${made++}-${randomBytes(12).toString('hex')}`
  const forge = (members: object, claims: object): string =>
    `${encode({ alg: 'ES256', typ: 'at+jwt', ...members })}.${encode(claims)}.${signature}`
  const claims = { iss: issuer.issuer, aud: AUDIENCE }

  const names: readonly (() => string)[] = [
    () => `Bearer ${forge({}, { ...claims, iss: `https://${unique()}.example` })}`,
    () => `Bearer ${forge({}, { ...claims, iss: `https://tenants.example/${unique().slice(0, 20)}/v2` })}`,
  ]
  const kinds: readonly (() => string)[] = [
    ...names,
    () => `Bearer ${forge({ kid: unique() }, claims)}`,
    () => `Bearer ${forge({ kid: unique() }, { ...claims, iss: 'https://remote.example' })}`,
    () => `Bearer ${forge({}, { ...claims, sub: unique() })}`,
    () => `Bearer ${forge({}, { ...claims, iss: `https://login.acme.example/${unique()}` })}`,
    () => `Bearer ${forge({ [unique()]: unique() }, claims)}`,
    () => `Bearer ${forge({}, { ...claims, [unique()]: { [unique()]: unique() } })}`,
    () => `Bearer ${header}.${payload}.${encode(randomBytes(64))}`,
    () => `Bearer ${expired}`,
    () => `Bearer ${randomBytes(300).toString('base64url')}`,
    () => `Bearer ${unique()}.${unique()}.${unique()}`,
    () => `${unique()} ${unique()}`,
    () => `Bearer ${unique()}, Bearer ${unique()}`,
    () => `DPoP ${good}\r\nDPoP: ${forge({ typ: 'dpop+jwt', jwk: { kty: 'EC', x: unique() } }, { jti: unique() })}`,
    () => `DPoP ${forge({}, { ...claims, cnf: { jkt: unique() } })}\r\nDPoP: ${unique()}`,
  ]
  const write = (kind: () => string): string =>
    `GET /${unique()}?${unique()} HTTP/1.1\r\nHost: api.example.com\r\nX-${unique()}: ${unique()}\r\nAuthorization: ${kind()}\r\n\r\n`
  let turn = 0
  const take = (from: readonly (() => string)[]): string => write(from[turn++ % from.length] ?? unique)
  return { verifier, next: () => take(kinds), nextName: () => take(names) }
}
