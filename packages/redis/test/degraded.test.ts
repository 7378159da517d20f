import { describe, expect, it } from 'vitest'
import { silentLogger } from '@countersign/core/adapter'
import { createLocalWindow } from '../src/degraded.js'
import type { DegradedEvent } from '../src/degraded.js'
import { replayStore } from '../src/index.js'
import type { RedisClient } from '../src/index.js'
import { libraries } from './clients.js'
import { judge, makeProof, tally } from './proof.js'
import { noServer, startServer, until } from './servers.js'

const startMs = 1_800_000_000_000

function createClock(): {
  now(): number
  monotonicNow(): number
  advance(ms: number): void
  suspend(ms: number): void
} {
  let wallMs = startMs
  let monotonicMs = 500
  return {
    now: () => wallMs,
    monotonicNow: () => monotonicMs,
    advance(ms) {
      wallMs += ms
      monotonicMs += ms
    },
    suspend(ms) {
      wallMs += ms
    },
  }
}

const outOfTime = expect.objectContaining({ reason: 'ERR_STORE_UNAVAILABLE', detail: { localSeconds: 30 } }) as Error

describe('a local window', () => {
  const open = (maxEntries = 10): ReturnType<typeof createLocalWindow> & { clock: ReturnType<typeof createClock> } => {
    const clock = createClock()
    return { clock, ...createLocalWindow({ local: 30, maxEntries }, clock, silentLogger, undefined) }
  }

  it('takes an id once', () => {
    const { claim } = open()
    expect([claim('a', 60_000), claim('a', 60_000), claim('b', 60_000)]).toEqual([true, false, true])
  })

  it('knows what this process took while all was well', () => {
    const { claim, confirm } = open()
    expect(confirm('a', 60_000)).toBe(true)
    expect(claim('a', 60_000)).toBe(false)
  })

  it('does not let Redis, back again, take what it took itself', () => {
    const { claim, confirm } = open()
    claim('a', 60_000)
    expect(confirm('a', 60_000)).toBe(false)
  })

  it('ends after its seconds, by whichever clock says more, and stays ended', () => {
    const { claim, clock } = open()
    claim('a', 60_000)
    clock.advance(29_999)
    expect(claim('b', 60_000)).toBe(true)
    clock.suspend(1)
    expect(() => claim('c', 60_000)).toThrow(outOfTime)
    clock.suspend(-10_000)
    clock.advance(5_000)
    expect(() => claim('c', 60_000)).toThrow(outOfTime)
  })

  it('has its seconds again once Redis has answered for as many, and tells it what it took and may still be sent', () => {
    const { claim, recover, clock } = open()
    claim('short', 1_000)
    claim('long', 60_000)
    clock.advance(30_000)
    expect(() => claim('late', 60_000)).toThrow(outOfTime)
    expect(recover()).toEqual([{ id: 'long', endsAtMs: 500 + 60_000 }])
    expect(recover()).toEqual([])
    clock.advance(29_999)
    expect(() => claim('too soon', 60_000)).toThrow(outOfTime)
    clock.advance(1)
    expect(claim('new', 60_000)).toBe(true)
  })

  it('goes on where Redis answers only now and then: a node of a cluster may hang while others answer', () => {
    const { claim, recover, clock } = open()
    for (const id of ['a', 'b', 'c']) {
      expect(claim(id, 60_000)).toBe(true)
      expect(recover().map((claimed) => claimed.id)).toEqual([id])
      clock.advance(10_000)
    }
    expect(() => claim('d', 60_000)).toThrow(outOfTime)
    expect(recover()).toEqual([])
  })

  it('forgets no id over a clock that is set forward for a while', () => {
    const { claim, recover, clock } = open()
    claim('a', 10_000)
    clock.suspend(20_000)
    claim('b', 10_000)
    clock.suspend(-20_000)
    expect(recover().map(({ id }) => id)).toEqual(['a', 'b'])
  })

  it('refuses when it is full', () => {
    const { claim } = open(1)
    claim('a', 60_000)
    expect(() => claim('b', 60_000)).toThrow(expect.objectContaining({ reason: 'ERR_STORE_UNAVAILABLE' }) as Error)
  })

  it('refuses while an id that did not fit could still be sent again', () => {
    const { claim, confirm, clock } = open(1)
    confirm('a', 60_000)
    expect(confirm('did not fit', 90_000)).toBe(true)
    clock.advance(80_000)
    expect(() => claim('did not fit', 10_000)).toThrow(expect.objectContaining({ detail: { maxEntries: 1 } }) as Error)
    clock.advance(10_000)
    expect(claim('b', 60_000)).toBe(true)
  })

  it.each([
    [
      'throws',
      (): void => {
        throw new Error('no audit today')
      },
    ],
    ['rejects', async (): Promise<void> => Promise.reject(new Error('no audit today'))],
  ])('tells how it began, ran out and ended, though the listener %s', async (_, fail) => {
    const clock = createClock()
    const events: DegradedEvent[] = []
    const rejected: unknown[] = []
    const note = (error: unknown): void => void rejected.push(error)
    process.on('unhandledRejection', note)
    const { claim, recover } = createLocalWindow({ local: 30, maxEntries: 10 }, clock, silentLogger, (event) => {
      events.push(event)
      return fail()
    })
    claim('a', 60_000)
    claim('b', 60_000)
    clock.advance(30_000)
    expect(() => claim('c', 60_000)).toThrow(outOfTime)
    expect(() => claim('d', 60_000)).toThrow(outOfTime)
    recover()
    expect(events).toEqual([
      { state: 'local', sinceMs: startMs, accepted: 1 },
      { state: 'exhausted', sinceMs: startMs, accepted: 2 },
      { state: 'recovered', sinceMs: startMs, accepted: 2 },
    ])
    await new Promise((resolve) => setTimeout(resolve, 10))
    process.off('unhandledRejection', note)
    expect(rejected).toEqual([])
  })
})

