import { describe, expect, it } from 'vitest'
import { checkBinding } from '../../src/steps/binding.js'
import { createProofKeys } from '../../src/keys/proof-keys.js'
import { claims, toCredentials, toParts, toVerified } from '../parts.js'
import { errorOf, reasonOf } from '../refusals.js'

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

  it('refuses a confirmation of which no member is understood', () => {
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
