import { describe, expect, it } from 'vitest'
import { createEndpointProofs } from '../../src/http/endpoint-proofs.js'
import { PROOF_TABLE } from '../../src/options/dpop.js'
import { readTable } from '../../src/options/kinds.js'
import { memoryReplayStore } from '../../src/stores/memory-replay-store.js'
import { toReplayId } from '../../src/stores/replay-id.js'
import type { ReplayStore } from '../../src/ports.js'
import { NOW_SECONDS, stillRuntime } from '../parts.js'
import { clientKey, createRecordingStore, otherKey, toJkt, toProof, toPublicJwk } from '../proofs.js'
import { errorOfAsync, reasonOfAsync } from '../refusals.js'

const TOKEN_URL = 'https://sts.example/tenant/token'
const LIMITS = { tokenBytes: 8_192, headerBytes: 2_048, jsonDepth: 16, jsonMembers: 256 }

function create(store: ReplayStore = createRecordingStore(), dpop: object = {}, url = TOKEN_URL) {
  const rules = readTable(PROOF_TABLE, dpop, 'dpop')
  const runtime = stillRuntime
  return createEndpointProofs({ url, dpop: rules, replayStore: store, limits: LIMITS, runtime })
}

type Changes = Readonly<Record<string, unknown>>

const toTokenProof = (claims: Changes = {}, header: Changes = {}, key = clientKey.privateKey) =>
  toProof({ htm: 'POST', htu: TOKEN_URL, ath: undefined, ...claims }, header, key)

const verify = (...dpop: readonly string[]) => create().verify({ method: 'POST', dpop })

describe('a proof at an endpoint that issues tokens', () => {
  it('RFC 9449 section 5: yields the thumbprint of whatever sound key it brings, and is used up', async () => {
    const store = createRecordingStore()
    const proofs = create(store)
    expect(await proofs.verify({ method: 'POST', dpop: [toTokenProof()] })).toBe(toJkt(clientKey))
    const other = toTokenProof({}, { jwk: toPublicJwk(otherKey) }, otherKey.privateKey)
    expect(await proofs.verify({ method: 'POST', dpop: [other] })).toBe(toJkt(otherKey))
    expect(store.asked.map(({ id }) => id)).toEqual(
      [clientKey, otherKey].map((key) => toReplayId('dpop', toJkt(key), TOKEN_URL, 'proof-1')),
    )
  })

  it('is none where there is no DPoP field', async () => {
    expect(await verify()).toBeUndefined()
  })

  it('D11: is not asked for a hash of a token: there is none yet', async () => {
    expect(await verify(toTokenProof({ ath: 'whatever' }))).toBe(toJkt(clientKey))
  })

  it.each([
    ['ERR_PROOF_MULTIPLE', [toTokenProof(), toTokenProof({ jti: 'b' })]],
    ['ERR_PROOF_MALFORMED', ['']],
    ['ERR_PROOF_MALFORMED', [toTokenProof({}, { typ: 'JWT' })]],
    ['ERR_PROOF_MALFORMED', [toTokenProof({}, { alg: 'none' })]],
    ['ERR_PROOF_KEY', [toTokenProof({}, { jwk: undefined })]],
    ['ERR_PROOF_KEY', [toTokenProof({}, { jwk: null })]],
    ['ERR_PROOF_KEY', [toTokenProof({}, { jwk: 'jwk' })]],
    ['ERR_PROOF_KEY', [toTokenProof({}, { jwk: { kty: 'oct', k: 'AA' } })]],
    ['ERR_PROOF_KEY', [toTokenProof({}, { jwk: { ...toPublicJwk(clientKey), y: undefined } })]],
    ['ERR_PROOF_KEY', [toTokenProof({}, { jwk: { ...toPublicJwk(clientKey), y: 'AA' } })]],
    ['ERR_PROOF_KEY', [toTokenProof({}, { jwk: clientKey.privateKey.export({ format: 'jwk' }) })]],
    ['ERR_PROOF_SIGNATURE', [toTokenProof({}, {}, otherKey.privateKey)]],
    ['ERR_PROOF_CLAIM', [toTokenProof({ jti: undefined })]],
    ['ERR_PROOF_METHOD', [toTokenProof({ htm: 'GET' })]],
    ['ERR_PROOF_URL', [toTokenProof({ htu: 'https://sts.example/token' })]],
    ['ERR_PROOF_URL', [toTokenProof({ htu: 'https://evil.example/tenant/token' })]],
    ['ERR_PROOF_TIME', [toTokenProof({ iat: NOW_SECONDS - 301 })]],
    ['ERR_PROOF_TIME', [toTokenProof({ iat: NOW_SECONDS + 11 })]],
  ] as const)('RFC 9449 section 4.3: is refused with %s (%#)', async (reason, dpop) => {
    expect(await reasonOfAsync(() => verify(...dpop))).toBe(reason)
  })

  it('D13: is taken once, and not at all where the store does not answer', async () => {
    const proofs = create(memoryReplayStore())
    const use = () => proofs.verify({ method: 'POST', dpop: [toTokenProof()] })
    expect(await reasonOfAsync(use)).toBe('accepted')
    expect(await reasonOfAsync(use)).toBe('ERR_PROOF_REPLAYED')
    const away = create(createRecordingStore(() => Promise.reject(new Error('ECONNREFUSED'))))
    const error = await errorOfAsync(() => away.verify({ method: 'POST', dpop: [toTokenProof()] }))
    expect(error).toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE', status: 503 })
  })

  it('RFC 9449 section 8: holds the nonce of this moment, where nonces are given', async () => {
    const proofs = create(createRecordingStore(), { nonce: { slotSeconds: 60 } })
    const nonce = proofs.nonce()
    const use = (claims: Changes) => () => proofs.verify({ method: 'POST', dpop: [toTokenProof(claims)] })
    expect(await reasonOfAsync(use({}))).toBe('ERR_PROOF_NONCE')
    expect(await reasonOfAsync(use({ nonce: 'AAAA' }))).toBe('ERR_PROOF_NONCE')
    expect(await reasonOfAsync(use({ nonce }))).toBe('accepted')
    expect(typeof proofs.isNonceAgeing()).toBe('boolean')
  })

  it('holds no nonce where none are given', () => {
    expect(create().nonce()).toBeUndefined()
    expect(create().isNonceAgeing()).toBe(false)
  })

  it('may be signed with what the options say', async () => {
    expect(create(createRecordingStore(), { algorithms: ['ES256', 'PS256'] }).algorithms).toEqual(['ES256', 'PS256'])
    const proofs = create(createRecordingStore(), { algorithms: ['PS256'] })
    const use = () => proofs.verify({ method: 'POST', dpop: [toTokenProof()] })
    expect(await reasonOfAsync(use)).toBe('ERR_PROOF_MALFORMED')
  })
})

describe('the endpoint itself', () => {
  it('needs a URL that a proof can name', () => {
    expect(() => create(createRecordingStore(), {}, 'https://stś.example/token')).toThrow('wants a URL in ASCII')
  })

  it('needs secrets for nonces that instances with one memory share', () => {
    const shared = { ...createRecordingStore(), shared: true }
    expect(() => create(shared, { nonce: {} })).toThrow('dpop.nonce.secrets')
  })
})
