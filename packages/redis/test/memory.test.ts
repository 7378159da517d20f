import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replayStore } from '../src/index.js'
import type { RedisClient } from '../src/index.js'
import { libraries } from './clients.js'
import type { Opened } from './clients.js'
import { judge, makeProof } from './proof.js'
import { startProxy } from './proxy.js'
import { noServer, startServer, until } from './servers.js'
import type { TestServer } from './servers.js'

const patient = { deadlineMs: 1_000 }

describe.skipIf(noServer !== '')(`the memory of a server${noServer}`, () => {
  let server: TestServer
  const opened: Opened[] = []
  beforeEach(async () => {
    server = await startServer()
  })
  afterEach(async () => {
    opened.splice(0).forEach(({ close }) => close())
    await server.stop()
  })
  const open = async (url = server.url, library = libraries[0]!): Promise<RedisClient> => {
    const one = await library.open(url)
    opened.push(one)
    return one.client
  }
  const recover = async (store: ReturnType<typeof replayStore>): Promise<void> =>
    until(async () => (await judge(store, makeProof())) === 'taken')

  it('begins with the first instance, and is no younger for the next', async () => {
    const before = Date.now()
    const proof = makeProof()
    const first = replayStore(await open(), patient)
    const second = replayStore(await open(), { ...patient, runtime: { now: () => Date.now() + 9_000 } })
    await Promise.all([first.ready(), second.ready()])
    const one = await first.claim(proof.id, 60_000)
    const two = await second.claim(makeProof().id, 60_000)
    expect(one.memorySinceMs).toBeGreaterThanOrEqual(before)
    expect([one.memorySinceMs, two.memorySinceMs].every((since) => since! <= Date.now() + 9_000)).toBe(true)
    const third = replayStore(await open(), { ...patient, runtime: { now: () => Date.now() + 60_000 } })
    expect((await third.claim(`${proof.id.slice(0, 1)}later`, 60_000)).memorySinceMs).toBe(one.memorySinceMs)
  })

  it('doubts what was made before a new server was first used, and takes what is made after', async () => {
    const proof = makeProof()
    await sleep(5)
    const store = replayStore(await open(), patient)
    expect(await judge(store, proof)).toBe('in doubt')
    expect(await judge(store, makeProof())).toBe('taken')
  })

  it('trusts a new server where it is told to, until that server starts again', async () => {
    const proofs = [makeProof(), makeProof()] as const
    await sleep(5)
    const store = replayStore(await open(), { ...patient, dangerouslyTrustEmptyServer: true })
    expect(await judge(store, proofs[0])).toBe('taken')
    await server.command('SET', 'countersign:{A}:memory', 'another 0')
    expect((await store.claim('Aid', 60_000)).memorySinceMs).toBeGreaterThan(proofs[1].madeAfterMs)
  })

  it.each(libraries)('is missed by the very next claim after FLUSHALL, through $name', async (library) => {
    const store = replayStore(await open(server.url, library), patient)
    await store.ready()
    const proof = makeProof()
    expect(await judge(store, proof)).toBe('taken')
    await server.command('FLUSHALL')
    expect(await judge(store, proof)).toBe('in doubt')
    expect(await judge(store, proof)).toBe('replayed')
    expect(await judge(store, makeProof())).toBe('taken')
  })

  it('is missed by an instance that starts after the server was emptied and others went on', async () => {
    const store = replayStore(await open(), patient)
    await store.ready()
    const proof = makeProof()
    expect(await judge(store, proof)).toBe('taken')
    await server.command('FLUSHALL')
    expect(await judge(store, makeProof())).not.toBe('replayed')
    expect(await judge(replayStore(await open(), patient), proof)).toBe('in doubt')
  })

  it.each(libraries)('is missed when the server comes back empty, through $name', async (library) => {
    const store = replayStore(await open(server.url, library), patient)
    await store.ready()
    const proof = makeProof()
    expect(await judge(store, proof)).toBe('taken')
    await server.restart()
    expect(await judge(store, proof)).not.toBe('taken')
    await recover(store)
    expect(await judge(store, proof)).not.toBe('taken')
  })

  it('is missed when the server comes back with an old copy from disk', async () => {
    const store = replayStore(await open(), { ...patient, breaker: { cooldownMs: 20 } })
    await store.ready()
    await server.command('SAVE')
    const proof = makeProof()
    expect(await judge(store, proof)).toBe('taken')
    await server.restart()
    expect(await server.command('EXISTS', 'countersign:{A}:memory')).toBe('1')
    await recover(store)
    expect(await judge(store, proof)).toBe('in doubt')
  })

  it.each(libraries)(
    'is missed when a replica takes over that had not heard of an id, through $name',
    async (library) => {
      const cable = await startProxy(server.port)
      const replica = await startServer('--replicaof', '127.0.0.1', String(cable.port))
      await until(async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'))
      const address = await startProxy(server.port)
      const store = replayStore(await open(address.url, library), { ...patient, breaker: { cooldownMs: 20 } })
      await store.ready()
      const early = makeProof()
      expect(await judge(store, early)).toBe('taken')
      await until(async () => (await replica.command('DBSIZE')) === (await server.command('DBSIZE')))
      cable.stall()
      const late = makeProof()
      expect(await judge(store, late)).toBe('taken')
      await server.kill()
      await replica.command('REPLICAOF', 'NO', 'ONE')
      address.retarget(replica.port)
      await until(async () => (await judge(store, early)) === 'replayed')
      // The replica knows nothing of it: taken once more, unless the change of the server was noticed.
      expect(await judge(store, late)).toBe('in doubt')
      // Nor is an instance deceived that has never seen the old master.
      const newcomer = replayStore(await open(replica.url), patient)
      expect((await newcomer.claim(`${late.id.slice(0, 1)}other`, 60_000)).memorySinceMs).toBeGreaterThan(
        late.madeAfterMs,
      )
      await recover(store)
      await Promise.all([cable.close(), address.close(), replica.stop()])
    },
  )

  it('is not spoken for by a master that lost a replica, until it must have heard of a successor', async () => {
    const cable = await startProxy(server.port)
    const replica = await startServer('--replicaof', '127.0.0.1', String(cable.port))
    await until(async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'))
    const store = replayStore(await open(), { ...patient, breaker: { failures: 1_000 } })
    await store.ready()
    expect(await judge(store, makeProof())).toBe('taken')
    cable.cut()
    await until(async () => (await server.command('INFO', 'replication')).includes('connected_slaves:0'))
    const proofs = Array.from({ length: 200 }, makeProof)
    expect(await Promise.all(proofs.map((proof) => judge(store, proof)))).not.toContain('taken')
    // Ids have a record for each first letter, and none of the 200 may begin with this one.
    await store.claim('Another', 60_000).catch(() => {})
    // 20 s by the clock of the server, which is not ours to move: its record says until when.
    const [, since, replicas, quietUntil] = (await server.command('GET', 'countersign:{A}:memory')).split(' ')
    expect(replicas).toBe('0')
    expect(Number(quietUntil) - Date.now() / 1_000).toBeGreaterThan(15)
    const id = (await server.command('GET', 'countersign:{A}:memory')).split(' ')[0] ?? ''
    await server.command('SET', 'countersign:{A}:memory', `${id} ${since} 0 ${Math.floor(Date.now() / 1_000)}`)
    expect(await store.claim('Aid', 60_000)).toEqual({ fresh: true, memorySinceMs: Number(since) })
    await Promise.all([cable.close(), replica.stop()])
  })

  it('is not read from the successor of the master that took a claim', async () => {
    const successor = await startServer()
    const master = (await open()) as { sendCommand(args: string[]): Promise<unknown> }
    const second = (await open(successor.url)) as typeof master
    await replayStore(second as RedisClient, patient).ready()
    const proof = makeProof()
    // A cluster client that has just learnt where the slot went: the claim goes to the old master, the question to the new.
    const moving = {
      customCommand: (args: string[]) => (args[3]?.endsWith(':memory') ? second : master).sendCommand(args),
    }
    const store = replayStore(moving, patient)
    expect(await judge(store, proof)).toBe('in doubt')
    await successor.stop()
  })

  it('is begun by no command that waited while the server was emptied a second time', async () => {
    const client = (await open(server.url, libraries[1])) as {
      call(command: string, ...args: string[]): Promise<unknown>
    }
    let release = (): void => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    let isHeld = false
    // What begins one part of the memory waits, as it would in the queue of a client that is offline.
    const slow = {
      async customCommand([command = '', ...args]: string[]): Promise<unknown> {
        if (args[2]?.includes('{B}') && args[3]?.startsWith('?')) {
          isHeld = true
          await released
        }
        return client.call(command, ...args)
      },
    }
    const claimed = judge(replayStore(slow, patient), { id: 'Bone', madeAfterMs: Date.now() })
    await until(() => isHeld)
    const store = replayStore(client as RedisClient, patient)
    await store.ready()
    const proof = { ...makeProof(), id: 'Btwo' }
    expect(await judge(store, proof)).toBe('taken')
    await server.command('FLUSHALL')
    expect(await judge(store, { ...makeProof(), id: 'Bthree' })).not.toBe('replayed')
    release()
    expect(await claimed).toBe('in doubt')
    expect(await judge(store, proof)).toBe('in doubt')
  })
})
