import { describe, expect, it } from 'vitest'
import { BACKOFF_MS, countRequests, LIFETIME_MS, startWorld, STALE_MS } from './world.js'

const accepted = { subject: expect.any(String) }
const DAY_MS = 86_400_000

describe('section 4, clock jumps, and invariant 13: a machine that slept for a day', () => {
  it('wakes up stale: it asks for the keys again before it trusts any, and a key that went meanwhile is not accepted', async () => {
    const { clock, issuer, judge, verifier } = await startWorld()
    const old = await issuer.token({}, { expiresInSeconds: 200_000 })
    expect(await judge(old)).toEqual(accepted)
    await issuer.rotate({ keep: false })
    clock.suspend(DAY_MS)
    expect(verifier.health()).toMatchObject([{ state: 'idle', keyAgeMs: DAY_MS }])
    expect(await judge(old)).toMatchObject({ reason: 'ERR_KEY_NOT_FOUND', status: 401 })
    expect(await judge(await issuer.token())).toEqual(accepted)
    expect(countRequests(issuer, 'jwks')).toBe(2)
  })

  it('answers 503 when the issuer is away as well, although the monotonic clock says that no time has passed', async () => {
    const { clock, issuer, judge } = await startWorld()
    const token = await issuer.token({}, { expiresInSeconds: 200_000 })
    expect(await judge(token)).toEqual(accepted)
    await issuer.outage('down')
    clock.suspend(DAY_MS)
    expect(await judge(token)).toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE', status: 503 })
    await issuer.recover()
    clock.advance(BACKOFF_MS)
    await judge(token)
    await expect.poll(() => judge(token)).toEqual(accepted)
  })

  it('gains nothing from a wall clock that is set back', async () => {
    const { clock, issuer, judge } = await startWorld()
    expect(await judge(await issuer.token())).toEqual(accepted)
    await issuer.outage('down')
    clock.advanceWall(-DAY_MS)
    clock.advance(LIFETIME_MS + STALE_MS - 1)
    expect(await judge(await issuer.token())).toEqual(accepted)
    clock.advance(1)
    expect(await judge(await issuer.token())).toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE', status: 503 })
  })
})
