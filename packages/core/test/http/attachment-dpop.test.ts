import { describe, expect, it } from 'vitest'
import type { IncomingRequest } from '../../src/auth-request.js'
import { createVerifier } from '../../src/create-verifier.js'
import { authenticateRequest, findPrincipal } from '../../src/http/attachment.js'
import type { DpopOptions } from '../../src/options/options.js'
import type { ReplayStore } from '../../src/ports.js'
import { memoryReplayStore } from '../../src/stores/memory-replay-store.js'
import { claims, NOW_SECONDS, stillRuntime, toOptions, toSigned } from '../parts.js'
import { clientKey, toAth, toJkt, toProof, withDpop } from '../proofs.js'
import { reasonOfAsync } from '../refusals.js'

const token = toSigned(claims({ cnf: { jkt: toJkt(clientKey) } }))
let count = 0

/** A request with a proof of its own. */
function toRaw(proof: Readonly<Record<string, unknown>> = {}): IncomingRequest {
  const dpop = toProof({ jti: `proof-${count++}`, ath: toAth(token), ...proof })
  return { method: 'GET', url: '/orders', headers: { authorization: `DPoP ${token}`, dpop } }
}

function create(store: ReplayStore = memoryReplayStore(), dpop: Partial<DpopOptions> = {}, seconds = 0) {
  const runtime = { ...stillRuntime, now: () => (NOW_SECONDS + seconds) * 1_000 }
  return createVerifier(toOptions({}, { ...withDpop(store, dpop), runtime }))
}

describe('authenticateRequest with a proof', () => {
  it('takes a request through middleware inside middleware, of one verifier or of several with one store', async () => {
    const store = memoryReplayStore()
    const [outer, inner] = [create(store), create(store)]
    const raw = toRaw()
    for (const verifier of [outer, outer, inner]) await authenticateRequest(verifier, raw)
    expect(findPrincipal(raw)?.scheme).toBe('DPoP')
    expect(store.size).toBe(1)
  })

  it('D13: refuses the same proof in another request, by whichever verifier', async () => {
    const store = memoryReplayStore()
    const [outer, inner] = [create(store), create(store)]
    const raw = toRaw()
    await authenticateRequest(outer, raw)
    for (const verifier of [outer, inner]) {
      expect(await reasonOfAsync(() => authenticateRequest(verifier, { ...raw }))).toBe('ERR_PROOF_REPLAYED')
    }
  })

  it('D13: reruns every check of the proof where the token is remembered', async () => {
    const verifier = create()
    await authenticateRequest(verifier, toRaw())
    for (const [proof, reason] of [
      [{ htm: 'PUT' }, 'ERR_PROOF_METHOD'],
      [{ htu: 'https://api.example.com/other' }, 'ERR_PROOF_URL'],
      [{ iat: NOW_SECONDS - 400 }, 'ERR_PROOF_TIME'],
      [{ ath: 'x' }, 'ERR_PROOF_TOKEN'],
      [{ jti: 'once' }, 'accepted'],
      [{ jti: 'once' }, 'ERR_PROOF_REPLAYED'],
    ] as const) {
      expect(await reasonOfAsync(() => authenticateRequest(verifier, toRaw(proof)))).toBe(reason)
    }
    const downgraded = { ...toRaw(), headers: { authorization: `Bearer ${token}` } }
    expect(await reasonOfAsync(() => authenticateRequest(verifier, downgraded))).toBe('ERR_PROOF_REQUIRED')
  })

  it('puts the next nonce on the answer while the one in use is ageing, and on no refusal by this way', async () => {
    const set: (readonly [string, string])[] = []
    const setHeader = (name: string, value: string) => void set.push([name, value])
    const secrets = ['a secret that is a text of 40 characters']
    for (const seconds of [0, 30]) {
      const verifier = create(memoryReplayStore(), { nonce: { secrets } }, seconds)
      expect(await reasonOfAsync(() => authenticateRequest(verifier, toRaw(), { setHeader }))).toBe('ERR_PROOF_NONCE')
      expect(set).toEqual([])
      const nonce = await nonceOf(verifier)
      await authenticateRequest(verifier, toRaw({ nonce }), { setHeader })
      expect(set.splice(0)).toEqual(seconds === 0 ? [['DPoP-Nonce', nonce]] : [])
      // Nothing fails where nobody takes the field.
      await authenticateRequest(verifier, toRaw({ nonce }))
    }
  })
})

/** The nonce of the challenge. */
async function nonceOf(verifier: ReturnType<typeof create>): Promise<string | undefined> {
  try {
    await authenticateRequest(verifier, toRaw())
  } catch (error) {
    return (error as { headers: Record<string, string> }).headers['DPoP-Nonce']
  }
  throw new Error('It was accepted')
}
