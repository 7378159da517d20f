import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RevocationQuery } from '../../src/ports.js'
import { checkStatus } from '../../src/steps/status.js'
import { memoryRevocationStore } from '../../src/stores/memory-revocation-store.js'
import { claims, CLAIMS, ISSUER, NOW_SECONDS, toParts, toVerified } from '../parts.js'
import { errorOfAsync, reasonOfAsync } from '../refusals.js'

const { issuer, rules } = toParts()
const verified = toVerified(claims({ sid: 'session-1' }))

/** What the step makes of a store that behaves so, as JavaScript may write it. */
function reasonBy(isRevoked: (token: RevocationQuery) => unknown): Promise<string> {
  return reasonOfAsync(() => checkStatus(verified, issuer, { isRevoked: isRevoked as () => boolean }, rules))
}

describe('checkStatus', () => {
  it('asks nobody where there is no store, and does not wait', () => {
    expect(checkStatus(verified, issuer, undefined, rules)).toBeUndefined()
  })

  it('asks by the canonical issuer, the sub, jti and sid of the token, and the earliest time that its iat can mean', async () => {
    const asked: RevocationQuery[] = []
    const aliased = toParts({ acceptedIssuers: ['acme:old'] }).issuer
    const token = toVerified(claims({ iss: 'acme:old', sid: 'session-1' }))
    await checkStatus(token, aliased, { isRevoked: (query) => (asked.push(query), false) }, rules)
    await checkStatus(
      toVerified({ iss: ISSUER }),
      issuer,
      { isRevoked: async (query) => (asked.push(query), false) },
      rules,
    )
    const nothing = { subject: undefined, tokenId: undefined, sessionId: undefined, issuedAtSeconds: undefined }
    expect(asked).toEqual([
      { issuer: ISSUER, subject: 'user-1', tokenId: 'id-1', sessionId: 'session-1', issuedAtSeconds: CLAIMS.iat - 5 },
      { issuer: ISSUER, ...nothing },
    ])
  })

  it('refuses a token of a revoked subject whose issuer is ahead by less than the tolerance', async () => {
    const store = memoryRevocationStore({ now: () => NOW_SECONDS * 1_000 })
    store.revokeSubject({ issuer: ISSUER, subject: 'user-1' })
    const reasonAt = (iat: number): Promise<string> =>
      reasonOfAsync(() => checkStatus(toVerified(claims({ iat })), issuer, store, rules))
    expect(await reasonAt(NOW_SECONDS + 4)).toBe('ERR_TOKEN_REVOKED')
    expect(await reasonAt(NOW_SECONDS + 5)).toBe('accepted')
  })

  it.each([
    ['sid', 1],
    ['sid', ''],
    ['jti', null],
    ['iat', '1'],
  ])('refuses a token whose %s is %j, which no record could be found by', async (claim, value) => {
    const isRevoked = vi.fn<() => boolean>(() => false)
    const token = toVerified(claims({ [claim]: value }))
    expect(await reasonOfAsync(() => checkStatus(token, issuer, { isRevoked }, rules))).toBe('ERR_TOKEN_CLAIM_TYPE')
    expect(isRevoked).not.toHaveBeenCalled()
  })

  it('accepts on false alone, at once or later', async () => {
    expect(await reasonBy(() => false)).toBe('accepted')
    expect(await reasonBy(async () => false)).toBe('accepted')
  })

  it.each([true, 1, 'false', 'yes', {}, [], 0, '', null, undefined, Number.NaN].map((answer) => ({ answer })))(
    'refuses on $answer, at once or later',
    async ({ answer }) => {
      expect(await reasonBy(() => answer)).toBe('ERR_TOKEN_REVOKED')
      expect(await reasonBy(async () => answer)).toBe('ERR_TOKEN_REVOKED')
    },
  )

  it('answers with 503 where the store throws or rejects, whatever it throws', async () => {
    for (const thrown of [new TypeError('secret'), new DOMException('secret', 'AbortError')]) {
      const thrower = (): never => {
        throw thrown
      }
      const rejecter = async (): Promise<never> => thrower()
      for (const isRevoked of [thrower, rejecter]) {
        const error = await errorOfAsync(() => checkStatus(verified, issuer, { isRevoked }, rules))
        expect([error.reason, error.status]).toEqual(['ERR_STATUS_UNAVAILABLE', 503])
        expect(Number(error.headers['Retry-After'])).toBeGreaterThanOrEqual(1)
        expect(JSON.stringify([error, error.cause, error.message])).not.toContain('secret')
      }
    }
  })
})

describe('a store that hangs', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('is an outage (503) after one second, and what it says later is not looked at', async () => {
    let say: (revoked: boolean) => void = () => {}
    const answered = vi.fn<(reason: string) => void>()
    void reasonBy(() => new Promise<boolean>((resolve) => (say = resolve))).then(answered)
    await vi.advanceTimersByTimeAsync(999)
    expect(answered).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    say(false)
    await vi.advanceTimersByTimeAsync(0)
    expect(answered.mock.calls).toEqual([['ERR_STATUS_UNAVAILABLE']])
  })

  it('leaves no timer behind once it has answered', async () => {
    expect(await reasonBy(async () => false)).toBe('accepted')
    expect(vi.getTimerCount()).toBe(0)
  })
})
