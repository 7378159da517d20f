import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cacheStore, replayStore } from '../src/index.js'
import type { RedisReplayStore } from '../src/index.js'
import { libraries, noGlide } from './clients.js'
import type { Opened } from './clients.js'
import { judge, makeProof, tally } from './proof.js'
import type { Proof } from './proof.js'
import { isSoak, noServer, startCluster, until } from './servers.js'
import type { TestCluster, TestServer } from './servers.js'

/** Short, so that a master that is away is noticed and left alone. The machine may be busy: not as short as the default. */
const rules = { deadlineMs: 200, breaker: { cooldownMs: 50 } }

interface Instance {
  readonly name: string
  readonly store: RedisReplayStore
}

/** Who took which proof, and how often. */
class Ledger {
  readonly #taken = new Map<string, string[]>()
  readonly proofs: Proof[] = []

  async send(proof: Proof, { name, store }: Instance): Promise<boolean> {
    const verdict = await judge(store, proof)
    if (verdict !== 'taken') return false
    this.#taken.set(proof.id, [...(this.#taken.get(proof.id) ?? []), name])
    return true
  }

  /** A proof of now, sent to everybody at once; kept to be sent again. */
  async sendNew(instances: readonly Instance[]): Promise<Proof> {
    const proof = makeProof()
    this.proofs.push(proof)
    await Promise.all(instances.map((instance) => this.send(proof, instance)))
    return proof
  }

