import { describe, expect, it } from 'vitest'
import { findScheme, toChallengeRules, toNonceHeaders } from '../../src/http/schemes.js'
import { resolveOptions } from '../../src/options/resolve.js'
import type { DpopMode } from '../../src/rules.js'
import { memoryReplayStore } from '../../src/stores/memory-replay-store.js'
import { ISSUER, NOW_SECONDS, stillRuntime, toOptions, toParts, toRequest } from '../parts.js'
import { toProvenRequest, withDpop } from '../proofs.js'

function toRules(mode: DpopMode | undefined, ...issuerModes: readonly (DpopMode | undefined)[]) {
  const { rules, issuers } = resolveOptions(
    toOptions(
      {},
      {
        ...(mode === undefined ? {} : withDpop(memoryReplayStore(), { mode, algorithms: ['ES256', 'PS256'] })),
        issuers: issuerModes.map((own, index) => ({
          issuer: `${ISSUER}/${index}`,
          dpop: own === undefined ? undefined : { mode: own },
        })),
      },
    ),
  )
  return toChallengeRules(rules, issuers)
}

describe('the schemes of a challenge', () => {
  it('are Bearer alone where no token can be bound', () => {
    for (const rules of [toRules(undefined, undefined), toRules('off', undefined), toRules('off', 'off')]) {
      expect(rules).toEqual({ realm: 'api' })
    }
  })

  it('are DPoP alone where every token must be bound', () => {
    expect(toRules('required', undefined, 'required')).toEqual({ realm: 'api', schemes: ['DPoP'], algs: 'ES256 PS256' })
  })

  it.each<[DpopMode, readonly (DpopMode | undefined)[]]>([
    ['allowed', [undefined]],
    ['allowed', ['required']],
    ['required', ['allowed']],
    ['required', ['required', 'off']],
    ['off', ['required']],
  ])('are both where the verifier says %s and its issuers %j', (mode, issuers) => {
    expect(toRules(mode, ...issuers)).toMatchObject({ schemes: ['Bearer', 'DPoP'], algs: 'ES256 PS256' })
  })

  it('are Bearer alone where proofs are off, although resolveIssuer may want them of somebody', () => {
    const dpop = { ...withDpop(memoryReplayStore(), { mode: 'off' }), resolveIssuer: () => undefined }
    const { rules, issuers } = resolveOptions(toOptions({}, dpop))
    expect(toChallengeRules(rules, issuers)).toMatchObject({ schemes: ['Bearer'] })
  })

  it('come with the nonce of the moment where nonces are given', () => {
    const store = memoryReplayStore()
    const { rules, issuers } = resolveOptions(toOptions({}, withDpop(store, { nonce: {} })))
    const issued = rules.dpop?.nonces?.issue(NOW_SECONDS * 1_000)
    expect(issued).toBeDefined()
    expect(toChallengeRules(rules, issuers).nonce?.()).toBe(issued)
  })
})

describe('findScheme', () => {
  it('is the scheme that was used, whatever came with it', () => {
    expect(findScheme(toRequest('dpop a.b.c'))).toBe('DPoP')
    expect(findScheme(toRequest('BEARER x'))).toBe('Bearer')
  })

  it('is none where none can be told', () => {
    for (const fields of [
      [],
      ['Basic x'],
      ['DPoP'],
      ['DPoP a, DPoP b'],
      ['DPoP a', 'DPoP a'],
      ['Bearer a', 'DPoP a'],
    ]) {
      expect(findScheme(toRequest(...fields))).toBeUndefined()
    }
  })
})

describe('the nonce of an answer', () => {
  const at = (seconds: number) => ({ ...stillRuntime, now: () => (NOW_SECONDS + seconds) * 1_000 })
  const { dpop } = toParts({}, withDpop(memoryReplayStore(), { nonce: { slotSeconds: 60 } })).rules
  const nonces = dpop?.nonces
  const request = toProvenRequest(['proof'])

  it('is there where the one in use is ageing', () => {
    for (const seconds of [0, 10, 50, 59]) {
      const nonce = nonces?.issue((NOW_SECONDS + seconds) * 1_000)
      expect(toNonceHeaders(request, nonces, at(seconds))).toEqual({ 'DPoP-Nonce': nonce })
    }
  })

  it('is not there in between, for a request without a proof, or where none are given', () => {
    expect(toNonceHeaders(request, nonces, at(30))).toEqual({})
    expect(toNonceHeaders(toRequest('Bearer a'), nonces, at(0))).toEqual({})
    expect(toNonceHeaders(request, undefined, at(0))).toEqual({})
  })
})
