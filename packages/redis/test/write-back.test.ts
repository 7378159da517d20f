import { randomBytes } from 'node:crypto'
import type { Logger } from '@countersign/core'
import { createClient } from '@redis/client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { replayStore } from '../src/index.js'
import type { RedisClient } from '../src/index.js'
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
    const isKnown = async (id = ''): Promise<boolean> =>
      (await server.command('EXISTS', `countersign:{${id.slice(0, 1)}}${id.slice(1)}`)) === '1'
    const untold = () => warn.mock.calls.filter(([message]) => message.startsWith('Ids that were taken'))
    return { between, ids, isKnown, untold }
  }

  it('is told to it when it is back, no more than 256 ids at once', { timeout: 30_000 }, async () => {
    const { between, ids, isKnown, untold } = await outage()
    await until(() => isKnown(ids.at(-1)))
    expect(between.most).toBeGreaterThan(1)
    expect(between.most).toBeLessThanOrEqual(256)
    expect(untold()).toEqual([])
  })

  it('and could not be told is said once, with how many ids', { timeout: 30_000 }, async () => {
    const fail = (count: number) => (count % 3 === 0 ? Promise.reject(new Error('OOM command')) : undefined)
    const { untold } = await outage(fail)
    await until(() => untold().length > 0)
    const message = 'Ids that were taken without Redis were not told to it'
    const { taken, failed } = untold()[0]?.[1] ?? {}
    expect(untold()).toEqual([[message, { taken, failed }]])
    expect(taken).toBeGreaterThanOrEqual(600)
    expect(failed).toBe(Math.ceil(Number(taken) / 3))
  })

  it('and is not answered keeps the others from nothing', { timeout: 30_000 }, async () => {
    const { ids, isKnown, untold } = await outage((count) => (count === 5 ? new Promise(() => {}) : undefined))
    await until(() => isKnown(ids.at(-1)))
    await until(() => untold().length > 0)
    expect(untold()[0]?.[1]).toMatchObject({ failed: 1 })
  })
})
