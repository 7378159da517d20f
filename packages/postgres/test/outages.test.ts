import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, cpSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { ReplayClaim, UpstreamError } from '@countersign/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startProxy } from '../../redis/test/proxy.js'
import type { Proxy } from '../../redis/test/proxy.js'
import { migrate, postgresKeys, postgresReplayStore } from '../src/index.js'
import { libraries } from './clients.js'
import { noServer, runProgram, runServer, startDatabase, until } from './servers.js'
import type { TestDatabase } from './servers.js'

/** The deadline is 100 ms. Asserted with slack, because the machine may be busy. */
const LONGEST_MS = 500
const rules = { deadlineMs: 100 }
const makeId = (): string => randomBytes(16).toString('base64url')

/** What an error was, or that there was none. */
async function toReason(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: UpstreamError) => `${error.status} ${error.reason}`,
  )
}

describe.skipIf(noServer !== '')(`a database that is away${noServer}`, () => {
  let database: TestDatabase
  let proxy: Proxy
  beforeEach(async () => {
    // The memory of a crash is tested too: nothing is written to the disk but what a commit waits for.
    database = await startDatabase({ synchronous_commit: 'off', wal_writer_delay: '10s', bgwriter_delay: '10s' })
    proxy = await startProxy(database.port)
  })
  let standby: TestDatabase | undefined
  afterEach(async () => {
    await proxy.close()
    await Promise.all([database.stop(), standby?.stop()])
    standby = undefined
  })

  it.each(libraries)('keeps nobody waiting, and is there again after it, through $name', async ({ open }) => {
    const opened = open(database.url.replace(String(database.port), String(proxy.port)))
    await migrate(opened.client)
    const [keys, replays] = [postgresKeys(opened.client, rules), postgresReplayStore(opened.client, rules)]
    const bytes = randomBytes(500)
    await until(async () => (await toReason(keys.compareAndSet(0, { version: 1, bytes }))) === 'none')
    await until(async () => (await toReason(replays.claim(makeId(), 60_000))) === 'none')
    for (const hurt of ['stall', 'cut', 'crash'] as const) {
      if (hurt === 'crash') await database.crash()
      else proxy[hurt]()
      const startedMs = performance.now()
      const refused = [
        keys.read(),
        keys.compareAndSet(1, { version: 2, bytes }),
        ...Array.from({ length: 20 }, () => replays.claim(makeId(), 60_000)),
      ]
      expect(await Promise.all(refused.map(toReason))).toEqual(Array(22).fill('503 ERR_STORE_UNAVAILABLE'))
      expect(performance.now() - startedMs).toBeLessThan(LONGEST_MS)
      if (hurt === 'crash') await database.start()
      else if (hurt === 'stall') proxy.cut()
      if (hurt !== 'crash') proxy.mend()
      await until(async () => (await toReason(keys.read())) === 'none')
      await until(async () => (await toReason(replays.claim(makeId(), 60_000))) === 'none')
      // A write that nobody waited for any longer may still come to be: a client keeps it for its next connection.
      const held = await keys.read()
      expect([1, 2]).toContain(held?.version)
      expect(held?.bytes).toEqual(bytes)
    }
    await opened.close()
  })

  it('has not forgotten what it had answered when it crashed, though its commits wait for no disk', async () => {
    const opened = libraries[0]!.open(database.url)
    await migrate(opened.client)
    const patient = { deadlineMs: 1_000 }
    const [keys, replays] = [postgresKeys(opened.client, patient), postgresReplayStore(opened.client, patient)]
    const id = makeId()
    const claim = await replays.claim(id, 60_000)
    const bytes = randomBytes(100)
    await keys.compareAndSet(0, { version: 1, bytes: randomBytes(100) })
    await keys.compareAndSet(1, { version: 2, bytes })
    await database.crash()
    await database.start()
    await until(async () => (await toReason(keys.read())) === 'none')
    expect(await keys.read()).toEqual({ version: 2, bytes })
    expect((await replays.claim(id, 60_000)).fresh).toBe(false)
    expect((await replays.claim(makeId(), 60_000)).memorySinceMs).toBe(claim.memorySinceMs)
    await opened.close()
  })

  it('begins its memory anew where a standby has taken over, which may not know the last ids', async () => {
    const opened = libraries[0]!.open(database.url.replace(String(database.port), String(proxy.port)))
    await migrate(opened.client)
    const replays = postgresReplayStore(opened.client, { deadlineMs: 1_000 })
    const before = await replays.claim(makeId(), 60_000)
    // A standby from a copy of the folder: PostgreSQL's own way, with the same cluster and a timeline of its own to come.
    await database.command('CHECKPOINT')
    await database.crash()
    const folder = `${database.folder}-standby`
    cpSync(database.folder, folder, { recursive: true })
    await adopt(database.folder, folder)
    writeFileSync(path.join(folder, 'standby.signal'), '')
    standby = await runServer(folder)
    await standby.command('SELECT pg_promote()')
    proxy.retarget(standby.port)
    proxy.cut()
    proxy.mend()
    await until(async () => (await toReason(replays.claim(makeId(), 60_000))) === 'none')
    const after = await replays.claim(makeId(), 60_000)
    expect(after.fresh).toBe(true)
    expect(after.memorySinceMs).toBeGreaterThan(before.memorySinceMs ?? Infinity)
    await opened.close()
  })

  it('does not notice a dump that is put back into the same cluster: its row has to be deleted, or left out of the dump', async () => {
    const opened = libraries[0]!.open(database.url)
    await migrate(opened.client)
    const replays = postgresReplayStore(opened.client, { deadlineMs: 1_000 })
    const [all, partial] = [path.join(database.folder, 'all.dump'), path.join(database.folder, 'partial.dump')]
    const before = await replays.claim(makeId(), 60_000)
    const except = '--exclude-table-data=*.countersign_replay_memory'
    await runProgram('pg_dump', '-Fc', '-f', all, database.url)
    await runProgram('pg_dump', '-Fc', except, '-f', partial, database.url)
    const restore = (from: string): Promise<void> => runProgram('pg_restore', '--clean', '-1', '-d', database.url, from)
    const id = makeId()
    const claim = async (): Promise<ReplayClaim> => replays.claim(id, 60_000)
    expect((await claim()).fresh).toBe(true)

    await restore(all)
    expect(await claim()).toEqual({ fresh: true, memorySinceMs: before.memorySinceMs })
    for (const heal of [
      () => restore(all).then(() => database.command('DELETE FROM countersign_replay_memory')),
      () => restore(partial),
    ]) {
      const startedMs = Date.now()
      await heal()
      const after = await claim()
      expect(after.fresh).toBe(true)
      // The database's clock is this machine's, and its answer is rounded up.
      expect(after.memorySinceMs).toBeGreaterThanOrEqual(startedMs)
    }
    await opened.close()
  })

  it('that hangs for good does not make the process keep everything that was asked of it', async () => {
    const opened = libraries[1]!.open(database.url.replace(String(database.port), String(proxy.port)))
    await migrate(opened.client)
    const replays = postgresReplayStore(opened.client, rules)
    await until(async () => (await toReason(replays.claim(makeId(), 60_000))) === 'none')
    proxy.stall()
    const claims = Array.from({ length: 1_500 }, () => replays.claim(makeId(), 60_000))
    const failures = new Map<unknown, number>()
    for (const claim of await Promise.allSettled(claims)) {
      const { detail } = (claim as PromiseRejectedResult).reason as UpstreamError
      failures.set(detail?.['failure'], (failures.get(detail?.['failure']) ?? 0) + 1)
    }
    expect(new Set(failures.keys())).toEqual(new Set(['no answer in 100 ms', 'too many under way']))
    expect(failures.get('no answer in 100 ms')).toBeLessThanOrEqual(1_000)
    proxy.cut()
    proxy.mend()
    await until(async () => (await toReason(replays.claim(makeId(), 60_000))) === 'none')
    await opened.close()
  })
})

/** Gives a copy to whoever the original belongs to. */
async function adopt(from: string, to: string): Promise<void> {
  const { uid, gid } = statSync(from)
  if (uid === process.getuid?.()) return
  chownSync(to, uid, gid)
  await promisify(execFile)('chown', ['-R', `${uid}:${gid}`, to])
}
