import { createTestClock } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { countRequests, judge, LIFETIME_MS, startIssuer, startWorld, TIMEOUT_MS } from './world.js'

const accepted = { subject: expect.any(String) }

describe('C.3 rule 6: single flight', () => {
  it('five hundred first requests at once cost one discovery and one key set of each issuer', async () => {
    const clock = createTestClock()
    const other = await startIssuer(clock)
    const { issuer, verifier } = await startWorld({ clock, others: [other] })
    const tokens = await Promise.all(
      Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? issuer : other).token()),
    )
    const outcomes = await Promise.all(tokens.map((token) => judge(verifier, token)))
    expect(outcomes.filter((outcome) => 'reason' in outcome)).toEqual([])
    for (const each of [issuer, other]) {
      expect([countRequests(each, 'discovery'), countRequests(each, 'jwks'), each.requests.length]).toEqual([1, 1, 2])
    }
  })

  it('five hundred requests at once when keys have grown old wait for nothing and cost one refresh', async () => {
    const { clock, issuer, judge: judgeOne, verifier } = await startWorld()
    await verifier.ready()
    clock.advance(LIFETIME_MS)
    await issuer.outage('slow', { endpoint: 'jwks', delayMs: 100 })
    const tokens = await Promise.all(Array.from({ length: 500 }, () => issuer.token()))
    expect(new Set((await Promise.all(tokens.map(judgeOne))).map((outcome) => Object.keys(outcome).join()))).toEqual(
      new Set(['subject']),
    )
    await expect.poll(() => verifier.health()[0]?.state, { timeout: 3_000 }).toBe('fresh')
    expect([countRequests(issuer, 'discovery'), countRequests(issuer, 'jwks')]).toEqual([2, 2])
  })
})

describe('one issuer’s trouble never touches another’s', () => {
  it('serves one issuer while five hundred requests wait for the other, which hangs', async () => {
    const clock = createTestClock()
    const hanging = await startIssuer(clock)
    await hanging.outage('hanging')
    const { issuer, verifier } = await startWorld({ clock, others: [hanging], timeoutMs: TIMEOUT_MS })
    const stuck = await Promise.all(Array.from({ length: 500 }, () => hanging.token()))
    let ended = 0
    const waiting = stuck.map(async (token) => {
      const outcome = await judge(verifier, token)
      ended++
      return outcome
    })
    expect(await judge(verifier, await issuer.token())).toEqual(accepted)
    expect(ended).toBe(0)
    expect(
      new Set((await Promise.all(waiting)).map((outcome) => ('status' in outcome ? outcome.status : 200))),
    ).toEqual(new Set([503]))
    expect(countRequests(hanging, 'discovery')).toBe(1)
    expect(verifier.health()).toMatchObject([{ state: 'fresh' }, { state: 'unavailable' }])
  })

  it('does not crash on two failing issuers at the same moment', async () => {
    const clock = createTestClock()
    const other = await startIssuer(clock)
    const { issuer, verifier } = await startWorld({ clock, others: [other] })
    await Promise.all([issuer.outage('refusing'), other.outage('truncated')])
    const tokens = await Promise.all([issuer.token(), other.token(), issuer.token(), other.token()])
    const outcomes = await Promise.all(tokens.map((token) => judge(verifier, token)))
    expect(outcomes.map((outcome) => 'reason' in outcome && [outcome.reason, outcome.status])).toEqual(
      Array(4).fill(['ERR_KEYS_UNAVAILABLE', 503]),
    )
    expect(await verifier.ready()).toMatchObject({ ok: false, issuers: [{ ok: false }, { ok: false }] })
  })

  it('ready() loads all it can and names who failed, without rejecting', async () => {
    const clock = createTestClock()
    const other = await startIssuer(clock)
    await other.outage('down')
    const { issuer, verifier } = await startWorld({ clock, others: [other] })
    const why = { cause: 'ERR_UPSTREAM_NETWORK', code: 'ECONNREFUSED', failures: 1, issuer: other.issuer }
    const detail = expect.objectContaining(why) as object
    expect(await verifier.ready()).toEqual({
      ok: false,
      issuers: [
        { issuer: issuer.issuer, ok: true, reason: undefined },
        { issuer: other.issuer, ok: false, reason: 'ERR_KEYS_UNAVAILABLE', detail },
      ],
    })
  })
})
