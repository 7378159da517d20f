import { describe, expect, it } from 'vitest'
import { LIES, OUTAGES, toTitle } from './kinds.js'
import { BACKOFF_MS, countRequests, measure, SLACK_MS, startWorld, TIMEOUT_MS } from './world.js'

const unavailable = {
  reason: 'ERR_KEYS_UNAVAILABLE',
  status: 503,
  headers: { 'Retry-After': expect.stringMatching(/^[12]$/), 'Cache-Control': 'no-store' },
}

describe('section 4, key server down: an issuer whose keys were never read', () => {
  const outages = [...OUTAGES, ...LIES].map((outage) => [toTitle(outage), outage] as const)

  it.each(outages)(
    '%s: 503 once the fetch has ended, then at once until the backoff allows; never a 401',
    async (_title, { kind, options, ends }) => {
      const { clock, issuer, judge } = await startWorld({ timeoutMs: TIMEOUT_MS })
      await issuer.outage(kind, options)
      const token = await issuer.token()

      const firstMs = await measure(async () => expect(await judge(token)).toEqual(unavailable))
      expect(firstMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
      if (ends === 'at the deadline') expect(firstMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 20)

      const before = issuer.requests.length
      expect(await judge(token)).toEqual(unavailable)
      expect(await judge(await issuer.token({}, { expiresInSeconds: -100 }))).toEqual(unavailable)
      expect(issuer.requests.length).toBe(before)

      await issuer.recover()
      expect(await judge(token)).toEqual(unavailable)
      clock.advance(BACKOFF_MS)
      expect(await judge(token)).toEqual({ subject: expect.any(String) })
    },
  )

  it('answers what needs no key as ever: an unknown issuer and a malformed token stay 401', async () => {
    const { issuer, judge } = await startWorld({ timeoutMs: TIMEOUT_MS })
    await issuer.outage('hanging')
    expect(await judge(await issuer.token({ iss: 'https://evil.example' }))).toMatchObject({
      reason: 'ERR_ISSUER_UNTRUSTED',
      status: 401,
    })
    expect(await judge('a.b.c')).toMatchObject({ status: 401 })
    expect(issuer.requests).toEqual([])
  })

  it('leaves it alone for longer each time, and says so in Retry-After', async () => {
    const { clock, issuer, judge } = await startWorld({ timeoutMs: TIMEOUT_MS })
    await issuer.outage('error-500')
    const token = await issuer.token({}, { expiresInSeconds: 3_600 })
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt++) {
      const outcome = await judge(token)
      waits.push(Number('headers' in outcome && outcome.headers['Retry-After']))
      clock.advance((waits.at(-1) ?? 0) * 1_000)
    }
    expect(waits[0]).toBeLessThanOrEqual(2)
    expect(waits.at(-1)).toBeGreaterThanOrEqual(30)
    expect(Math.max(...waits)).toBeLessThanOrEqual(60)
    expect(countRequests(issuer, 'discovery')).toBe(16)
  })
})
