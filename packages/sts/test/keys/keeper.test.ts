import { UpstreamError } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { localKeyWrapper } from '../../src/index.js'
import type { KeyWrapper } from '../../src/index.js'
import { DAY_MS, createRecorder, createTestStore, HOUR_MS } from './parts.js'
import { createReplica, readRing, wrapper } from './replica.js'

const away = new Error('connect ECONNREFUSED')

describe('a replica', () => {
  it('makes the first keys, and every other replica takes them', async () => {
    const one = createReplica()
    await one.sync()
    const two = createReplica(one)
    await two.sync()
    expect(two.signer).toBe(one.signer)
    expect(two.held?.jwks).toEqual(one.held?.jwks)
    expect(one.store.written).toHaveLength(1)
  })

  it('writes nothing while nothing is due, and does not open again what it holds', async () => {
    let opened = 0
    const counting: KeyWrapper = { ...wrapper, unwrap: (...args) => (opened++, wrapper.unwrap(...args)) }
    const one = createReplica({}, { wrapper: counting })
    for (let look = 0; look < 5; look++) await one.sync()
    expect([one.store.reads, one.store.written.length, opened]).toEqual([5, 1, 0])
  })

  it('rotates by itself, through every state', async () => {
    const one = createReplica()
    await one.sync()
    const [first, next] = [one.signer, one.published.find((kid) => kid !== one.signer)]
    one.clock.advance(30 * DAY_MS)
    await one.sync()
    expect(one.signer).toBe(next)
    expect(one.published).toContain(first)
    expect(one.published).toHaveLength(3)
    one.clock.advance(DAY_MS + 305_000)
    await one.sync()
    expect(one.published).not.toContain(first)
    expect(one.published).toHaveLength(2)
    expect(one.held?.ring.version).toBe(3)
  })

  it('counts the time that a machine slept, and that in which its clock was set back', async () => {
    const one = createReplica()
    await one.sync()
    const next = one.published.find((kid) => kid !== one.signer)
    one.clock.advanceWall(-HOUR_MS)
    one.clock.suspend(30 * DAY_MS + HOUR_MS)
    await one.sync()
    expect(one.signer).toBe(next)
  })

  it('of eight that rotate at once is the one that wins, and the others take what it made', async () => {
    const one = createReplica()
    await one.sync()
    const replicas = Array.from({ length: 8 }, () => createReplica({ store: one.store, clock: one.clock }))
    await Promise.all(replicas.map((replica) => replica.sync()))
    one.clock.advance(30 * DAY_MS)
    await Promise.all(replicas.map((replica) => replica.sync()))
    expect(one.store.written).toHaveLength(2)
    expect(new Set(replicas.map(({ signer }) => signer)).size).toBe(1)
    expect(new Set(replicas.map(({ held }) => held?.ring.version))).toEqual(new Set([2]))
  })

  it('whose write was carried out though its answer was lost takes it for its own', async () => {
    const one = createReplica()
    one.store.after = () => Promise.reject(new Error('socket closed'))
    await expect(one.sync()).rejects.toThrow(UpstreamError)
    one.store.after = async () => {}
    await one.sync()
    expect(one.held?.ring.version).toBe(1)
    expect(one.store.written).toHaveLength(1)
  })
})

