import { createTestClock } from '@countersign/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ring } from '../../src/keys/ring.js'
import { createTestStore, DAY_MS, HOUR_MS, START_MS } from './parts.js'
import type { TestStore } from './parts.js'
import { createReplica, readRing } from './replica.js'
import type { Replica } from './replica.js'

const isSoak = process.env['COUNTERSIGN_SOAK'] !== undefined
const numRuns = isSoak ? 2_000 : 30

/** As short as it can be: whoever signs early shows at once. */
const activeMs = DAY_MS + 305_000

/** What a store does with one operation of one replica. */
type Fate = 'works' | 'away' | 'answer lost'

const fate = fc.constantFrom<Fate>('works', 'works', 'works', 'works', 'away', 'answer lost')
const replica = fc.nat(3)
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('look' as const), who: fc.uniqueArray(replica), fate }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(2 * DAY_MS) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(8 * HOUR_MS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), who: replica }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revoke' as const), who: replica, which: fc.nat(5), fate }) },
)

/** Replicas on one store whose operations take turns as fast-check will, and what is known of every ring that was written. */
function createWorld(scheduler: fc.Scheduler): {
  readonly replicas: Replica[]
  readonly clock: ReturnType<typeof createTestClock>
  readonly rings: Map<number, { ring: Ring; atMs: number }>
  fate: Fate
  crash(who: number): void
  check(): Promise<void>
} {
  const clock = createTestClock(START_MS)
  const store = createTestStore()
  const winners = new Map<number, number>()
  /** One replica's view of the store: its own network. */
  const toView = (): TestStore => {
    const view = createTestStore()
    const turn = scheduler.scheduleFunction(async () => world.fate)
    return Object.assign(view, {
      async read() {
        if ((await turn()) === 'away') throw new Error('away')
        return store.read()
      },
      async compareAndSet(expected: number, next: { version: number; bytes: Uint8Array }) {
        const own = await turn()
        if (own === 'away') throw new Error('away')
        const isWritten = await store.compareAndSet(expected, next)
        if (isWritten) {
          winners.set(next.version, (winners.get(next.version) ?? 0) + 1)
          const ring = await readRing(store)
          if (ring !== undefined) world.rings.set(next.version, { ring, atMs: clock.now() })
        }
        if (own === 'answer lost') throw new Error('socket closed')
        return isWritten
      },
    })
  }
  const start = (): Replica => createReplica({ store: toView(), clock }, { activeMs })
  const world = {
    replicas: Array.from({ length: 4 }, start),
    clock,
    rings: new Map<number, { ring: Ring; atMs: number }>(),
    fate: 'works' as Fate,
    crash(who: number) {
      world.replicas[who] = start()
    },
    async check() {
      expect([...winners.values()].every((count) => count === 1)).toBe(true)
      checkHistory(world.rings)
      for (const one of world.replicas) {
        const { held } = one
        if (held === undefined) continue
        expect(held.jwks.keys.length).toBeGreaterThan(0)
        const { ring } = world.rings.get(held.ring.version) ?? {}
        for (const { kid } of held.signers.values())
          expect(ring?.records.find((record) => record.kid === kid)?.state).toBe('active')
        for (const kid of held.keys.keys())
          expect(['pending', 'active', 'retiring']).toContain(ring?.records.find((r) => r.kid === kid)?.state)
      }
    },
  }
  return world
}

/** What must hold of all rings that ever lay in the store, in their order. */
function checkHistory(rings: ReadonlyMap<number, { ring: Ring; atMs: number }>): void {
  const publishedAtMs = new Map<string, number>()
  const gone = new Set<string>()
  let before: Ring | undefined
  for (let version = 1; version <= rings.size; version++) {
    const { ring, atMs } = rings.get(version) ?? {}
    if (ring === undefined || atMs === undefined) throw new Error(`version ${version} was left out`)
    const isEmergency = ring.records.some(
      ({ kid, state }) => state === 'revoked' && before?.records.find((one) => one.kid === kid)?.state !== 'revoked',
    )
    const states = ring.records.map(({ state }) => state)
    expect(states.filter((state) => state === 'active')).toHaveLength(1)
    expect(states.filter((state) => state === 'pending')).toHaveLength(1)
    for (const { kid, state } of ring.records) {
      expect(gone.has(kid)).toBe(false)
      const was = before?.records.find((one) => one.kid === kid)?.state
      if (was === undefined) publishedAtMs.set(kid, atMs)
      if (state === 'active' && was !== 'active' && !isEmergency && version > 1)
        expect(atMs - (publishedAtMs.get(kid) ?? Infinity)).toBeGreaterThanOrEqual(DAY_MS)
    }
    for (const { kid } of before?.records ?? []) if (!ring.records.some((one) => one.kid === kid)) gone.add(kid)
    before = ring
  }
}

describe('four replicas on one store, whatever the schedule, the crashes and the lost answers', () => {
  it(
    'publish a key set that is never empty, sign with nothing early, keep nothing that was removed, and one of them wins each change',
    { timeout: isSoak ? 3_600_000 : 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.array(action, { maxLength: 40 }), async (scheduler, actions) => {
          const world = createWorld(scheduler)
          for (const next of actions) {
            if (next.kind === 'wait') world.clock.advance(next.ms)
            else if (next.kind === 'crash') world.crash(next.who)
            else {
              world.fate = next.fate
              const works =
                next.kind === 'look'
                  ? next.who.map(async (who) => world.replicas[who]?.sync())
                  : [revokeSome(world.replicas[next.who], next.which)]
              await scheduler.waitFor(Promise.allSettled(works))
            }
            await world.check()
          }
          // Once the store works, every replica comes to the same ring.
          world.fate = 'works'
          for (const one of world.replicas) await scheduler.waitFor(one.sync())
          const versions = world.replicas.map(({ held }) => held?.ring.version)
          expect(versions.at(-1)).toBe(world.rings.size)
          await world.check()
        }),
        { numRuns },
      )
    },
  )
})

async function revokeSome(one: Replica | undefined, which: number): Promise<void> {
  const kids = one?.held?.ring.records.map(({ kid }) => kid) ?? []
  const kid = kids[which % Math.max(1, kids.length)]
  if (kid !== undefined) await one?.revoke(kid)
}
