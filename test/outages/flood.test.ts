import { createTestIssuer } from '@countersign/testing'
import { createVerifier } from '@countersign/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { audience, countRequests, judge, startWorld } from './world.js'

/** The long form runs in real time with the defaults; the short one with a cooldown a fifth as long. */
const long = process.env['COUNTERSIGN_SOAK'] === '1'
const COOLDOWN_MS = long ? 5_000 : 1_000
const FLOOD_MS = 2 * COOLDOWN_MS
/** One immediately, one after each cooldown, whatever the number of tokens. */
const MOST_FETCHES = 3

describe('section 4, unknown-kid flood', () => {
  it(
    'costs at most 3 fetches in two cooldowns, refuses no good token, and a key published meanwhile is accepted within one cooldown and half a second',
    { timeout: 60_000 },
    async () => {
      const issuer = await createTestIssuer()
      await issuer.listen()
      onTestFinished(() => issuer.close())
      const verifier = createVerifier({
        audience,
        issuers: [issuer.issuer],
        network: { allowInsecureLoopback: true },
        keyCache: { cooldownMs: COOLDOWN_MS },
      })
      onTestFinished(() => verifier.close())
      await verifier.ready()
      const good = await issuer.token({}, { expiresInSeconds: 300 })
      const [, payload = '', signature = ''] = good.split('.')
      const before = countRequests(issuer, 'jwks')

      const startedAt = performance.now()
      const endsAt = startedAt + FLOOD_MS
      const statuses = new Map<number, number>()
      let made = 0
      async function flood(): Promise<void> {
        while (performance.now() < endsAt) {
          const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: `random-${made++}` })).toString(
            'base64url',
          )
          const outcome = await judge(verifier, `${header}.${payload}.${signature}`)
          const status = 'status' in outcome ? outcome.status : 200
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          if (made % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
        }
      }

      let passed = 0
      async function serve(): Promise<void> {
        while (performance.now() < endsAt) {
          expect(await judge(verifier, await issuer.token({}, { kid: 'es256-1' }))).toMatchObject({
            subject: expect.any(String),
          })
          passed++
          await new Promise((resolve) => setImmediate(resolve))
        }
      }

      let acceptedAfterMs = Infinity
      async function rotate(): Promise<void> {
        await new Promise((resolve) => setTimeout(resolve, COOLDOWN_MS / 2))
        await issuer.rotate()
        const publishedAt = performance.now()
        const fresh = await issuer.token()
        while (performance.now() < endsAt) {
          const outcome = await judge(verifier, fresh)
          if ('subject' in outcome) {
            acceptedAfterMs = performance.now() - publishedAt
            return
          }
          expect(outcome).toMatchObject({
            reason: 'ERR_KEY_UNCONFIRMED',
            status: 503,
            headers: { 'Retry-After': expect.stringMatching(/^[1-5]$/) },
          })
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }

      await Promise.all([flood(), flood(), flood(), serve(), rotate()])
      expect(countRequests(issuer, 'jwks') - before).toBeLessThanOrEqual(MOST_FETCHES)
      expect(acceptedAfterMs).toBeLessThanOrEqual(COOLDOWN_MS + 500)
      expect(passed).toBeGreaterThan(10)
      expect([...statuses.keys()].filter((status) => status !== 401 && status !== 503)).toEqual([])
      expect(made).toBeGreaterThan(100)
    },
  )

  it('delays no good token: hundreds pass while the fetch for an unknown one hangs', async () => {
    const { issuer, judge: judgeOne, verifier } = await startWorld({ timeoutMs: 10_000 })
    await verifier.ready()
    await issuer.outage('hanging', { endpoint: 'jwks' })
    let ended = false
    const unknown = issuer
      .token({}, { kid: 'random' })
      .then(judgeOne)
      .finally(() => {
        ended = true
      })
    await expect.poll(() => countRequests(issuer, 'jwks')).toBe(2)
    for (let passed = 0; passed < 300; passed++) {
      expect(await judgeOne(await issuer.token())).toMatchObject({ subject: expect.any(String) })
    }
    expect(ended).toBe(false)
    await verifier.close()
    expect(await unknown).toMatchObject({ reason: 'ERR_KEY_UNCONFIRMED', status: 503 })
  })
})