describe('the audit trail', () => {
  it('has every change before it counts', async () => {
    const one = createReplica()
    const before: number[] = []
    one.store.before = async (operation) => void (operation === 'write' && before.push(one.audit.entries.length))
    await one.sync()
    one.clock.advance(30 * DAY_MS)
    await one.sync()
    one.clock.advance(DAY_MS + 305_000)
    await one.sync()
    const entries = one.audit.entries.map(({ type, outcome, key }) => `${type} ${outcome} ${key?.from} ${key?.to}`)
    expect(entries).toEqual([
      'key.published success undefined pending',
      'key.activated success pending active',
      'key.published success undefined pending',
      'key.retired success active retiring',
      'key.activated success pending active',
      'key.published success undefined pending',
      'key.removed success retiring removed',
    ])
    expect(before).toEqual([3, 6, 7])
    expect(one.audit.entries[1]?.key).toEqual({
      kid: one.audit.entries[0]?.key?.kid,
      alg: 'ES256',
      from: 'pending',
      to: 'active',
    })
  })

  it('that takes nothing stops a rotation, and no signature; the rotation comes once it takes again', async () => {
    const one = createReplica()
    await one.sync()
    const { signer } = one
    one.audit.failure = away
    one.clock.advance(30 * DAY_MS)
    await one.sync()
    expect([one.signer, one.store.written.length]).toEqual([signer, 1])
    expect(one.log).toContain('warn A change of the signing keys that is due did not come about')
    one.audit.failure = undefined
    await one.sync()
    expect(one.signer).not.toBe(signer)
  })

  it('that takes nothing stops the first keys and a revocation, which are then refused', async () => {
    const one = createReplica()
    one.audit.failure = away
    await expect(one.sync()).rejects.toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE', detail: { what: 'audit' } })
    expect(one.store.document).toBeUndefined()
    one.audit.failure = undefined
    await one.sync()
    const kid = one.signer ?? ''
    one.audit.failure = away
    await expect(one.revoke(kid)).rejects.toMatchObject({ detail: { what: 'audit' } })
    expect([one.signer, one.store.written.length]).toEqual([kid, 1])
  })

  it('is told once of a change, however often another replica was faster', async () => {
    const one = createReplica()
    await one.sync()
    const kid = one.signer ?? ''
    const two = createReplica({ store: one.store, clock: one.clock })
    await two.sync()
    let isFirst = true
    one.store.before = async (operation) => {
      if (operation !== 'write' || !isFirst) return
      isFirst = false
      await two.revoke(two.published.find((other) => other !== kid) ?? '')
    }
    one.audit.entries.length = 0
    await one.revoke(kid)
    expect(one.audit.entries.filter(({ type }) => type === 'key.revoked')).toHaveLength(1)
    expect(one.published).not.toContain(kid)
  })
})

describe('a revocation', () => {
  it('drops the key and lets the pending one sign, on every replica that looks at the store', async () => {
    const one = createReplica()
    await one.sync()
    const two = createReplica({ store: one.store, clock: one.clock })
    await two.sync()
    const [kid = '', next] = [one.signer, one.published.find((other) => other !== one.signer)]
    await one.revoke(kid)
    await two.sync()
    for (const replica of [one, two]) {
      expect(replica.signer).toBe(next)
      expect(replica.published).not.toContain(kid)
      expect(replica.published).toHaveLength(2)
    }
    const record = one.held?.ring.records.find((candidate) => candidate.kid === kid)
    expect(record).toMatchObject({ state: 'revoked', publicJwk: undefined, privateKey: undefined })
  })

  it('of a key that no ring has is an error, and of one that is revoked changes nothing', async () => {
    const one = createReplica()
    await one.sync()
    const kid = one.signer ?? ''
    await expect(one.revoke('unheard of')).rejects.toThrow(RangeError)
    await one.revoke(kid)
    const { version } = one.held?.ring ?? {}
    await one.revoke(kid)
    expect(one.held?.ring.version).toBe(version)
  })

  it('counts here as soon as it is recorded, and is written as soon as the store takes it', async () => {
    const one = createReplica()
    await one.sync()
    const kid = one.signer ?? ''
    one.store.before = (operation) => (operation === 'write' ? Promise.reject(away) : Promise.resolve())
    await expect(one.revoke(kid)).rejects.toMatchObject({ status: 503, reason: 'ERR_STORE_UNAVAILABLE' })
    expect(one.published).not.toContain(kid)
    expect(one.signer).toBeUndefined()
    one.store.before = async () => {}
    await one.sync()
    expect(one.signer).toBeDefined()
    expect((await readRing(one.store))?.records.find((record) => record.kid === kid)?.state).toBe('revoked')
  })

  it('that the store lost in a failover is written again by whoever knows of it', async () => {
    const author = createReplica()
    await author.sync()
    const [one, two] = [createReplica(author), createReplica({ store: author.store, clock: author.clock })]
    await two.sync()
    const lost = author.store.document
    const kid = author.signer ?? ''
    await author.revoke(kid)
    await one.sync()
    // The server that took over never had the revocation, and another replica has used its number for something else.
    one.store.document = lost
    await two.revoke(two.published.find((other) => other !== kid) ?? '')
    expect(two.published).toContain(kid)
    expect(one.store.document?.version).toBe(2)
    await one.sync()
    expect(one.published).not.toContain(kid)
    await two.sync()
    expect(two.published).not.toContain(kid)
    expect(two.held?.ring.version).toBe(3)
  })
})

