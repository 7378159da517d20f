import { describe, expect, it } from 'vitest'
import { findClaim } from '../../src/steps/claim-types.js'
import { checkClaims } from '../../src/steps/claims.js'
import type { ClaimsRules } from '../../src/steps/claims.js'
import { claims, NOW_SECONDS, stillRuntime, toParts, toVerified } from '../parts.js'
import { errorOf, reasonOf } from '../refusals.js'

const { issuer, rules } = toParts()

function check(changes: Readonly<Record<string, unknown>>, changed: Partial<ClaimsRules> = {}): void {
  checkClaims(toVerified(claims(changes)), issuer, { ...rules, ...changed })
}

function reason(changes: Readonly<Record<string, unknown>>, changed: Partial<ClaimsRules> = {}): string {
  return reasonOf(() => check(changes, changed))
}

/** Judges a claim as the text says it: `1e400` is infinity once parsed. */
function reasonOfText(claim: string, literal: string): string {
  const rest = Object.fromEntries(Object.entries(claims()).filter(([name]) => name !== claim))
  const text = `${JSON.stringify(rest).slice(0, -1)},"${claim}":${literal}}`
  return reasonOf(() => checkClaims(toVerified(text), issuer, rules))
}

const WRONG_TYPES = ['1800000300', '', 'soon', null, true, [], [1_800_000_300], {}, { seconds: 1 }]

