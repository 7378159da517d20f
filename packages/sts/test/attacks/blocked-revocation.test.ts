import { describe, expect, it } from 'vitest'
import type { VersionedBytes } from '@countersign/core'
import { createReplica } from '../keys/replica.js'
import type { Replica } from '../keys/replica.js'

const blocks: readonly (readonly [string, (replica: Replica) => void])[] = [
  [
    'writes rubbish to it',
    ({ store }) => void (store.document = { version: 2, bytes: Buffer.from('rubbish') } as VersionedBytes),
  ],
  ['takes it away', ({ store }) => void (store.before = () => Promise.reject(new Error('ECONNREFUSED')))],
]

describe.each(blocks)('Somebody who has stolen a signing key, and can reach the store, and %s', (_, block) => {
  it('cannot keep that key alive in the process that revokes it', async () => {
    const one = createReplica()
    await one.sync()
    const stolen = one.signer ?? ''
    const { document, before } = one.store
    block(one)
    await expect(one.revoke(stolen)).rejects.toMatchObject({ status: 503, reason: 'ERR_STORE_UNAVAILABLE' })
    expect(one.published).not.toContain(stolen)
    expect(one.signer).toBeUndefined()
    expect(one.held?.keys.has(stolen)).toBe(false)
    const events = one.audit.entries.filter(({ type }) => type === 'key.revoked')
    expect(events).toMatchObject([{ outcome: 'success', key: { kid: stolen, from: 'active', to: 'revoked' } }])

    one.store.document = document
    one.store.before = before
    await one.sync()
    expect(one.signer).toBeDefined()
    const other = createReplica({ store: one.store, clock: one.clock })
    await other.sync()
    expect(other.published).not.toContain(stolen)
    expect(other.signer).toBe(one.signer)
  })

  it('but what cannot be recorded is not done', async () => {
    const one = createReplica()
    await one.sync()
    const kid = one.signer ?? ''
    block(one)
    one.audit.failure = new Error('full')
    await expect(one.revoke(kid)).rejects.toMatchObject({ status: 503 })
    expect(one.published).toContain(kid)
  })

  it('and a kid that there is none of is none either way', async () => {
    const one = createReplica()
    await one.sync()
    const { published } = one
    block(one)
    await expect(one.revoke('unheard of')).rejects.toMatchObject({ status: 503 })
    expect(one.published).toEqual(published)
    expect(one.audit.entries.filter(({ type }) => type === 'key.revoked')).toEqual([])
  })
})
