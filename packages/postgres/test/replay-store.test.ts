import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { migrate, postgresReplayStore } from '../src/index.js'
import { clean, command, databaseUrl, libraries, testSchema } from './clients.js'
import type { Opened } from './clients.js'
import { noDatabase } from './servers.js'

/** Nothing here is about time: the machine may be busy with other suites. */
const patient = { schema: testSchema, deadlineMs: 1_000 }

const makeId = (): string => randomBytes(16).toString('base64url')
const table = (name: string): string => `"${testSchema}".${name}`

/** How many statements are under way that take ids of this suite away. */
async function countPrunes(): Promise<unknown> {
  const [row] = await command(`SELECT count(*)::int AS prunes FROM pg_stat_activity
WHERE state = 'active' AND query LIKE '%DELETE FROM ${table('countersign_replay')}%' AND pid <> pg_backend_pid()`)
  return row?.['prunes']
}

describe.skipIf(noDatabase !== '')(`a replay store in a real database${noDatabase}`, () => {
  beforeAll(async () => {
    const opened = libraries[0]!.open(databaseUrl)
    await migrate(opened.client, { schema: testSchema })
    await opened.close()
  })
  afterAll(clean)

  describe.each(libraries)('through $name', ({ open }) => {
    let opened: Opened
    let another: Opened
    beforeAll(() => {
      opened = open(databaseUrl)
      another = open(databaseUrl)
    })
    afterAll(() => Promise.all([opened, another].map(({ close }) => close())))

    it('calls an id fresh once, and says since when it remembers', async () => {
      const store = postgresReplayStore(opened.client, patient)
      const id = makeId()
      const first = await store.claim(id, 60_000)
      expect(first).toEqual({ fresh: true, memorySinceMs: expect.any(Number) as number })
      expect(first.memorySinceMs).toBeLessThan(Date.now() + 1_000)
      expect(first.memorySinceMs).toBeGreaterThan(Date.now() - 600_000)
      expect(await store.claim(id, 60_000)).toEqual({ fresh: false })
      expect(store.shared).toBe(true)
    })

    it('lets one of 200 claims of an id at once pass, whichever instance it went to', async () => {
      const stores = [opened, another].map(({ client }) => postgresReplayStore(client, patient))
      let whole = 0
      for (let round = 0; round < 20 && whole < 5; round++) {
        const id = makeId()
        const asked = Array.from({ length: 100 }, () => stores.map((store) => store.claim(id, 60_000))).flat()
        const answers = await Promise.allSettled(asked)
        const claims = answers.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value)
        const fresh = claims.filter((claim) => claim.fresh)
        // A busy machine may miss the deadline of a claim, whose answer nobody then has.
        if (claims.length < asked.length) expect(fresh.length).toBeLessThanOrEqual(1)
        else expect([fresh.length, ++whole]).toEqual([1, whole])
      }
      expect(whole).toBe(5)
    })

    it('forgets an id when its time is over, and no sooner, and lets one of many take it again', async () => {
      const store = postgresReplayStore(opened.client, patient)
      const id = makeId()
      await store.claim(id, 700.4)
      await sleep(100)
      expect((await store.claim(id, 60_000)).fresh).toBe(false)
      await sleep(700)
      const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim(id, 60_000)))
      expect(claims.filter(({ fresh }) => fresh)).toHaveLength(1)
    })

    it('begins its memory anew where it finds another database than before, once for all instances', async () => {
      await command(`DELETE FROM ${table('countersign_replay_memory')}`)
      const before = Date.now()
      const told: unknown[] = []
      const logger = { ...console, warn: (...line: readonly unknown[]) => void told.push(line) }
      const stores = [opened, another].map(({ client }) => postgresReplayStore(client, { ...patient, logger }))
      const claims = await Promise.all(
        Array.from({ length: 10 }, () => stores.map((store) => store.claim(makeId(), 1_000))).flat(),
      )
      const times = new Set(claims.map(({ memorySinceMs }) => memorySinceMs))
      expect(times.size).toBe(1)
      const line = 'The memory of used ids is new: what may be older is refused for the next seconds'
      expect(told).toEqual(told.map(() => [line, { memorySinceMs: [...times][0] }]))
      expect([1, 2]).toContain(told.length)
      expect(Math.abs([...times][0]! - before)).toBeLessThan(5_000)
      const rows = await command(`SELECT identity FROM ${table('countersign_replay_memory')}`)
      expect(rows).toEqual([{ identity: expect.stringMatching(/^\d+:[0-9A-F]{8}$/) as string }])
    })

    it('takes away what is over, and nothing else', async () => {
      await command(`INSERT INTO ${table('countersign_replay')}
SELECT 'old' || n, now() - interval '1 second' FROM generate_series(1, 2500) AS n`)
      const id = makeId()
      // Each store looks with its first claim.
      await postgresReplayStore(opened.client, patient).claim(id, 60_000)
      const count = `SELECT count(*)::int AS old FROM ${table('countersign_replay')} WHERE id LIKE 'old%'`
      await expect.poll(async () => (await command(count))[0]?.['old'], { timeout: 10_000 }).toBe(0)
      expect((await postgresReplayStore(opened.client, patient).claim(id, 60_000)).fresh).toBe(false)
    })

    it('takes away what is over one thousand after the other, however slow that is, and claims are none the slower', async () => {
      const slow = table('slow')
      await command(`CREATE FUNCTION ${slow}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END';
CREATE TRIGGER slow AFTER DELETE ON ${table('countersign_replay')} EXECUTE FUNCTION ${slow}();
INSERT INTO ${table('countersign_replay')}
SELECT 'slow' || n, now() - interval '1 second' FROM generate_series(1, 1500) AS n`)
      const now = vi.spyOn(performance, 'now')
      const said: unknown[] = []
      const say = (...line: readonly unknown[]): void => void said.push(line)
      try {
        const store = postgresReplayStore(opened.client, {
          ...patient,
          logger: { debug: say, info: say, warn: say, error: say },
        })
        const startedMs = performance.now()
        await store.claim(makeId(), 60_000)
        await expect.poll(countPrunes, { timeout: 2_500 }).toBe(1)
        // The next ones, ten seconds later each: the first is not done.
        for (const turn of [1, 2, 3]) {
          now.mockReturnValue(startedMs + turn * 11_000)
          expect((await store.claim(makeId(), 60_000)).fresh).toBe(true)
          await sleep(100)
          expect(await countPrunes()).toBeLessThanOrEqual(1)
        }
        now.mockRestore()
        const count = `SELECT count(*)::int AS old FROM ${table('countersign_replay')} WHERE id LIKE 'slow%'`
        await expect.poll(async () => (await command(count))[0]?.['old'], { timeout: 10_000 }).toBe(0)
        await expect.poll(countPrunes, { timeout: 5_000 }).toBe(0)
        expect(said).toEqual([])
      } finally {
        now.mockRestore()
        await command(`DROP FUNCTION ${slow} CASCADE`)
      }
    })

    it('takes ids of base64url for a time above 0, and nothing else', async () => {
      const store = postgresReplayStore(opened.client, patient)
      for (const id of ['', 'x'.repeat(65), "x'; --", 1 as never]) {
        await expect(store.claim(id, 1_000)).rejects.toThrow('An id has 1 to 64 characters')
      }
      for (const ttlMs of [0, -1, Number.NaN, Infinity])
        await expect(store.claim(makeId(), ttlMs)).rejects.toThrow('A time to live is above 0 ms')
    })
  })

  it('wants no more of a role than to read and write rows', async () => {
    const role = `${testSchema}_app`
    await command(`CREATE ROLE ${role} LOGIN;
GRANT USAGE ON SCHEMA "${testSchema}" TO ${role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${testSchema}" TO ${role};
DELETE FROM ${table('countersign_replay_memory')}`)
    const url = new URL(databaseUrl)
    url.username = role
    const opened = libraries[0]!.open(url.href)
    const store = postgresReplayStore(opened.client, patient)
    const id = makeId()
    expect((await store.claim(id, 60_000)).fresh).toBe(true)
    expect((await store.claim(id, 60_000)).fresh).toBe(false)
    await opened.close()
    await command(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
  })
})