  get takenOnce(): number {
    return [...this.#taken.values()].filter(({ length }) => length === 1).length
  }

  /** Must stay empty. */
  get takenTwice(): (readonly [string, readonly string[]])[] {
    return [...this.#taken].filter(([, { length }]) => length > 1)
  }
}

/** A master that lost its replica keeps quiet for 5 s, by a clock that is not ours to move: its records say until when. */
async function endQuiet(master: TestServer): Promise<void> {
  const keys = (await master.command('--scan', '--pattern', '*:memory')).split('\n')
  await Promise.all(
    keys.map(async (key) => {
      const [id = '', since = ''] = (await master.command('GET', key)).split(' ')
      await master.command('SET', key, `${id} ${since} 0 0`)
    }),
  )
}

describe.skipIf(noServer !== '')(`a cluster of three masters with a replica each${noServer}${noGlide}`, () => {
  let cluster: TestCluster
  const opened: Opened[] = []
  const instances: Instance[] = []
  /** What the second generation of instances has: it finds out by itself who is master. */
  const openAll = async (ports: readonly number[]): Promise<Instance[]> =>
    Promise.all(
      libraries.map(async ({ name, openCluster }) => {
        const one = await openCluster(ports)
        opened.push(one)
        return { name, store: replayStore(one.client, rules) }
      }),
    )
  const sendUntilTakenEverywhere = async (ledger: Ledger, all: readonly Instance[]): Promise<void> =>
    until(async () => {
      const proofs = await Promise.all(Array.from({ length: 20 }, () => ledger.sendNew(all)))
      const more = ledger.proofs.filter(() => Math.random() < 0.05)
      await Promise.all(more.flatMap((proof) => all.map((instance) => ledger.send(proof, instance))))
      const before = ledger.takenOnce
      const verdicts = await Promise.all(
        all.map(async (instance) => Promise.all(proofs.map(() => takes(ledger, instance)))),
      )
      return ledger.takenOnce > before && verdicts.flat().every(Boolean)
    })
  const takes = async (ledger: Ledger, instance: Instance): Promise<boolean> => {
    const proof = makeProof()
    ledger.proofs.push(proof)
    return ledger.send(proof, instance)
  }
  const replayAll = async (ledger: Ledger, all: readonly Instance[]): Promise<void> => {
    for (let from = 0; from < ledger.proofs.length; from += 100) {
      const some = ledger.proofs.slice(from, from + 100)
      await Promise.all(some.flatMap((proof) => all.map((instance) => ledger.send(proof, instance))))
    }
  }

  beforeAll(async () => {
    cluster = await startCluster()
    instances.push(...(await openAll(cluster.masters.map(({ port }) => port))))
    await until(async () => (await Promise.all(instances.map(({ store }) => store.ready()))).every(({ ok }) => ok))
  }, 60_000)
  afterAll(async () => {
    opened.forEach(({ close }) => close())
    await cluster.stop()
  })

  it('takes every proof once, on whatever instance, and has its ids on every master', async () => {
    const ledger = new Ledger()
    const patient = instances.map(({ name }, index) => {
      return { name, store: replayStore(opened[index]!.client, { deadlineMs: 1_000 }) }
    })
    await Promise.all(Array.from({ length: 300 }, () => ledger.sendNew(patient)))
    expect(ledger.takenOnce).toBe(300)
    await replayAll(ledger, patient)
    expect(ledger.takenTwice).toEqual([])
    const sizes = await Promise.all(cluster.masters.map((master) => master.command('DBSIZE')))
    expect(sizes.map(Number).every((size) => size > 50)).toBe(true)
  })

  it('keeps sealed values', async () => {
    const secrets = ['a secret that thirty-two bytes hold']
    for (const [index, { client }] of opened.slice(0, libraries.length).entries()) {
      const store = cacheStore(client, { ...rules, secrets })
      await store.set(`name ${index}`, Buffer.from(`value ${index}`), 60_000)
      for (const other of opened.slice(0, libraries.length)) {
        const found = await cacheStore(other.client, { ...rules, secrets }).get(`name ${index}`)
        expect(Buffer.from(found ?? []).toString()).toBe(`value ${index}`)
      }
    }
  })

  it('takes nothing twice while a slot moves to another master', async () => {
    const [from, to] = [cluster.masters[0]!, cluster.masters[1]!]
    const slots = await Promise.all(
      'ABCDEFGHIJ'
        .split('')
        .map(async (part) => [part, await from.command('CLUSTER', 'KEYSLOT', `{${part}}`)] as const),
    )
    const [part, slot] = slots.find(([, one]) => Number(one) <= 5_460) ?? ['', '']
    const make = (): Proof => ({ ...makeProof(), id: `${part}${makeProof().id.slice(1)}` })
    const ledger = new Ledger()
    const sendSome = async (): Promise<void> => {
      const proofs = Array.from({ length: 20 }, make)
      ledger.proofs.push(...proofs)
      await Promise.all(
        [...proofs, ...ledger.proofs.slice(0, 50)].flatMap((proof) => instances.map((one) => ledger.send(proof, one))),
      )
    }
    await until(async () => {
      await sendSome()
      return ledger.takenOnce > 0
    })
    const [fromId, toId] = await Promise.all([from.command('CLUSTER', 'MYID'), to.command('CLUSTER', 'MYID')])
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
    for (;;) {
      await sendSome()
      const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, '40')).split('\n').filter(Boolean)
      if (keys.length === 0) break
      await from.command('MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys)
    }
    for (const master of [to, from, cluster.masters[2]!]) await master.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
    const before = ledger.takenOnce
    await until(async () => {
      await sendSome()
      return ledger.takenOnce > before + 40
    })
    await replayAll(ledger, instances)
    expect(ledger.takenTwice).toEqual([])
  })

  it.each(Array.from({ length: isSoak ? 10 : 1 }, (_, round) => round))(
    'takes nothing twice when a master dies with ids that its replica never had (%i)',
    async () => {
      const [master] = cluster.masters
      const [replica] = cluster.replicas
      const ledger = new Ledger()
      await Promise.all(Array.from({ length: 100 }, () => ledger.sendNew(instances)))
      // The replica cannot come back: what the master takes from now on, it takes alone.
      await master!.command('ACL', 'SETUSER', 'default', '-psync', '-sync')
      await master!.command('CLIENT', 'KILL', 'TYPE', 'replica')
      if (!isSoak) await endQuiet(master!)
      await sendUntilTakenEverywhere(ledger, instances)
      await Promise.all(Array.from({ length: 100 }, () => ledger.sendNew(instances)))
      const held = (await master!.command('--scan')).split('\n')
      await master!.kill()
      await sendUntilTakenEverywhere(ledger, instances)
      await until(async () => (await replica!.command('ROLE')).startsWith('master'))
      const left = new Set((await replica!.command('--scan')).split('\n'))
      expect(held.filter((key) => !left.has(key)).length).toBeGreaterThan(10)
      await replayAll(ledger, instances)
      const newcomers = await openAll(cluster.masters.slice(1).map(({ port }) => port))
      await replayAll(ledger, newcomers)
      expect(ledger.takenTwice).toEqual([])
      // Back as a replica, for what comes next.
      await master!.restart()
      await cluster.swap(0)
      await sendUntilTakenEverywhere(ledger, instances)
      await replayAll(ledger, instances)
      expect(ledger.takenTwice).toEqual([])
    },
    60_000,
  )

  it.each(Array.from({ length: isSoak ? 10 : 1 }, (_, round) => round))(
    'takes nothing twice when a master hangs, is succeeded, and wakes up (%i)',
    async () => {
      const master = cluster.masters[1]!
      const replica = cluster.replicas[1]!
      const ledger = new Ledger()
      await sendUntilTakenEverywhere(ledger, instances)
      master.signal('SIGSTOP')
      await until(async () => (await replica.command('ROLE')).startsWith('master'))
      // These were never connected to the old master, and the others know of no other.
      const newcomers = await openAll(
        [replica, ...cluster.masters.filter((one) => one !== master)].map(({ port }) => port),
      )
      await until(async () => (await Promise.all(newcomers.map(({ store }) => store.ready()))).some(({ ok }) => ok))
      let isOver = false
      const traffic = (async () => {
        while (!isOver) {
          const proof = await ledger.sendNew(newcomers)
          await Promise.all(instances.map((instance) => ledger.send(proof, instance)))
        }
      })()
      await sleep(500)
      master.signal('SIGCONT')
      await sleep(isSoak ? 5_000 : 1_500)
      isOver = true
      await traffic
      await sendUntilTakenEverywhere(ledger, [...instances, ...newcomers])
      await replayAll(ledger, [...instances, ...newcomers])
      expect(ledger.takenTwice).toEqual([])
      expect(
        tally(await Promise.all(ledger.proofs.slice(0, 50).map((proof) => judge(instances[0]!.store, proof)))).taken,
      ).toBe(undefined)
      await cluster.swap(1)
    },
    60_000,
  )
})
