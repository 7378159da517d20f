import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { getHeapSnapshot } from 'node:v8'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CHANNELS, createVerifier, memoryReplayStore, memoryRevocationStore } from '@countersign/core'
import type { IssuerOptions, VerdictEvent, Verifier, VerifierOptions } from '@countersign/core'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import type { TestClock, TestIssuer } from '@countersign/testing'
import { createProofClient } from '../conformance/proofs.js'
import { reasonOf } from '../conformance/party.js'

// Invariant 8: a cached verdict is worth no more than a fresh one.

const AUDIENCE = 'https://api.example.com'
const accepted: boolean[] = []
const hear = (event: unknown) => {
  const verdict = event as VerdictEvent
  if (verdict.outcome === 'accepted') accepted.push(verdict.cached)
}
beforeEach(() => {
  accepted.length = 0
  subscribe(CHANNELS.verdict, hear)
})
afterEach(() => void unsubscribe(CHANNELS.verdict, hear))

interface Setting {
  readonly clock: TestClock
  readonly issuer: TestIssuer
  create(options?: Partial<VerifierOptions>, entry?: Partial<IssuerOptions>): Verifier
}

async function createSetting(): Promise<Setting> {
  const clock = createTestClock()
  const issuer = await createTestIssuer({ issuer: 'https://login.acme.example', clock, audience: AUDIENCE })
  const runtime = testRuntime(issuer)
  return {
    clock,
    issuer,
    create: (options = {}, entry = {}) =>
      createVerifier({ audience: AUDIENCE, issuers: [{ issuer: issuer.issuer, ...entry }], runtime, ...options }),
  }
}

/** Whether each of these was judged from the cache, or why not at all. */
async function judge(verifier: Verifier, ...tokens: readonly string[]): Promise<readonly (string | boolean)[]> {
  const outcomes: (string | boolean)[] = []
  for (const token of tokens) {
    const before = accepted.length
    const reason = await reasonOf(verifier.verify(token))
    outcomes.push(accepted.length > before ? (accepted.at(-1) ?? reason) : reason)
  }
  return outcomes
}