describe('a store', () => {
  it.each(['read', 'write'] as const)('that is away for a %s makes nothing up', async (operation) => {
    const one = createReplica()
    one.store.before = (asked) => (asked === operation ? Promise.reject(away) : Promise.resolve())
    await expect(one.sync()).rejects.toMatchObject({ status: 503, reason: 'ERR_STORE_UNAVAILABLE' })
    expect(one.held).toBeUndefined()
    one.store.before = async () => {}
    await one.sync()
    expect(one.signer).toBeDefined()
  })

  it('that never answers is given up at the deadline', async () => {
    const one = createReplica({}, { deadlineMs: 20 })
    one.store.before = () => new Promise(() => {})
    await expect(one.sync()).rejects.toMatchObject({ detail: { what: 'store', lateMs: 20 } })
    one.store.before = async () => {}
    await one.sync()
    expect(one.signer).toBeDefined()
  })

  it('that was emptied, or set back, is given back what this process has seen', async () => {
    const one = createReplica()
    await one.sync()
    const old = one.store.document
    await one.revoke(one.signer ?? '')
    await one.revoke(one.signer ?? '')
    const newest = one.store.document
    const two = createReplica({ store: one.store, clock: one.clock })
    await two.sync()
    for (const document of [undefined, old]) {
      one.store.document = document
      await one.sync()
      expect(one.store.document).toEqual(newest)
      await two.sync()
      expect(two.held?.ring.version).toBe(3)
      expect(one.refusal).toBeUndefined()
    }
    expect(one.log.filter((line) => line.startsWith('error'))).toEqual([
      'error The signing keys in the store are refused',
      'error The signing keys in the store are refused',
    ])
    const fresh = createReplica({ store: one.store, clock: one.clock })
    await fresh.sync()
    expect(fresh.signer).toBe(one.signer)
  })

  it('whose document was sealed with a secret that is gone is never overwritten', async () => {
    const one = createReplica({}, { wrapper: localKeyWrapper(['a secret of another environment, or lost']) })
    await one.sync()
    const { document } = one.store
    const two = createReplica({ store: one.store, clock: one.clock })
    await expect(two.sync()).rejects.toMatchObject({ status: 503, detail: { refusal: 'unopened' } })
    expect(one.store.document).toBe(document)
  })

  it('of another name is another service', async () => {
    const store = createTestStore()
    await createReplica({ store }, { name: 'orders' }).sync()
    await expect(createReplica({ store }, { name: 'billing' }).sync()).rejects.toMatchObject({
      detail: { refusal: 'unopened' },
    })
  })
})

describe('a wrapper', () => {
  it('that is away is an outage, and not a document that does not open', async () => {
    const store = createTestStore()
    await createReplica({ store }).sync()
    const audit = createRecorder()
    const kms: KeyWrapper = { ...wrapper, unwrap: () => Promise.reject(away) }
    const one = createReplica({ store, audit }, { wrapper: kms })
    await expect(one.sync()).rejects.toMatchObject({ detail: { what: 'wrapper' } })
    expect([one.refusal, audit.entries]).toEqual([undefined, []])
  })

  it('whose secrets are exchanged one after the other keeps every replica going', async () => {
    const [old, young] = ['the old secret, of at least 32 bytes', 'the new secret, of at least 32 bytes']
    const one = createReplica({}, { wrapper: localKeyWrapper([old]) })
    await one.sync()
    const both = createReplica(one, { wrapper: localKeyWrapper([old, young]) })
    await both.sync()
    const moved = createReplica(one, { wrapper: localKeyWrapper([young, old]) })
    await moved.sync()
    one.clock.advance(30 * DAY_MS)
    await moved.sync()
    await both.sync()
    const alone = createReplica(one, { wrapper: localKeyWrapper([young]) })
    await alone.sync()
    expect(new Set([both, moved, alone].map(({ signer }) => signer)).size).toBe(1)
  })
})