describe('checkClaims', () => {
  it('lets an ordinary access token pass', () => {
    expect(reason({})).toBe('accepted')
  })

  it('refuses a token without exp: it would be good for ever', () => {
    expect(reason({ exp: undefined })).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(errorOf(() => check({ exp: undefined })).detail).toEqual({ claim: 'exp' })
  })

  it('lets a token live until exp and the tolerance, and not a moment longer', () => {
    expect(reason({ exp: NOW_SECONDS - 4.999 })).toBe('accepted')
    expect(reason({ exp: NOW_SECONDS - 5 })).toBe('ERR_TOKEN_EXPIRED')
    expect(reason({ exp: NOW_SECONDS }, { clockToleranceSeconds: 0 })).toBe('ERR_TOKEN_EXPIRED')
    expect(reason({ exp: NOW_SECONDS + 0.001 }, { clockToleranceSeconds: 0 })).toBe('accepted')
    expect(reason({ exp: 0 })).toBe('ERR_TOKEN_EXPIRED')
    expect(reason({ exp: -1e15 })).toBe('ERR_TOKEN_EXPIRED')
  })

  it('lets a token begin at nbf less the tolerance, and not a moment sooner', () => {
    expect(reason({ nbf: NOW_SECONDS + 5 })).toBe('accepted')
    expect(reason({ nbf: NOW_SECONDS + 5.001 })).toBe('ERR_TOKEN_NOT_YET_VALID')
    expect(reason({ nbf: NOW_SECONDS }, { clockToleranceSeconds: 0 })).toBe('accepted')
    expect(reason({ nbf: NOW_SECONDS + 1 }, { clockToleranceSeconds: 0 })).toBe('ERR_TOKEN_NOT_YET_VALID')
  })

  it('refuses a token issued in the future', () => {
    expect(reason({ iat: NOW_SECONDS + 5 })).toBe('accepted')
    expect(reason({ iat: NOW_SECONDS + 6 })).toBe('ERR_TOKEN_ISSUED_IN_FUTURE')
    expect(reason({ iat: undefined })).toBe('accepted')
  })

  it('refuses a token older than maxTokenAgeSeconds, and one that does not say', () => {
    const aged = { maxTokenAgeSeconds: 60 }
    expect(reason({ iat: NOW_SECONDS - 64 }, aged)).toBe('accepted')
    expect(reason({ iat: NOW_SECONDS - 65 }, aged)).toBe('ERR_TOKEN_TOO_OLD')
    expect(reason({ iat: undefined }, aged)).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(errorOf(() => check({ iat: 0 }, aged)).detail).toEqual({ claim: 'iat', maxTokenAgeSeconds: 60 })
  })

  it('refuses a token that lives longer than maxTokenLifetimeSeconds, and one that does not say', () => {
    const short = { maxTokenLifetimeSeconds: 600 }
    expect(reason({ iat: NOW_SECONDS - 100, exp: NOW_SECONDS + 500 }, short)).toBe('accepted')
    expect(reason({ iat: NOW_SECONDS - 100, exp: NOW_SECONDS + 500.25 }, short)).toBe('ERR_TOKEN_LIFETIME')
    expect(reason({ iat: undefined }, short)).toBe('ERR_TOKEN_CLAIM_MISSING')
  })

  describe.each(['exp', 'nbf', 'iat'])('%s', (claim) => {
    it.each(WRONG_TYPES)('of %j is a refusal, never an absence', (value) => {
      expect(reason({ [claim]: value })).toBe('ERR_TOKEN_CLAIM_TYPE')
      expect(errorOf(() => check({ [claim]: value })).detail).toEqual({ claim })
    })

    it.each(['1e400', '-1e400', '1e300', '9007199254740993'])(
      'of %s, too large to be exact, is a refusal',
      (literal) => {
        expect(reasonOfText(claim, literal)).toBe('ERR_TOKEN_CLAIM_TYPE')
      },
    )
  })

  it('takes dates with fractions, and the largest that is exact', () => {
    expect(reason({ exp: Number.MAX_SAFE_INTEGER, iat: NOW_SECONDS - 0.5, nbf: NOW_SECONDS - 0.25 })).toBe('accepted')
  })

  it('refuses jti of any type but a string with something in it', () => {
    for (const value of [null, true, 1, [], ['id-1'], {}, ''])
      expect(reason({ jti: value })).toBe('ERR_TOKEN_CLAIM_TYPE')
    expect(reason({ jti: undefined })).toBe('accepted')
  })

  it('refuses everything where the clock gives no number', () => {
    for (const now of [NaN, undefined, 'now', {}, -NaN]) {
      const runtime = { ...stillRuntime, now: () => now as number }
      expect(reason({}, { runtime })).toBe('ERR_TOKEN_EXPIRED')
    }
  })

  it('asks for the claims that the issuer must state', () => {
    const strict = toParts({ requiredClaims: ['email', { claim: ['org', 'id'], oneOf: ['acme'] }] }).issuer
    const judge = (changes: Readonly<Record<string, unknown>>): string =>
      reasonOf(() => checkClaims(toVerified(claims(changes)), strict, rules))
    expect(judge({ email: 'a@b.example', org: { id: 'acme' } })).toBe('accepted')
    expect(judge({ org: { id: 'acme' } })).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(judge({ email: 'a@b.example', org: { id: 'globex' } })).toBe('ERR_TOKEN_CLAIM_VALUE')
  })

  it('reports the kind of token before its time, and its time before its audience', () => {
    const wrong = { exp: 0, aud: 'https://other.example', nonce: 'n' }
    expect(reason(wrong)).toBe('ERR_TOKEN_TYPE')
    expect(reason({ ...wrong, nonce: undefined })).toBe('ERR_TOKEN_EXPIRED')
    expect(reason({ ...wrong, nonce: undefined, exp: NOW_SECONDS + 1 })).toBe('ERR_TOKEN_AUDIENCE')
  })

  it('reads no claim from a prototype, ours or one that somebody made', () => {
    for (const payload of [{}, Object.create({ nonce: 'x', exp: 1 }) as object]) {
      for (const name of ['constructor', 'toString', '__proto__', 'nonce', 'exp']) {
        expect(findClaim({ ...payload, own: 1 }, name)).toBeUndefined()
        expect(findClaim(payload as Readonly<Record<string, unknown>>, name)).toBeUndefined()
      }
    }
    expect(findClaim({ nonce: null }, 'nonce')).toBeNull()
  })

  it('demands no claim that only Object.prototype has', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const strict = toParts({ requiredClaims: [name] }).issuer
      expect(reasonOf(() => checkClaims(toVerified(claims()), strict, rules))).toBe('ERR_TOKEN_CLAIM_MISSING')
    }
  })
})
