import { verifyTrail } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { chooseSeed, createRandom, findMissing, LONGEST_LINE_BYTES, queue, startLoad } from '../../audit/test/load.js'
import { isSoak } from '../../audit/test/soak.js'
import { startProxy } from '../../redis/test/proxy.js'
import type { Proxy } from '../../redis/test/proxy.js'
import { migrate, postgresAuditSink, readAuditTable } from '../src/index.js'
import { libraries } from './clients.js'
import { noServer, startDatabase } from './servers.js'
import type { TestDatabase } from './servers.js'

const seed = chooseSeed()
const [faults, faultsAStream] = isSoak ? [100, 10] : [5, 3]

/** What happens between a process and its database: the way back from it, where there is one. */
const hurts: Readonly<Record<string, (proxy: Proxy, database: TestDatabase) => Promise<() => unknown>>> = {
  async cut(proxy) {
    proxy.cut()
    return () => proxy.mend()
  },
  async stall(proxy) {
    proxy.stall()
    return () => {
      // What was under way is gone: a network that is back ends the connections of before.
      proxy.cut()
      proxy.mend()
    }
  },
  async crash(_, database) {
    await database.crash()
    return () => database.start()
  },
  async 'lost answer'(proxy) {
    proxy.loseNextAnswer('token.exchange')
    return () => {}
  },
  // What was under way is gone, and nobody says so. Only pg gives up a connection by itself, after five seconds.
  async silence(proxy) {
    proxy.stall()
    return () => proxy.mend()
  },
}

describe.skipIf(noServer !== '').each(libraries)(
  `an audit trail in a database, through $name${noServer}`,
  ({ name, open }) => {
    it(
      `has once what was acknowledged through ${faults} faults, COUNTERSIGN_SEED=${seed}`,
      async () => {
        const random = createRandom(seed)
        const names = Object.keys(hurts).filter((kind) => kind !== 'silence' || (isSoak && name === 'pg'))
        const startMs = performance.now()
        const database = await startDatabase()
        const proxy = await startProxy(database.port)
        const opened = open(database.url.replace(String(database.port), String(proxy.port)))
        const counts = new Map<string, number>()
        const acknowledged: string[] = []
        try {
          await migrate(opened.client)
          for (let done = 0; done < faults;) {
            const load = startLoad(postgresAuditSink(opened.client), 200, random)
            await load.recover()
            for (const end = Math.min(faults, done + faultsAStream); done < end; done++) {
              // Each kind in turn, and any after that.
              const kind = names[done < names.length ? done : Math.floor(random() * names.length)] ?? ''
              counts.set(kind, (counts.get(kind) ?? 0) + 1)
              const mend = await hurts[kind]?.(proxy, database)
              await sleep(random() * 1_000)
              await mend?.()
              await load.recover()
            }
            await load.stop()
            expect(await load.trail.close()).toMatchObject({ drained: true })
            expect(load.mostEvents).toBeLessThanOrEqual(queue.maxEvents)
            expect(load.mostBytes).toBeLessThan(queue.maxBytes + LONGEST_LINE_BYTES)
            acknowledged.push(...load.acknowledged)
          }
          const events: AuditEvent[] = []
          for await (const event of readAuditTable(opened.client)) events.push(event)
          expect(findMissing(acknowledged, events)).toEqual([])
          expect(
            await database.command(`SELECT count(*) - count(DISTINCT event ->> 'id') AS doubled,
  count(event ->> 'txn') FILTER (WHERE type = 'token.exchange')
    - count(DISTINCT event ->> 'txn') FILTER (WHERE type = 'token.exchange') AS again FROM countersign_audit`),
          ).toEqual([{ doubled: '0', again: '0' }])
          const report = await verifyTrail(readAuditTable(opened.client), { sink: 'postgres' })
          expect(report).toMatchObject({ problems: [], duplicates: 0, events: events.length })
          expect(report.gaps.filter(({ told }) => !told)).toEqual([])
          expect(report.streams).toHaveLength(Math.ceil(faults / faultsAStream))
          if (!isSoak) return
          const seconds = Math.round((performance.now() - startMs) / 1_000)
          process.stdout.write(
            `${name}: ${faults} faults in ${seconds} s (${JSON.stringify(Object.fromEntries(counts))}): ${acknowledged.length} acknowledged in ${report.streams.length} streams, none missing, none doubled, seed ${seed}\n`,
          )
        } finally {
          await proxy.close()
          await opened.close()
          await database.stop()
        }
      },
      isSoak ? 3_600_000 : 120_000,
    )
  },
)
