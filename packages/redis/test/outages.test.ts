import { setTimeout as sleep } from 'node:timers/promises'
import type { UpstreamError } from '@countersign/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replayStore } from '../src/index.js'
import { libraries, noGlide } from './clients.js'
import type { Opened } from './clients.js'
import { judge, makeProof, tally } from './proof.js'
import { noServer, startServer, until } from './servers.js'
import type { TestServer } from './servers.js'

/** The deadline is 50 ms and 100 ms are promised. Asserted with slack, because the machine may be busy. */
const LONGEST_MS = 250

async function refusal(claim: Promise<unknown>): Promise<UpstreamError> {
  return claim.then(
    () => {
      throw new Error('it was answered')
    },
    (error: UpstreamError) => error,
  )
}

describe.skipIf(noServer !== '')(`a server that is away${noServer}${noGlide}`, () => {
  let server: TestServer
  let opened: Opened
  beforeEach(async () => {
    server = await startServer()
  })
  afterEach(async () => {
    opened.close()
    await server.stop()
  })

  // Set up as in their own quick starts: two of them never answer when the server hangs.
  it.each(libraries)('that hangs keeps nobody waiting, through $name with nothing set', async ({ openPlain }) => {
    opened = await openPlain(server.url)
    const store = replayStore(opened.client)
    await store.ready()
    await until(async () => (await judge(store, makeProof())) === 'taken')
    server.signal('SIGSTOP')
    const proofs = Array.from({ length: 50 }, makeProof)
    const startedMs = performance.now()
    const verdicts = await Promise.all(proofs.map((proof) => judge(store, proof)))
    expect(performance.now() - startedMs).toBeLessThan(LONGEST_MS)
    expect(tally(verdicts)).toEqual({ 'in doubt': 50 })

    const error = await refusal(store.claim('id', 60_000))
    expect(error.reason).toBe('ERR_STORE_UNAVAILABLE')
    expect(error.status).toBe(503)
    expect(error.headers).toEqual({ 'Retry-After': '1' })
    expect(error.detail).toEqual({ away: true })

    server.signal('SIGCONT')
    await until(async () => (await judge(store, makeProof())) === 'taken')
    // The server carried out what had been given up: whoever was refused then is not let in now.
    expect(tally(await Promise.all(proofs.map((proof) => judge(store, proof))))['in doubt']).toBeUndefined()
    expect(tally(await Promise.all(proofs.map((proof) => judge(store, proof))))).toEqual({ replayed: 50 })
  })

  it.each(libraries)('that dies keeps nobody waiting and takes nothing twice, through $name', async ({ openPlain }) => {
    opened = await openPlain(server.url)
    const store = replayStore(opened.client, { breaker: { cooldownMs: 50 } })
    await store.ready()
    const proof = makeProof()
    await until(async () => (await judge(store, makeProof())) === 'taken')
    await judge(store, proof)
    await server.kill()
    const startedMs = performance.now()
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => judge(store, makeProof())))
    expect(performance.now() - startedMs).toBeLessThan(LONGEST_MS)
    expect(tally(verdicts)).toEqual({ 'in doubt': 50 })
    await server.restart()
    await until(async () => (await judge(store, makeProof())) === 'taken')
    expect(await judge(store, proof)).not.toBe('taken')
  })

  it('is tried again by one call at a time, once the pause is over', async () => {
    opened = await libraries[0]!.open(server.url)
    const store = replayStore(opened.client, { deadlineMs: 200, breaker: { failures: 2, cooldownMs: 100 } })
    await store.ready()
    server.signal('SIGSTOP')
    await Promise.all([judge(store, makeProof()), judge(store, makeProof())])
    expect((await refusal(store.claim('early', 60_000))).detail).toEqual({ away: true })
    await sleep(150)
    const details = await Promise.all(
      ['one', 'two', 'three'].map(async (id) => (await refusal(store.claim(id, 1))).detail),
    )
    expect(details).toEqual([{ failure: 'no answer in 200 ms' }, { away: true }, { away: true }])
    server.signal('SIGCONT')
  })

  it('because its memory is full refuses, and says so', async () => {
    opened = await libraries[0]!.open(server.url)
    const store = replayStore(opened.client, { deadlineMs: 1_000 })
    await store.ready()
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    const error = await refusal(store.claim('id', 60_000))
    expect(error.reason).toBe('ERR_STORE_UNAVAILABLE')
    expect(error.detail).toEqual({ failure: 'OOM' })
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    expect((await store.claim('id', 60_000)).fresh).toBe(true)
  })

  it('because it became a replica refuses', async () => {
    opened = await libraries[1]!.open(server.url)
    const store = replayStore(opened.client, { deadlineMs: 1_000 })
    await store.ready()
    await server.command('REPLICAOF', '127.0.0.1', '1')
    expect((await refusal(store.claim('id', 60_000))).detail).toEqual({ failure: 'READONLY' })
  })

  it.each(libraries)('because $name was closed is away, and not an error of its own', async ({ open }) => {
    opened = await open(server.url)
    const store = replayStore(opened.client)
    await store.ready()
    opened.close()
    expect((await refusal(store.claim('id', 60_000))).reason).toBe('ERR_STORE_UNAVAILABLE')
  })
})
