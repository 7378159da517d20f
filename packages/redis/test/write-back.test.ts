import { randomBytes } from 'node:crypto'
import type { Logger } from '@countersign/core'
import { createClient } from '@redis/client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { replayStore } from '../src/index.js'
import type { RedisClient } from '../src/index.js'
import { toLink } from '../src/link.js'
import { writeBack } from '../src/write-back.js'
import { noServer, startServer, until } from './servers.js'

/** A client of a real server that a test takes away, and that does with the writes of the store what the test says. */
interface Between {
  readonly client: RedisClient
  isAway: boolean
  /** The most SETs that were under way at once. */
  most: number
  /** Done in place of the write with this number, if anything. */
  instead: (count: number) => Promise<unknown> | undefined
}

async function open(url: string): Promise<Between> {
  const real = createClient({ url, disableOfflineQueue: true })
  real.on('error', () => {})
  await real.connect()
  onTestFinished(() => real.destroy())
  let [underWay, count] = [0, 0]
  const between: Between = {
    isAway: false,
    most: 0,
    instead: () => undefined,
    client: {
      async customCommand(args) {
        if (between.isAway) throw new Error('away')
        if (args[0] !== 'SET') return real.sendCommand(args)
        underWay += 1
        between.most = Math.max(between.most, underWay)
        return (between.instead(count++) ?? real.sendCommand(args)).finally(() => (underWay -= 1))
      },
    },
  }
  return between
}

const makeId = (): string => randomBytes(16).toString('base64url')

describe.skipIf(noServer !== '')(`what was taken without Redis${noServer}`, () => {
  /** Takes 600 ids while the server is away, and one when it is back. */
  const outage = async (instead: Between['instead'] = () => undefined) => {
    const server = await startServer()
    onTestFinished(() => server.stop())
    const between = await open(server.url)
    between.instead = instead
    const warn = vi.fn<Logger['warn']>()
    const store = replayStore(between.client, {
      degraded: { local: 60 },
      breaker: { failures: 1, cooldownMs: 1_000 },
      deadlineMs: 200,
      logger: { debug() {}, info() {}, warn, error() {} },
    })
    await store.ready()
    between.isAway = true
    const ids = Array.from({ length: 600 }, makeId)
    // The first waits for the deadline; after it the server counts as away.
    for (const id of ids) expect(await store.claim(id, 60_000)).toEqual({ fresh: true })
    between.isAway = false
    await until(async () => (await store.claim(makeId(), 60_000)).memorySinceMs !== undefined)
    const areKnown = async (): Promise<boolean> => {
      const keys = ids.map((id) => `countersign:{${id.slice(0, 1)}}${id.slice(1)}`)
      return (await server.command('EXISTS', ...keys)) === String(ids.length)
    }
    const untold = () => warn.mock.calls.filter(([message]) => message.startsWith('Ids that were taken'))
    return { between, areKnown, untold }
  }

  it('is told to it when it is back, no more than 256 ids at once', { timeout: 30_000 }, async () => {
    const { between, areKnown, untold } = await outage()
    await until(areKnown)
    expect(between.most).toBeGreaterThan(1)
    expect(between.most).toBeLessThanOrEqual(256)
    expect(untold()).toEqual([])
  })

  it('and could not be told, because it went away again, is told a second later', { timeout: 30_000 }, async () => {
    const fail = (count: number) => (count < 256 ? Promise.reject(new Error('away')) : undefined)
    const { areKnown, untold } = await outage(fail)
    await until(areKnown)
    expect(untold()).toEqual([])
  })

  it('and is not answered keeps the others from nothing, and is told once more', { timeout: 30_000 }, async () => {
    const { areKnown, untold } = await outage((count) => (count === 5 ? new Promise(() => {}) : undefined))
    await until(areKnown)
    expect(untold()).toEqual([])
  })

  it('and could not be told in the end is said once, with how many ids', async () => {
    const server = await startServer()
    onTestFinished(() => server.stop())
    const between = await open(server.url)
    between.instead = (count) => (count % 10 < 3 ? Promise.reject(new Error('OOM command')) : undefined)
    const warn = vi.fn<Logger['warn']>()
    const logger = { debug() {}, info() {}, warn, error() {} }
    const claims = Array.from({ length: 10 }, () => ({ id: makeId(), endsAtMs: performance.now() + 60_000 }))
    const rules = { prefix: 'countersign:', monotonicNow: () => performance.now(), logger }
    await writeBack(toLink(between.client), claims, rules, [1])
    const message = 'Ids that were taken without Redis were not told to it'
    expect(warn.mock.calls).toEqual([[message, { failed: 3, taken: 10 }]])
  })
})
