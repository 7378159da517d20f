import { createSentinel } from '@redis/client'
import { Redis as Ioredis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { replayStore } from '../src/index.js'
import type { RedisClient } from '../src/index.js'
import { judge, makeProof } from './proof.js'
import type { Proof, Verdict } from './proof.js'
import { noServer, startSentinel, startServer, until } from './servers.js'
import type { TestServer } from './servers.js'

const rules = { deadlineMs: 200, breaker: { cooldownMs: 50 } }

describe.skipIf(noServer !== '')(`a master and a replica behind Sentinel${noServer}`, () => {
  const servers: TestServer[] = []
  const closers: (() => void)[] = []
  const clients: RedisClient[] = []
  beforeAll(async () => {
    const master = await startServer()
    const replica = await startServer('--replicaof', '127.0.0.1', String(master.port))
    await until(async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'))
    const sentinel = await startSentinel(master.port)
    servers.push(sentinel, replica, master)
    const at = { host: '127.0.0.1', port: sentinel.port }
    await until(async () => (await sentinel.command('SENTINEL', 'REPLICAS', 'main')).includes(String(replica.port)))
    const node = createSentinel({ name: 'main', sentinelRootNodes: [at], scanInterval: 200 })
    node.on('error', () => {})
    await node.connect()
    const io = new Ioredis({ sentinels: [at], name: 'main', enableOfflineQueue: false, lazyConnect: true })
    io.on('error', () => {})
    await io.connect()
    closers.push(
      () => void node.destroy(),
      () => io.disconnect(),
    )
    clients.push(node, io)
  }, 60_000)
  afterAll(async () => {
    closers.forEach((close) => close())
    await Promise.all(servers.map((server) => server.stop()))
  })

  it('takes nothing twice when the master dies', async () => {
    const stores = clients.map((client) => replayStore(client, rules))
    const taken = new Map<string, number>()
    const proofs: Proof[] = []
    const send = async (proof: Proof, index: number): Promise<Verdict> => {
      const verdict = await judge(stores[index]!, proof)
      if (verdict === 'taken') taken.set(proof.id, (taken.get(proof.id) ?? 0) + 1)
      return verdict
    }
    const sendUntilTaken = async (): Promise<void> => {
      for (const index of stores.keys()) {
        await until(async () => {
          const proof = makeProof()
          proofs.push(proof)
          return (await send(proof, index)) === 'taken'
        })
      }
    }
    await sendUntilTaken()
    const [, replica, master] = servers
    await master!.kill()
    await sendUntilTaken()
    expect(await replica!.command('ROLE')).toMatch(/^master/)
    for (const proof of proofs) await Promise.all(stores.map((_, index) => send(proof, index)))
    expect([...taken.values()].filter((times) => times > 1)).toEqual([])
  }, 30_000)
})