describe.skipIf(noServer !== '')(`degraded: { local }, by choice, on a real server${noServer}`, () => {
  it.each(libraries)(
    'takes each proof once in this process while the server is away, through $name',
    async ({ open }) => {
      const server = await startServer()
      const [one, two] = await Promise.all([open(server.url), open(server.url)])
      const events: DegradedEvent[] = []
      const degraded = { local: 60 }
      const breaker = { failures: 2, cooldownMs: 50 }
      const make = (client: RedisClient, onDegraded?: (event: DegradedEvent) => void): ReturnType<typeof replayStore> =>
        replayStore(client, { degraded, breaker, onDegraded, deadlineMs: 100 })
      const store = make(one.client, (event) => void events.push(event))
      await store.ready()
      const before = makeProof()
      await until(async () => (await judge(store, before)) !== 'in doubt')

      server.signal('SIGSTOP')
      // Until the server counts as away: a hiccup opens nothing.
      expect(await judge(store, makeProof())).toBe('in doubt')
      expect(events).toEqual([])
      await until(async () => (await judge(store, makeProof())) === 'taken')
      expect(events).toMatchObject([{ state: 'local', accepted: 1 }])
      const proofs = Array.from({ length: 100 }, makeProof)
      expect(tally(await Promise.all(proofs.map((proof) => judge(store, proof))))).toEqual({ taken: 100 })
      expect(tally(await Promise.all(proofs.map((proof) => judge(store, proof))))).toEqual({ replayed: 100 })
      expect(await judge(store, before)).toBe('replayed')

      server.signal('SIGCONT')
      await until(async () => {
        await judge(store, makeProof())
        return events.at(-1)?.state === 'recovered'
      })
      // Told of by the process that took them, so that no other takes them too.
      const other = make(two.client)
      await until(async () => (await server.command('EXISTS', toKey(proofs.at(-1)!.id))) === '1')
      await until(async () => (await judge(other, makeProof())) === 'taken')
      expect(tally(await Promise.all(proofs.map((proof) => judge(other, proof))))).toEqual({ replayed: 100 })
      expect(tally(await Promise.all(proofs.map((proof) => judge(store, proof))))).toEqual({ replayed: 100 })
      one.close()
      two.close()
      await server.stop()
    },
  )
})

function toKey(id: string): string {
  return `countersign:{${id.slice(0, 1)}}${id.slice(1)}`
}