describe('a cached verdict', () => {
  it('is the same principal, anew for each request', async () => {
    const { issuer, create } = await createSetting()
    const verifier = create()
    const token = await issuer.token({ scope: 'a', roles: ['r'], act: { sub: 's' }, acr: 'gold', auth_time: 1 })
    const [first, second] = [await verifier.verify(token), await verifier.verify(token)]
    expect(accepted).toEqual([false, true])
    expect(first).not.toBe(second)
    expect(second.token).toBe(token)
    for (const name of [
      'issuer',
      'subject',
      'scopes',
      'roles',
      'actor',
      'acr',
      'authenticatedAtSeconds',
      'claims',
      'payload',
    ] as const) {
      expect(second[name]).toBe(first[name])
    }
  })

  it('ends with the token', async () => {
    const { issuer, clock, create } = await createSetting()
    const verifier = create({ clockToleranceSeconds: 0 })
    const token = await issuer.token({}, { expiresInSeconds: 60 })
    expect(await judge(verifier, token, token)).toEqual([false, true])
    clock.advance(59_000)
    expect(await judge(verifier, token)).toEqual([true])
    clock.advance(1_000)
    expect(await judge(verifier, token, token)).toEqual(['ERR_TOKEN_EXPIRED', 'ERR_TOKEN_EXPIRED'])
  })

  it('ends with the age that the policy allows', async () => {
    const { issuer, clock, create } = await createSetting()
    const verifier = create({ clockToleranceSeconds: 0, maxTokenAgeSeconds: 30 })
    const token = await issuer.token({}, { expiresInSeconds: 600 })
    expect(await judge(verifier, token, token)).toEqual([false, true])
    clock.advance(30_000)
    expect(await judge(verifier, token)).toEqual(['ERR_TOKEN_TOO_OLD'])
  })

  it('waits for its time again where the clock is set back', async () => {
    const { issuer, clock, create } = await createSetting()
    const verifier = create({ clockToleranceSeconds: 0 })
    const nowSeconds = Math.floor(clock.now() / 1_000)
    const token = await issuer.token({ nbf: nowSeconds, iat: nowSeconds - 100 })
    expect(await judge(verifier, token, token)).toEqual([false, true])
    clock.advanceWall(-60_000)
    expect(await judge(verifier, token)).toEqual(['ERR_TOKEN_NOT_YET_VALID'])
  })

  it('ends with its key, once the set without it was read', async () => {
    const { issuer, clock, create } = await createSetting()
    const verifier = create()
    const token = await issuer.token({}, { expiresInSeconds: 7_200 })
    expect(await judge(verifier, token, token)).toEqual([false, true])
    const [old] = issuer.keys
    await issuer.rotate()
    issuer.withdraw(old?.kid ?? '')
    expect(await judge(verifier, token)).toEqual([true])
    // A token of the new key makes it read the set.
    clock.advance(5_000)
    expect(await judge(verifier, await issuer.token())).toEqual([false])
    // It is gone for certain once the cooldown lets the set be read for it.
    expect(await judge(verifier, token)).toEqual(['ERR_KEY_UNCONFIRMED'])
    clock.advance(5_000)
    expect(await judge(verifier, token)).toEqual(['ERR_KEY_NOT_FOUND'])
  })

  it('ends with its key where another one takes its name', async () => {
    const { issuer, clock, create } = await createSetting()
    const other = await createTestIssuer({ issuer: issuer.issuer, clock })
    const verifier = create()
    const token = await issuer.token({}, { expiresInSeconds: 7_200 })
    expect(await judge(verifier, token, token)).toEqual([false, true])
    const { kid } = issuer.keys[0] ?? { kid: '' }
    issuer.withdraw(kid)
    issuer.publish({ ...other.jwks.keys[0], kid })
    clock.advance(299_000)
    await judge(verifier, await issuer.token({}, { kid }))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await judge(verifier, token)).toEqual(['ERR_TOKEN_SIGNATURE'])
  })

  it('is an outage (503) once its keys are too old to be believed, not a verdict', async () => {
    const { issuer, clock, create } = await createSetting()
    const verifier = create({
      keyCache: { minAgeMs: 1_000, defaultAgeMs: 60_000, maxAgeMs: 60_000, maxStaleMs: 60_000 },
    })
    const token = await issuer.token({}, { expiresInSeconds: 7_200 })
    expect(await judge(verifier, token, token)).toEqual([false, true])
    await issuer.outage('down')
    clock.advance(119_000)
    expect(await judge(verifier, token)).toEqual([true])
    clock.advance(2_000)
    expect(await judge(verifier, token)).toEqual(['ERR_KEYS_UNAVAILABLE'])
    await issuer.recover()
  })

  it('ends with its issuer, where the application no longer knows that', async () => {
    const { issuer, clock, create } = await createSetting()
    let known = true
    const verifier = create({ issuers: [], resolveIssuer: (name) => (known ? { issuer: name } : undefined) })
    const token = await issuer.token()
    expect(await judge(verifier, token, token)).toEqual([false, true])
    known = false
    clock.advance(60_000)
    await judge(verifier, token)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await judge(verifier, token)).toEqual(['ERR_ISSUER_UNTRUSTED'])
  })

  it('is judged afresh once the rules of its issuer are others', async () => {
    const { issuer, clock, create } = await createSetting()
    let audience = AUDIENCE
    const verifier = create({ issuers: [], resolveIssuer: (name) => ({ issuer: name, audience }) })
    const token = await issuer.token()
    expect(await judge(verifier, token, token)).toEqual([false, true])
    audience = 'https://other.example.com'
    clock.advance(60_000)
    await judge(verifier, token)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await judge(verifier, token)).toEqual(['ERR_TOKEN_AUDIENCE'])
  })

  it('belongs to one policy: what one verifier has accepted is nothing to another', async () => {
    const { issuer, create } = await createSetting()
    const token = await issuer.token({ aud: [AUDIENCE, 'https://b.example'] })
    expect(await judge(create(), token, token)).toEqual([false, true])
    expect(await judge(create(), token)).toEqual([false])
    expect(await judge(create({ audience: 'https://c.example' }), token)).toEqual(['ERR_TOKEN_AUDIENCE'])
    expect(await judge(create({}, { requiredClaims: ['org'] }), token)).toEqual(['ERR_TOKEN_CLAIM_MISSING'])
  })

  it('ends with a revocation, at once', async () => {
    const { issuer, clock, create } = await createSetting()
    const revocationStore = memoryRevocationStore({ now: clock.now })
    const verifier = create({ revocationStore })
    const token = await issuer.token({ jti: 'one' })
    expect(await judge(verifier, token, token)).toEqual([false, true])
    revocationStore.revokeToken({ issuer: issuer.issuer, tokenId: 'one' })
    expect(await judge(verifier, token, token)).toEqual(['ERR_TOKEN_REVOKED', 'ERR_TOKEN_REVOKED'])
  })

  it('proves no possession: each request brings its own proof', async () => {
    const { issuer, clock, create } = await createSetting()
    const verifier = create({ publicUrl: AUDIENCE, dpop: { mode: 'allowed' }, replayStore: memoryReplayStore() })
    const target = { url: `${AUDIENCE}/orders`, nowSeconds: () => Math.floor(clock.now() / 1_000) }
    const [client, thief] = [await createProofClient(issuer, target), await createProofClient(issuer, target)]
    const token = await issuer.token({ cnf: client.confirmation })
    const send = (scheme: string, dpop: readonly string[]) =>
      reasonOf(
        verifier.authenticate({
          method: 'GET',
          url: target.url,
          authorization: [`${scheme} ${token}`],
          dpop,
          remoteAddress: undefined,
          clientCertificate: () => undefined,
        }),
      )
    const proof = await client.proof(token)
    expect(await send('DPoP', [proof])).toBe('accepted')
    expect(await send('DPoP', [await client.proof(token)])).toBe('accepted')
    expect(accepted).toEqual([false, true])
    expect(await send('DPoP', [proof])).toBe('ERR_PROOF_REPLAYED')
    expect(await send('DPoP', [await thief.proof(token)])).toBe('ERR_PROOF_BINDING')
    expect(await send('DPoP', [])).toBe('ERR_PROOF_MISSING')
    expect(await send('Bearer', [])).toBe('ERR_PROOF_REQUIRED')
    expect(await reasonOf(verifier.verify(token))).toBe('ERR_PROOF_REQUIRED')
  })

  it('is made of a token that passed every check, and of no other', async () => {
    const { issuer, create } = await createSetting()
    const revocationStore = memoryRevocationStore()
    const verifier = create({ revocationStore }, { requiredClaims: ['org'] })
    revocationStore.revokeToken({ issuer: issuer.issuer, tokenId: 'revoked' })
    const refused = [
      await issuer.token(),
      await issuer.token({ org: 'a', jti: 'revoked' }),
      await issuer.token({ org: 'a', aud: 'x' }),
    ]
    const reasons = ['ERR_TOKEN_CLAIM_MISSING', 'ERR_TOKEN_REVOKED', 'ERR_TOKEN_AUDIENCE']
    expect(await judge(verifier, ...refused, ...refused)).toEqual([...reasons, ...reasons])
  })

  it('is found by the whole token: another signature, or one more character, is another token', async () => {
    const { issuer, create } = await createSetting()
    const verifier = create()
    const token = await issuer.token()
    const [header, payload] = token.split('.')
    const again = await issuer.signEncoded(`${header}.${payload}`)
    expect(await judge(verifier, token, token)).toEqual([false, true])
    expect(again).not.toBe(token)
    expect(await judge(verifier, again)).toEqual([false])
    expect(
      await judge(verifier, `${token}A`, `${header}.${payload}.${'A'.repeat(86)}`, `${header}.${payload}.`),
    ).not.toContain(true)
  })
})

