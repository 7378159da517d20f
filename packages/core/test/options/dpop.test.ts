import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/create-verifier.js'
import { ConfigurationError } from '../../src/errors.js'
import type { VerifierOptions } from '../../src/options/options.js'
import { resolveOptions } from '../../src/options/resolve.js'
import type { ReplayStore } from '../../src/ports.js'
import { memoryReplayStore } from '../../src/stores/memory-replay-store.js'
import { AUDIENCE, ISSUER, toOptions } from '../parts.js'

const replayStore = memoryReplayStore()
const sharedStore: ReplayStore = { shared: true, claim: () => ({ fresh: true }) }
const DPOP: Partial<VerifierOptions> = { dpop: { mode: 'allowed' }, replayStore, publicUrl: AUDIENCE }
const secret = randomBytes(32)

function resolve(changes: Partial<VerifierOptions> = {}) {
  return resolveOptions(toOptions({}, { ...DPOP, ...changes })).rules.dpop
}

function refusal(changes: object): ConfigurationError {
  try {
    resolve(changes as Partial<VerifierOptions>)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('It was accepted')
}

describe('the options of DPoP', () => {
  it('have the defaults of the documentation', () => {
    expect(resolve()).toMatchObject({
      mode: 'allowed',
      maxAgeSeconds: 300,
      futureSkewSeconds: 10,
      nonces: undefined,
      urlRoots: ['https://api.example.com'],
      replayStore,
    })
    expect([...(resolve()?.algorithms ?? [])]).toContain('Ed25519')
  })

  it('want to be told where used proofs are remembered: nothing is right for one instance and for ten', () => {
    const error = refusal({ replayStore: undefined })
    expect(error.message).toContain('Option "replayStore": got nothing, wants a replay store, where there is "dpop"')
    expect(error.message).toContain('memoryReplayStore()')
  })

  it('want to be told where clients reach the API: the Host field is whatever the client says', () => {
    const error = refusal({ publicUrl: undefined })
    expect(error.message).toContain('Option "publicUrl": got nothing')
    expect(resolve({ publicUrl: undefined, dangerouslyTrustRequestHost: true })?.urlRoots).toEqual([])
  })

  it('want a public URL that a proof can match', () => {
    for (const publicUrl of [
      'https://bücher.example',
      'https://api.example.com/a\\b',
      ['https://api.example.com', 'https:///x'],
    ]) {
      expect(refusal({ publicUrl })).toMatchObject({ detail: { option: 'publicUrl' } })
    }
    expect(resolve({ publicUrl: ['https://API.example.com/v1/', 'https://xn--bcher-kva.example'] })?.urlRoots).toEqual([
      'https://api.example.com/v1',
      'https://xn--bcher-kva.example',
    ])
  })

  it('want a store that says whether others share it', () => {
    for (const shared of [undefined, null, 'true', 1]) {
      const error = refusal({ replayStore: { claim: () => ({ fresh: true }), shared } })
      expect(error.detail).toEqual({ option: 'replayStore.shared' })
    }
  })

  it.each([
    [{ dpop: {} }, 'dpop.mode'],
    [{ dpop: true }, 'dpop'],
    [{ dpop: { mode: 'on' } }, 'dpop.mode'],
    [{ dpop: { mode: 'allowed', algorithms: [] } }, 'dpop.algorithms'],
    [{ dpop: { mode: 'allowed', algorithms: ['HS256'] } }, 'dpop.algorithms[0]'],
    [{ dpop: { mode: 'allowed', algorithms: ['none'] } }, 'dpop.algorithms[0]'],
    [{ dpop: { mode: 'allowed', maxAgeSeconds: 0 } }, 'dpop.maxAgeSeconds'],
    [{ dpop: { mode: 'allowed', maxAgeSeconds: 3_601 } }, 'dpop.maxAgeSeconds'],
    [{ dpop: { mode: 'allowed', futureSkewSeconds: -1 } }, 'dpop.futureSkewSeconds'],
    [{ dpop: { mode: 'allowed', futureSkewSeconds: 61 } }, 'dpop.futureSkewSeconds'],
    [{ dpop: { mode: 'allowed', maxAge: 1 } }, 'dpop.maxAge'],
    [{ dpop: { mode: 'allowed', nonce: true } }, 'dpop.nonce'],
    [{ dpop: { mode: 'allowed', nonce: { slotSeconds: 9 } } }, 'dpop.nonce.slotSeconds'],
    [{ dpop: { mode: 'allowed', nonce: { slotSeconds: 60.5 } } }, 'dpop.nonce.slotSeconds'],
    [{ dpop: { mode: 'allowed', nonce: { secrets: [] } } }, 'dpop.nonce.secrets'],
    [{ dpop: { mode: 'allowed', nonce: { region: '' } } }, 'dpop.nonce.region'],
    [{ replayStore: {} }, 'replayStore'],
    [{ replayStore: () => {} }, 'replayStore'],
  ])('refuse %j', (changes, option) => {
    expect(refusal(changes).detail).toEqual({ option })
  })

  it('of one issuer win, and need those of the verifier', () => {
    const issuers = [{ issuer: ISSUER, dpop: { mode: 'required' } }] as const
    expect(resolveOptions(toOptions({}, { ...DPOP, issuers })).issuers[0]?.rules.dpopMode).toBe('required')
    expect(refusal({ dpop: undefined, replayStore: undefined, issuers }).detail).toEqual({
      option: 'issuers[0].dpop.mode',
    })
  })

  it('that are off want neither store nor URL, and the DPoP scheme is then a foreign one', () => {
    const off = { dpop: { mode: 'off' }, replayStore: undefined, publicUrl: undefined } as const
    expect(resolve(off)).toBeUndefined()
    expect(resolve({ ...off, dpop: undefined })).toBeUndefined()
  })

  it('that are off want both where resolveIssuer may turn them on', () => {
    const ask = { dpop: { mode: 'off' }, resolveIssuer: () => undefined } as const
    expect(resolve(ask)).toMatchObject({ mode: 'off' })
    expect(refusal({ ...ask, replayStore: undefined }).detail).toEqual({ option: 'replayStore' })
    // Without dpop there is nothing to turn on.
    expect(resolve({ resolveIssuer: () => undefined, dpop: undefined, replayStore: undefined })).toBeUndefined()
  })
})

describe('the secrets of nonces', () => {
  it('are not shown where one stands in place of a list', () => {
    const { message } = refusal({
      dpop: { mode: 'allowed', nonce: { secrets: 'a-secret-of-forty-characters-or-so-for-all' } },
    })
    expect(message).toContain('dpop.nonce.secrets')
    expect(message).not.toContain('a-secret')
  })

  it('are made for this process where its store is its own', () => {
    const [one, other] = [
      resolve({ dpop: { mode: 'allowed', nonce: {} } }),
      resolve({ dpop: { mode: 'allowed', nonce: {} } }),
    ]
    const nonce = one?.nonces?.issue(0) ?? ''
    expect(one?.nonces?.check(nonce, 0)).toBeDefined()
    expect(other?.nonces?.check(nonce, 0)).toBeUndefined()
  })

  it('are wanted where the store is shared: each instance would refuse the nonces of the others', () => {
    const shared = { replayStore: sharedStore, dpop: { mode: 'allowed', nonce: {} } } as const
    const error = refusal(shared)
    expect(error).toMatchObject({ reason: 'ERR_CONFIG_MISSING', detail: { option: 'dpop.nonce.secrets' } })
    const nonce = { secrets: [secret, 'a secret that is a text of 40 characters'] }
    const [one, other] = [1, 2].map(() => resolve({ ...shared, dpop: { mode: 'allowed', nonce } }))
    expect(other?.nonces?.check(one?.nonces?.issue(0) ?? '', 0)).toBeDefined()
  })

  it('have at least 32 bytes, and no error shows them', () => {
    for (const weak of ['hunter2-hunter2-hunter2-hunter2', randomBytes(31), '', 7, null]) {
      const { message } = refusal({ dpop: { mode: 'allowed', nonce: { secrets: [weak] } } })
      expect(message).toContain('dpop.nonce.secrets[0]')
      expect(message).toContain('wants a secret of at least 32 bytes')
      expect(message).not.toContain('hunter2')
    }
  })

  it('are copied: what the caller overwrites afterwards changes nothing', () => {
    const own = Uint8Array.from(secret)
    const rules = resolve({ dpop: { mode: 'allowed', nonce: { secrets: [own] } } })
    const nonce = rules?.nonces?.issue(0) ?? ''
    own.fill(0)
    expect(rules?.nonces?.issue(60_000)).toBe(
      resolve({ dpop: { mode: 'allowed', nonce: { secrets: [secret] } } })?.nonces?.issue(60_000),
    )
    expect(rules?.nonces?.check(nonce, 0)).toBeDefined()
  })

  it('stand in no explanation', () => {
    const nonce = { secrets: ['a secret that is a text of 40 characters'] }
    const verifier = createVerifier(toOptions({}, { ...DPOP, dpop: { mode: 'allowed', nonce } }))
    expect(JSON.stringify(verifier.explain())).not.toContain('a secret')
    expect(verifier.explain()['dpop']).toMatchObject({ mode: 'allowed', nonces: true, replayStore: 'of this process' })
  })
})
