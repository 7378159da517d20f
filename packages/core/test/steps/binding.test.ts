import { describe, expect, it } from 'vitest'
import { checkBinding } from '../../src/steps/binding.js'
import { createProofKeys } from '../../src/keys/proof-keys.js'
import type { DpopMode } from '../../src/rules.js'
import { claims, toCredentials, toParts, toVerified } from '../parts.js'
import { clientKey, createRecordingStore, toJkt, toProof, toProvenRequest, TOKEN, withDpop } from '../proofs.js'
import { errorOf, reasonOf, reasonOfAsync } from '../refusals.js'

const JKT = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' }
const X5T = { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' }

const { issuer, rules } = toParts()

/** Outside any request, as `verify(token)` does it: nothing can prove possession. */
function check(payload: object | string): void | Promise<void> {
  return checkBinding(toVerified(payload), issuer, toCredentials('a.b.c'), { rules, proofKeys: createProofKeys() })
}

function reason(cnf: unknown): string {
  return reasonOf(() => check(claims({ cnf })))
}

describe('checkBinding', () => {
  it('lets a bearer token pass', () => {
    expect(reason(undefined)).toBe('accepted')
  })

  it('refuses a bound token where nothing proves possession: a stolen one must be worth nothing', () => {
    expect(reason(JKT)).toBe('ERR_PROOF_REQUIRED')
    expect(reason(X5T)).toBe('ERR_PROOF_REQUIRED')
    expect(reason({ ...JKT, ...X5T, other: 1 })).toBe('ERR_PROOF_REQUIRED')
    for (const cnf of [JKT, { ...JKT, other: 1 }]) {
      expect(errorOf(() => check(claims({ cnf }))).detail).toEqual({ claim: 'cnf', wants: ['jkt'] })
    }
  })

  it('D17: refuses a confirmation of which no member is understood', () => {
    for (const cnf of [{}, { jwk: {} }, { kid: 'k' }, { JKT: JKT.jkt }, { 'x5t#S1': 'x' }]) {
      expect(reason(cnf)).toBe('ERR_TOKEN_CONFIRMATION')
    }
    expect(reasonOf(() => check('{"cnf":{"__proto__":{"jkt":"x"}}}'))).toBe('ERR_TOKEN_CONFIRMATION')
  })

  it.each([null, '', 'jkt', 0, false, true, [], [JKT], { jkt: 1 }, { jkt: null }].map((cnf) => ({ cnf })))(
    'refuses cnf of $cnf: a wrong type is no absence',
    ({ cnf }) => {
      expect(reason(cnf)).toBe('ERR_TOKEN_CLAIM_TYPE')
    },
  )
})

describe('checkBinding, where the caller compares the key', () => {
  const check = (cnf: unknown, dpopMode: DpopMode = 'off'): string => {
    const credentials = { ...toCredentials('a.b.c'), skipsBinding: true }
    const context = { rules, proofKeys: createProofKeys() }
    return reasonOf(() => checkBinding(toVerified(claims({ cnf })), { ...issuer, dpopMode }, credentials, context))
  }

  it('takes a token that is bound in a way that is understood, and one that is bound to nothing', () => {
    for (const cnf of [JKT, X5T, { ...JKT, ...X5T }, undefined]) expect(check(cnf)).toBe('accepted')
  })

  it('refuses what the caller could not compare', () => {
    for (const cnf of [{ jkt: 1 }, { 'x5t#S256': 1 }, { ...JKT, 'x5t#S256': null }, 'x'])
      expect(check(cnf)).toBe('ERR_TOKEN_CLAIM_TYPE')
    expect(check({ kid: 'k' })).toBe('ERR_TOKEN_CONFIRMATION')
  })

  it('holds an issuer whose tokens must be bound to that', () => {
    expect(check(undefined, 'required')).toBe('ERR_PROOF_REQUIRED')
    expect(check(X5T, 'required')).toBe('ERR_PROOF_REQUIRED')
    expect(check(JKT, 'required')).toBe('accepted')
  })
})

describe('checkBinding, where proofs are checked', () => {
  const bound = { jkt: toJkt(clientKey) }

  function judge(
    cnf: unknown,
    scheme: 'Bearer' | 'DPoP',
    { mode = 'allowed' as DpopMode, own = undefined as DpopMode | undefined, dpop = [toProof()] } = {},
  ): Promise<string> {
    const parts = toParts(
      { dpop: own === undefined ? undefined : { mode: own } },
      withDpop(createRecordingStore(), { mode }),
    )
    const credentials = { scheme, token: TOKEN, request: toProvenRequest(dpop) }
    const context = { rules: parts.rules, proofKeys: createProofKeys() }
    return reasonOfAsync(async () => checkBinding(toVerified(claims({ cnf })), parts.issuer, credentials, context))
  }

  it('takes a bound token with its proof, under the DPoP scheme', async () => {
    expect(await judge(bound, 'DPoP')).toBe('accepted')
    expect(await judge(bound, 'DPoP', { mode: 'required' })).toBe('accepted')
    expect(await judge(bound, 'DPoP', { dpop: [] })).toBe('ERR_PROOF_MISSING')
  })

  it('D14: refuses a bound token as Bearer, with a proof or without', async () => {
    for (const mode of ['required', 'allowed'] as const) {
      expect(await judge(bound, 'Bearer', { mode })).toBe('ERR_PROOF_REQUIRED')
      expect(await judge(bound, 'Bearer', { mode, dpop: [] })).toBe('ERR_PROOF_REQUIRED')
    }
  })

  it('D15: refuses an unbound token under the DPoP scheme, whatever proof comes with it', async () => {
    for (const mode of ['required', 'allowed'] as const) {
      expect(await judge(undefined, 'DPoP', { mode })).toBe('ERR_PROOF_UNBOUND')
    }
  })

  it('takes an unbound token as Bearer, unless every token must be bound', async () => {
    expect(await judge(undefined, 'Bearer')).toBe('accepted')
    expect(await judge(undefined, 'Bearer', { mode: 'required' })).toBe('ERR_PROOF_REQUIRED')
  })

  it('proves nothing outside a request, nor where the verifier looks at no proofs, whatever scheme is said', () => {
    const token = toVerified(claims({ cnf: bound }))
    const proofKeys = createProofKeys()
    const proving = toParts({}, withDpop(createRecordingStore()))
    const bare = { scheme: 'DPoP', token: TOKEN, request: undefined } as const
    expect(reasonOf(() => checkBinding(token, proving.issuer, bare, { rules: proving.rules, proofKeys }))).toBe(
      'ERR_PROOF_REQUIRED',
    )
    const sent = { ...bare, request: toProvenRequest([toProof()]) }
    const blind = { rules: { ...proving.rules, dpop: undefined }, proofKeys }
    expect(reasonOf(() => checkBinding(token, proving.issuer, sent, blind))).toBe('ERR_PROOF_REQUIRED')
  })

  it("goes by the issuer's own mode where it has one", async () => {
    expect(await judge(undefined, 'Bearer', { own: 'required' })).toBe('ERR_PROOF_REQUIRED')
    expect(await judge(undefined, 'Bearer', { mode: 'required', own: 'allowed' })).toBe('accepted')
    expect(await judge(bound, 'DPoP', { mode: 'off', own: 'required' })).toBe('accepted')
    // Off is no weaker: a bound token is refused, because nobody looks at its proof.
    expect(await judge(bound, 'DPoP', { own: 'off' })).toBe('ERR_PROOF_REQUIRED')
    expect(await judge(bound, 'Bearer', { own: 'off' })).toBe('ERR_PROOF_REQUIRED')
    expect(await judge(undefined, 'DPoP', { own: 'off' })).toBe('ERR_PROOF_UNBOUND')
  })

  it('D17: wants every confirmation that is understood, and ignores the others', async () => {
    expect(await judge({ ...bound, other: 1, jwk: {} }, 'DPoP')).toBe('accepted')
    expect(await judge({ ...bound, ...X5T }, 'DPoP')).toBe('ERR_PROOF_REQUIRED')
    expect(await judge({ jwk: {} }, 'DPoP')).toBe('ERR_TOKEN_CONFIRMATION')
    expect(await judge({ jkt: 1 }, 'DPoP')).toBe('ERR_TOKEN_CLAIM_TYPE')
    expect(await judge({ jkt: '' }, 'DPoP')).toBe('ERR_PROOF_BINDING')
  })
})
