import { describe, expect, it } from 'vitest'
import { generateKey } from '../../src/keys/generate-key.js'
import type { KeyRecord, Ring } from '../../src/keys/ring.js'
import { decodeRing, encodeRing } from '../../src/keys/ring-document.js'
import type { SigningAlgorithm } from '../../src/keys/signing-keys.js'
import { START_MS } from './parts.js'

const algorithms: readonly SigningAlgorithm[] = ['ES256', 'ES384', 'Ed25519', 'RS256', 'PS256']
const keys = await Promise.all(algorithms.map(generateKey))
const [first, second] = [await generateKey('ES256'), await generateKey('ES256')]
const active: KeyRecord = { ...first, state: 'active', sinceMs: START_MS }
const pending: KeyRecord = { ...second, state: 'pending', sinceMs: START_MS }
const ring: Ring = { version: 3, records: [active, pending] }

function toDocument(change: (document: Record<string, unknown>) => unknown): Uint8Array {
  const document = JSON.parse(Buffer.from(encodeRing(ring, 'n')).toString()) as Record<string, unknown>
  return Buffer.from(JSON.stringify(change(document)))
}

/** The document with one record changed. */
function withRecord(change: Readonly<Record<string, unknown>>): Uint8Array {
  return toDocument((document) => ({ ...document, records: [{ ...active, ...change }, pending] }))
}

describe('a ring as a document', () => {
  it.each(keys)('keeps a key of $algorithm in every state', async (key) => {
    const { privateKey: _, ...bare } = key
    const { kid, algorithm } = key
    const nothing = { publicJwk: undefined, privateKey: undefined }
    for (const record of [
      { ...key, state: 'pending', sinceMs: START_MS },
      { ...key, state: 'active', sinceMs: START_MS + 0.5 },
      { ...bare, state: 'retiring', sinceMs: 0, privateKey: undefined },
      { kid, algorithm, state: 'revoked', sinceMs: START_MS, ...nothing },
    ] as const) {
      const own: Ring = { version: 1, records: [record] }
      expect(await decodeRing(encodeRing(own, 'n'), 'n', 1)).toEqual(own)
    }
  })

  it('is decoded under its own name and version alone', async () => {
    const bytes = encodeRing(ring, 'n')
    expect(await decodeRing(bytes, 'n', 3)).toEqual(ring)
    expect(await decodeRing(bytes, 'm', 3)).toBeUndefined()
    expect(await decodeRing(bytes, 'n', 4)).toBeUndefined()
  })

  it('of another format, or of none, is not decoded', async () => {
    for (const bytes of [
      Buffer.from(''),
      Buffer.from('{'),
      Buffer.from('[]'),
      Buffer.from('null'),
      Buffer.from([0xff, 0xfe]),
      toDocument((document) => ({ ...document, format: 2 })),
      toDocument((document) => ({ ...document, records: {} })),
      toDocument((document) => ({ ...document, records: [active, pending, null] })),
      toDocument((document) => ({ ...document, records: [active, active] })),
    ])
      expect(await decodeRing(bytes, 'n', 3)).toBeUndefined()
  })

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['a kid that is not the thumbprint of its key', { kid: second.kid }],
    ['a kid that is no text', { kid: 1 }],
    ['an unknown algorithm', { algorithm: 'HS256' }],
    ['an inherited algorithm', { algorithm: 'toString' }],
    ['an algorithm of another curve', { algorithm: 'ES384' }],
    ['an unknown state', { state: 'removed' }],
    ['a time that is no number', { sinceMs: '0' }],
    ['no time', { sinceMs: null }],
    ['the private part of another key', { privateKey: second.privateKey }],
    ['a private part that is none', { privateKey: 'AAAA' }],
    ['no private part, though it signs', { privateKey: undefined }],
    ['a private part, though it retires', { state: 'retiring' }],
    ['a public part, though it was revoked', { state: 'revoked' }],
    ['no public part', { publicJwk: undefined }],
    ['a point off the curve', { publicJwk: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } }],
    ['a symmetric key', { publicJwk: { kty: 'oct', k: 'AAAA' } }],
  ])('with %s is not decoded', async (_, change) => {
    expect(await decodeRing(withRecord(change), 'n', 3)).toBeUndefined()
  })

  it('keeps nothing of a public part but its public members', async () => {
    const decoded = await decodeRing(withRecord({ publicJwk: { ...first.publicJwk, d: 'x', note: 'y' } }), 'n', 3)
    expect(decoded?.records[0]?.publicJwk).toEqual(first.publicJwk)
  })
})
