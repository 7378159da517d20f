import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { localKeyWrapper } from '../../src/index.js'
import type { VersionedBytes } from '@countersign/core'
import { generateKey } from '../../src/keys/generate-key.js'
import { encodeRing } from '../../src/keys/ring-document.js'
import { seal } from '../../src/keys/seal.js'
import { DAY_MS, START_MS } from './parts.js'
import { createReplica } from './replica.js'

const foreign = localKeyWrapper([randomBytes(32)])
const own = await generateKey('ES256')

/** A ring of the attacker's own key, as bytes. */
function toForged(version: number): Uint8Array {
  return encodeRing({ version, records: [{ ...own, state: 'active', sinceMs: START_MS }] }, 'signing-keys')
}

describe('Whoever can write to Redis or PostgreSQL but has no wrapping key cannot make the service publish a key or accept an old one', () => {
  const forgeries: readonly [string, (newest: VersionedBytes, older: VersionedBytes) => Promise<unknown>][] = [
    ['a ring that is not sealed', async ({ version }) => ({ version: version + 1, bytes: toForged(version + 1) })],
    [
      'a ring that is sealed with another key',
      async ({ version }) => {
        const context = { name: 'signing-keys', version: String(version + 1) }
        return { version: version + 1, bytes: await seal(foreign, context, toForged(version + 1)) }
      },
    ],
    ['an older document under a newer version', async ({ version }, { bytes }) => ({ version: version + 1, bytes })],
    ['an older document under the version that is held', async ({ version }, { bytes }) => ({ version, bytes })],
    ['the document of now under a newer version', async ({ version, bytes }) => ({ version: version + 9, bytes })],
    [
      'the document of now with one bit changed',
      async ({ version, bytes }) => {
        const changed = Uint8Array.from(bytes)
        changed[40] = (changed[40] ?? 0) ^ 1
        return { version, bytes: changed }
      },
    ],
    ['nothing at all', async ({ version }) => ({ version: version + 1, bytes: new Uint8Array() })],
    ['a document without an end', async ({ version }) => ({ version: version + 1, bytes: Buffer.alloc(2_000_000, 1) })],
    ['what a store says of something that is no document', async () => ({ version: 0, bytes: new Uint8Array() })],
    ['no version', async ({ bytes }) => ({ version: Number.NaN, bytes })],
    ['a version of text', async ({ version, bytes }) => ({ version: String(version), bytes })],
    ['text in place of bytes', async ({ version }) => ({ version: version + 1, bytes: 'keys' })],
  ]

  it.each(forgeries)('with %s', async (_, forge) => {
    const one = createReplica()
    await one.sync()
    const older = one.store.document as VersionedBytes
    one.clock.advance(30 * DAY_MS)
    await one.sync()
    const [signer, published] = [one.signer, one.published]
    one.store.document = (await forge(one.store.document as VersionedBytes, older)) as VersionedBytes
    await expect(one.sync()).rejects.toMatchObject({ status: 503, detail: { refusal: 'unopened' } })
    expect([one.signer, one.published]).toEqual([signer, published])
    expect(one.refusal).toBe('unopened')
    expect(one.log).toContain('error The signing keys in the store are refused')
    expect(one.audit.entries.at(-1)).toEqual({ type: 'jwks.failed', outcome: 'error', reason: 'ERR_KEYS_MALFORMED' })

    const fresh = createReplica({ store: one.store, clock: one.clock })
    await expect(fresh.sync()).rejects.toMatchObject({ status: 503, detail: { refusal: 'unopened' } })
    expect(fresh.held).toBeUndefined()
  })

  it('with an older version, as it once was: a process that has seen a newer one refuses it, and writes that again', async () => {
    const one = createReplica()
    await one.sync()
    const older = one.store.document as VersionedBytes
    const revoked = one.signer ?? ''
    await one.revoke(revoked)
    one.store.document = older
    await one.sync()
    expect(one.published).not.toContain(revoked)
    expect(one.store.document.version).toBe(2)
    expect(one.audit.entries.at(-1)).toEqual({ type: 'jwks.failed', outcome: 'error', reason: 'ERR_KEYS_MALFORMED' })
  })

  it('with a document that is exchanged for every look: nothing of it ever gets in', async () => {
    const one = createReplica()
    await one.sync()
    const [signer, published] = [one.signer, one.published]
    const { document } = one.store
    for (let version = 2; version < 40; version++) {
      one.store.document = { version, bytes: randomBytes(version * 7) }
      await one.sync().catch(() => {})
      expect([one.signer, one.published]).toEqual([signer, published])
    }
    expect(one.audit.entries.filter(({ type }) => type === 'jwks.failed')).toHaveLength(1)
    one.store.document = document
    await one.sync()
    expect(one.refusal).toBeUndefined()
  })
})
