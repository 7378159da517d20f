import { createVerifier } from '@countersign/core'
import type { Verifier } from '@countersign/core'
import { createTestClock } from '@countersign/testing'
import type { TestClock } from '@countersign/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { api, createProviderKey, startProvider } from './provider.js'
import type { InteropProvider } from './provider.js'

const COOLDOWN_MS = 5000

describe('a provider that rotates its keys behind the same address', () => {
  let clock: TestClock
  let provider: InteropProvider
  let verifier: Verifier

  beforeEach(async () => {
    clock = createTestClock()
    provider = await startProvider('ES256')
    verifier = createVerifier({
      audience: api,
      issuers: [provider.issuer],
      network: { allowInsecureLoopback: true },
      runtime: { now: () => clock.now(), monotonicNow: () => clock.monotonicNow() },
    })
    await verifier.ready()
  })
  afterEach(() => Promise.all([verifier.close(), provider.close()]))

  it('is followed: tokens of the new key verify at once, those of the old one until it is withdrawn', async () => {
    const first = provider.key
    const old = await provider.requestToken('orders:read')
    expect((await verifier.verify(old)).header).toMatchObject({ kid: first.kid, alg: 'ES256' })

    const second = await createProviderKey('RS256')
    provider.replaceKeys(second, first)
    clock.advance(COOLDOWN_MS)
    const current = await provider.requestToken('orders:read')
    expect((await verifier.verify(current)).header).toMatchObject({ kid: second.kid, alg: 'RS256' })
    expect((await verifier.verify(old)).header).toMatchObject({ kid: first.kid })

    const third = await createProviderKey('EdDSA')
    provider.replaceKeys(third, second)
    clock.advance(COOLDOWN_MS)
    const newest = await provider.requestToken('orders:read')
    expect((await verifier.verify(newest)).header).toMatchObject({ kid: third.kid, alg: 'EdDSA' })
    expect((await verifier.verify(current)).header).toMatchObject({ kid: second.kid })

    // The set without the first key was read: nothing brings it back, and once it was looked for again it is the token's fault.
    await expect(verifier.verify(old)).rejects.toMatchObject({ reason: 'ERR_KEY_UNCONFIRMED', status: 503 })
    clock.advance(COOLDOWN_MS)
    await expect(verifier.verify(old)).rejects.toMatchObject({ reason: 'ERR_KEY_NOT_FOUND', status: 401 })
  })

  it('makes a verifier ask once for the new key, not once a token', async () => {
    provider.replaceKeys(await createProviderKey('ES256'), provider.key)
    clock.advance(COOLDOWN_MS)
    const tokens = await Promise.all(Array.from({ length: 6 }, () => provider.requestToken('orders:read')))
    const before = provider.requests.length
    await Promise.all(tokens.map((token) => verifier.verify(token)))
    expect(provider.requests.slice(before)).toEqual(['/jwks'])
  })
})