describe('the cache of verified tokens', () => {
  it('keeps no more than it may', async () => {
    const { issuer, create } = await createSetting()
    const verifier = create({ tokenCache: { maxEntries: 2 } })
    const [one, two, three] = [await issuer.token(), await issuer.token(), await issuer.token()]
    expect(await judge(verifier, one, two, one, two)).toEqual([false, false, true, true])
    // What comes a second time takes the place of what was used longest ago; what comes once takes none.
    expect(await judge(verifier, three, one, two, three, three, one)).toEqual([false, true, true, false, true, false])
    expect(await judge(verifier, two, three)).toEqual([true, true])
  })

  it('is none where the options say so, and nothing else changes', async () => {
    const { issuer, create } = await createSetting()
    const verifier = create({ tokenCache: false })
    const token = await issuer.token({ scope: 'a' })
    expect(await judge(verifier, token, token, token)).toEqual([false, false, false])
    expect((await verifier.verify(token)).scopes).toEqual(['a'])
  })

  it('is empty once the verifier is closed', async () => {
    const { issuer, create } = await createSetting()
    const verifier = create({}, { keys: { jwks: issuer.jwks } })
    const token = await issuer.token()
    expect(await judge(verifier, token, token)).toEqual([false, true])
    await verifier.close()
    expect(await judge(verifier, token)).not.toEqual([true])
  })

  it.each([true, 1, { maxEntries: 0 }, { maxEntries: 1.5 }, { maxEntries: Infinity }, { size: 1 }])(
    'cannot be %o',
    async (tokenCache) => {
      const { create } = await createSetting()
      expect(() => create({ tokenCache: tokenCache as false })).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIGURATION' }),
      )
    },
  )

  it('holds no token: what a heap snapshot shows of one is what this test keeps', async () => {
    const { issuer, create } = await createSetting()
    const verifier = create()
    const kept = await issuer.token({ jti: 'kept' })
    const signatures = [kept.split('.')[2] ?? '']
    await verifier.verify(kept)
    for (let index = 0; index < 3; index++) signatures.push(await verifyAndForget(verifier, issuer))
    expect(await judge(verifier, kept)).toEqual([true])
    const found = await findInHeap(signatures)
    expect(found).toEqual([true, false, false, false])
    expect(kept.endsWith(signatures[0] ?? '-')).toBe(true)
  }, 60_000)
})

/** Verifies a token twice, the second time from the cache, and lets go of it. */
async function verifyAndForget(verifier: Verifier, issuer: TestIssuer): Promise<string> {
  const token = await issuer.token()
  await verifier.verify(token)
  await verifier.verify(token)
  // A copy: a slice would keep the token.
  return Buffer.from(token.split('.')[2] ?? '').toString()
}

/** Whether the heap holds a token with each of these signatures: which alone are no token. */
async function findInHeap(signatures: readonly string[]): Promise<readonly boolean[]> {
  const found = signatures.map(() => false)
  let rest = ''
  for await (const chunk of getHeapSnapshot()) {
    const text = rest + String(chunk)
    signatures.forEach((signature, index) => (found[index] ||= text.includes(`.${signature}`)))
    rest = text.slice(-200)
  }
  return found
}
