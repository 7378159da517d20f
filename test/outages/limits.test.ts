import { describe, expect, it } from 'vitest'
import { measure, SLACK_MS, startWorld, TIMEOUT_MS } from './world.js'

const MEBIBYTE = 1_048_576

/** The most memory beyond the present that is in use while `work` runs, in bytes: what JavaScript and buffers hold. */
async function measureMemory(work: () => Promise<unknown>): Promise<number> {
  const toUsed = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = toUsed()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, toUsed())
  }, 2)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return Math.max(most, toUsed()) - before
}

describe('section 4, huge body, gzip bomb and slow loris', () => {
  const hostile = [
    ['a body of 60 MB', 'huge'],
    ['256 MiB in a small gzip body', 'gzip-bomb'],
    ['a byte each 200 ms', 'loris'],
    ['a hundred thousand brackets', 'deep-json'],
  ] as const
  const cases = hostile.flatMap(([name, kind]) =>
    (['discovery', 'jwks'] as const).map((at) => [name, at, kind] as const),
  )

  it.each(cases)(
    '%s in place of %s is cut at the limit, within the deadline and 30 MB',
    async (_name, endpoint, kind) => {
      const { issuer, judge } = await startWorld({ timeoutMs: TIMEOUT_MS })
      const token = await issuer.token()
      await issuer.outage(kind, { endpoint })
      let bytes = 0
      const tookMs = await measure(async () => {
        bytes = await measureMemory(async () => expect(await judge(token)).toMatchObject({ status: 503 }))
      })
      expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
      expect(bytes).toBeLessThan(30 * MEBIBYTE)
      expect(issuer.requests.at(-1)).toMatchObject({ outage: kind })
      await issuer.recover()
    },
  )
})
