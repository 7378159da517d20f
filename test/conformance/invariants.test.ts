import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { CHANNELS, CountersignError, createVerifier, memoryReplayStore } from '@countersign/core'
import type { Principal, Verifier, VerifierOptions } from '@countersign/core'
import { createTestClock, createTestIssuer, createTestKey, testRuntime } from '@countersign/testing'
import type { TestClock, TestIssuer } from '@countersign/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { createProofClient } from './proofs.js'

const AUDIENCE = 'https://api.example.com'
const HOUR_MS = 3_600_000

/** The invariants of the suite, one by one and end to end; each has deeper tests beside the code that keeps it. */
describe('the invariants', () => {
  let clock: TestClock
  let acme: TestIssuer
  let globex: TestIssuer

  beforeEach(async () => {
    clock = createTestClock()
    acme = await createTestIssuer({ issuer: 'https://login.acme.example', clock })
    globex = await createTestIssuer({ issuer: 'https://id.globex.example', clock })
  })

  function create(options: Partial<VerifierOptions> = {}): Verifier {
    const issuers = [acme.issuer, globex.issuer]
    return createVerifier({ audience: AUDIENCE, issuers, runtime: testRuntime(acme, globex), ...options })
  }

  async function judge(verifier: Verifier, token: string): Promise<Principal<unknown> | string> {
    try {
      return await verifier.verify(token)
    } catch (error) {
      return error instanceof CountersignError ? `${error.status} ${error.reason}` : String(error)
    }
  }

  it('invariant 1: an unknown issuer causes no network request', async () => {
    const runtime = testRuntime(acme)
    const verifier = create({ issuers: [acme.issuer], runtime })
    expect(await judge(verifier, await globex.token())).toBe('401 ERR_ISSUER_UNTRUSTED')
    expect([...acme.requests, ...globex.requests]).toEqual([])
    runtime.checkRequests()
  })

  it('invariant 2: issuer strings are compared exactly, and a document must name the issuer it was asked for', async () => {
    const verifier = create()
    for (const iss of [`${acme.issuer}/`, acme.issuer.toUpperCase(), [acme.issuer]]) {
      expect(await judge(verifier, await acme.token({ iss: iss as string }))).toMatch(
        /^401 ERR_(ISSUER_UNTRUSTED|TOKEN_ISSUER)$/,
      )
    }
    await acme.outage('lying-issuer')
    expect(await verifier.verify(await acme.token()).catch((error: unknown) => error)).toMatchObject({
      status: 503,
      cause: { reason: 'ERR_DISCOVERY_ISSUER' },
    })
  })

  it('invariant 3: keys are looked up in their own issuer’s set alone, and a token brings none', async () => {
    const [key] = globex.keys
    const jwk = globex.jwks.keys[0]
    // Both sets have a key of this name.
    expect(acme.jwks.keys[0]?.kid).toBe(jwk?.kid)
    const verifier = create()
    const foreign = await globex.token(
      { iss: acme.issuer },
      { header: { jwk, jku: globex.jwksUri, x5u: globex.jwksUri } },
    )
    expect(key?.kid).toBe(jwk?.kid)
    expect(await judge(verifier, foreign)).toBe('401 ERR_TOKEN_SIGNATURE')
    expect(globex.requests).toEqual([])
  })

  it('invariant 4: a key has one family, and a weak one is dropped when it is read', async () => {
    const weak = await createTestKey('RS256', { kid: 'weak', modulusLength: 1_024 })
    acme.publish(weak.publicJwk)
    const verifier = create()
    expect(await judge(verifier, await acme.token({}, { alg: 'RS256', key: weak }))).toMatch(
      /^(401 ERR_KEY_NOT_FOUND|503 ERR_KEY_UNCONFIRMED)$/,
    )
    const confused = await acme.token(
      {},
      { alg: 'HS256', key: new TextEncoder().encode(JSON.stringify(acme.jwks.keys[0])) },
    )
    expect(await judge(verifier, confused)).toBe('401 ERR_TOKEN_ALGORITHM')
  })

  it('invariant 5: the text of a token is checked before anything decodes it', async () => {
    const verifier = create()
    const twice = await acme.signRaw({
      header: { alg: 'ES256', kid: acme.jwks.keys[0]?.kid },
      payload: `{"iss":"${acme.issuer}","aud":"${AUDIENCE}","exp":9999999999,"sub":"user-1","sub":"admin"}`,
    })
    expect(await judge(verifier, twice)).toBe('401 ERR_TOKEN_JSON')
    expect(await judge(verifier, `${await acme.token()}=`)).toBe('401 ERR_TOKEN_ENCODING')
    expect(await judge(verifier, '.'.repeat(8_000))).toBe('401 ERR_TOKEN_MALFORMED')
    expect(acme.requests).toEqual([])
  })

  it('invariant 6: a wrong type is a refusal, never an absence', async () => {
    const verifier = create()
    for (const claims of [
      { nbf: '0' },
      { exp: '9999999999' },
      { aud: 5 },
      { sub: 1 },
      { scope: { a: 1 } },
      { cnf: 'x' },
    ]) {
      expect(await judge(verifier, await acme.token(claims as Record<string, unknown>))).toBe(
        '401 ERR_TOKEN_CLAIM_TYPE',
      )
    }
  })

  it('invariant 7: a failed refresh evicts nothing, an empty set is a failure, and a removed key stops at once', async () => {
    const verifier = create()
    const token = await acme.token()
    await verifier.verify(token)
    await acme.outage('empty-set')
    clock.advance(299_000)
    expect(await judge(verifier, await acme.token())).toHaveProperty('issuer', acme.issuer)
    await acme.recover()
    const old = await acme.token({}, { expiresInSeconds: 7_200 })
    await verifier.verify(old)
    await acme.rotate({ keep: false })
    clock.advance(10_000)
    const fresh = await acme.token()
    await expect.poll(() => judge(verifier, fresh)).toHaveProperty('issuer', acme.issuer)
    expect(await judge(verifier, old)).toMatch(/ERR_KEY_(UNCONFIRMED|NOT_FOUND)$/)
  })

  it('invariant 8: a cached verdict is worth no more than a fresh one', async () => {
    let revoked = false
    const verifier = create({ revocationStore: { isRevoked: () => revoked } })
    const token = await acme.token({}, { expiresInSeconds: 60 })
    await verifier.verify(token)
    revoked = true
    expect(await judge(verifier, token)).toBe('401 ERR_TOKEN_REVOKED')
    revoked = false
    expect(await judge(verifier, token)).toHaveProperty('subject', 'user-1')
    clock.advance(66_000)
    expect(await judge(verifier, token)).toBe('401 ERR_TOKEN_EXPIRED')
  })

  it('invariant 9: failing infrastructure is 503 with Retry-After, no credentials are a bare challenge', async () => {
    const verifier = create()
    await acme.outage('down')
    const outage = verifier.refuse(await verifier.verify(await acme.token()).catch((error: unknown) => error))
    expect(outage.status).toBe(503)
    expect(Number(outage.headers['Retry-After'])).toBeGreaterThanOrEqual(1)
    expect(outage.headers).not.toHaveProperty('WWW-Authenticate')
    const bare = verifier.refuse(await verifier.authenticate({ headers: {} }).catch((error: unknown) => error))
    expect([bare.status, bare.headers['WWW-Authenticate']]).toEqual([401, 'Bearer realm="api"'])
  })

  it('invariant 10: an id is burnt after the signature held, once, and a store that cannot answer refuses', async () => {
    const url = `${AUDIENCE}/orders`
    const client = await createProofClient(acme, { url, nowSeconds: () => clock.now() / 1_000 })
    const token = await acme.token({ cnf: client.confirmation })
    const replayStore = memoryReplayStore({ monotonicNow: () => clock.monotonicNow() })
    const verifier = create({ publicUrl: AUDIENCE, dpop: { mode: 'allowed' }, replayStore })
    const send = async (dpop: string, asked = verifier) =>
      asked.authenticate({ method: 'GET', url: '/orders', headers: { authorization: `DPoP ${token}`, dpop } }).then(
        () => 'accepted',
        (error: unknown) => (error as CountersignError).reason,
      )
    const proof = await client.proof(token)
    expect(await send(`${proof.slice(0, proof.lastIndexOf('.'))}.${'A'.repeat(86)}`)).toBe('ERR_PROOF_SIGNATURE')
    expect(replayStore.size).toBe(0)
    expect(await send(proof)).toBe('accepted')
    expect(await send(proof)).toBe('ERR_PROOF_REPLAYED')
    const away = { shared: false, claim: () => Promise.reject(new Error('away')) }
    const without = create({ publicUrl: AUDIENCE, dpop: { mode: 'allowed' }, replayStore: away })
    expect(await send(await client.proof(token), without)).toBe('ERR_STORE_UNAVAILABLE')
  })

  it('invariant 11: nothing a stranger sends throws anything but an error of ours', async () => {
    const verifier = create()
    const strange = ['', '.', '..', 'a.b.c', 'é.é.é', '\u0000', 'x'.repeat(100_000), undefined, null, 5, {}, []]
    for (const token of strange) {
      const refusal: unknown = await verifier.verify(token as string).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(CountersignError)
      expect(refusal).toMatchObject({ status: 401 })
    }
  })

  it('invariant 12: no token in an error, an event, a log line or what a principal shows', async () => {
    const seen: unknown[] = []
    const listen = (message: unknown): void => void seen.push(message)
    const log = (...line: unknown[]): void => void seen.push(line)
    for (const name of Object.values(CHANNELS)) subscribe(name, listen)
    try {
      const verifier = create({ logger: { debug: log, info: log, warn: log, error: log } })
      const good = await acme.token()
      const bad = await acme.token({ iss: `${acme.issuer}/`, aud: 'STRANGER' })
      seen.push(await verifier.verify(good), await verifier.verify(bad).catch((error: unknown) => error))
      seen.push(await verifier.explain(good), verifier.explain(), verifier.health())
      const shown = seen
        .map((value) => inspect(value, { depth: 9, showHidden: true }) + JSON.stringify(value))
        .join('\n')
      expect(seen.length).toBeGreaterThan(5)
      for (const token of [good, bad]) for (const part of token.split('.')) expect(shown).not.toContain(part)
      expect(shown).not.toContain('STRANGER')
    } finally {
      for (const name of Object.values(CHANNELS)) unsubscribe(name, listen)
    }
  })

  it('invariant 13: memory of the past never extends trust, and a machine that slept wakes up stale', async () => {
    const verifier = create()
    await verifier.verify(await acme.token())
    await acme.outage('down')
    // The monotonic clock stood still.
    clock.suspend(24 * HOUR_MS)
    expect(await judge(verifier, await acme.token())).toBe('503 ERR_KEYS_UNAVAILABLE')
  })
})
