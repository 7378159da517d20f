import { createAuditTrail } from '@countersign/audit'
import type { AuditTrail } from '@countersign/audit'
import type { AuditEvent, AuditSink } from '@countersign/core'
import { setTimeout as sleep } from 'node:timers/promises'
import { denial, exchange, toOptions } from './doubles.js'

/** Numbers from 0 to 1, the same ones for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The seed that the environment names, or another one each time. What a machine does meanwhile is not in it. */
export function chooseSeed(): number {
  return Number(process.env['COUNTERSIGN_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
}

/** A trail to which many sides record at once, without end. */
export interface Load {
  readonly trail: AuditTrail
  /** The `txn` of each exchange that was acknowledged. */
  readonly acknowledged: readonly string[]
  /** The most that waited at any moment. */
  readonly mostEvents: number
  readonly mostBytes: number
  /**
   * Waits until the trail is well again, of itself: an exchange is acknowledged, its sink is up, and all that was lost is told.
   *
   * @throws Error that says how it stands, after a minute
   */
  recover(): Promise<void>
  /** Records nothing more. Resolves once nobody waits any more. */
  stop(): Promise<void>
}

/** No event of a load is longer. */
export const LONGEST_LINE_BYTES = 2_048
/** What waits at most. Both bounds are met, the one by many events and the other by long ones. */
export const queue = { maxEvents: 256, maxBytes: 131_072 } as const

let lastTxn = 0

/** Creates a trail with one sink, and begins to record: exchanges from sixteen sides, and bursts of what nothing waits for. */
export function startLoad(sink: AuditSink, timeoutMs: number, random: () => number): Load {
  const acknowledged: string[] = []
  const gaps = new Map<string, number>()
  let [mostEvents, mostBytes] = [0, 0]
  let isOver = false
  let isCalm = false

  const trail = createAuditTrail(
    toOptions(
      [
        {
          ...sink,
          async write(batch, options) {
            await sink.write(batch, options)
            for (const { id, gap } of batch) if (gap !== undefined) gaps.set(id, gap.count)
          },
        },
      ],
      { queue, required: { timeoutMs } },
    ),
  )
  const look = (): void => {
    for (const { queuedEvents, queuedBytes } of trail.health().sinks) {
      mostEvents = Math.max(mostEvents, queuedEvents)
      mostBytes = Math.max(mostBytes, queuedBytes)
    }
  }
  const recordExchange = async (): Promise<boolean> => {
    const txn = `x${++lastTxn}${'-'.repeat(random() * 200)}`
    const recorded = trail.record({ ...exchange, txn })
    look()
    return recorded.then(
      () => acknowledged.push(txn) > 0,
      () => false,
    )
  }
  const workOnExchanges = async (): Promise<void> => {
    while (!isOver) if (!(await recordExchange())) await sleep(2)
  }
  const workOnDenials = async (): Promise<void> => {
    while (!isOver) {
      const txn = '-'.repeat(random() * 255)
      for (let left = isCalm ? 1 : random() ** 4 * 400; left > 0; left--) {
        await trail.record({ ...denial, txn })
        look()
      }
      await sleep(random() * 20)
    }
  }
  const isWell = (): boolean => {
    const { ok, lost, sinks } = trail.health()
    const told = [...gaps.values()].reduce((sum, count) => sum + count, 0)
    return (
      ok && sinks.every(({ state }) => state === 'up') && sinks.reduce((sum, each) => sum + each.lost, lost) === told
    )
  }
  const working = Promise.all([...Array.from({ length: 16 }, workOnExchanges), workOnDenials()])

  return {
    trail,
    acknowledged,
    get mostEvents() {
      return mostEvents
    },
    get mostBytes() {
      return mostBytes
    },
    async recover() {
      isCalm = true
      const endMs = performance.now() + 60_000
      while (!(await recordExchange()) || !isWell()) {
        if (performance.now() > endMs) throw new Error(`It never recovered: ${JSON.stringify(trail.health())}`)
        await sleep(5)
      }
      isCalm = false
    },
    async stop() {
      isOver = true
      await working
    },
  }
}

/** What was acknowledged and is not there. */
export function findMissing(acknowledged: readonly string[], events: Iterable<AuditEvent>): string[] {
  const kept = new Set(Array.from(events, ({ txn }) => txn))
  return acknowledged.filter((txn) => !kept.has(txn))
}
