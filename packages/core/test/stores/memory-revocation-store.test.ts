import { describe, expect, it } from 'vitest'
import { createTestClock } from '@countersign/testing'
import type { RevocationQuery } from '../../src/ports.js'
import { memoryRevocationStore } from '../../src/stores/memory-revocation-store.js'
import type { MemoryRevocationOptions, MemoryRevocationStore } from '../../src/stores/memory-revocation-store.js'
import { ISSUER, NOW_SECONDS } from '../parts.js'

const OTHER = 'https://id.globex.example'
const TOKEN: RevocationQuery = {
  issuer: ISSUER,
  subject: 's',
  tokenId: 't',
  sessionId: 'x',
  issuedAtSeconds: NOW_SECONDS - 10,
}

function createParts(options: MemoryRevocationOptions = {}): {
  readonly clock: ReturnType<typeof createTestClock>
  readonly store: ReturnType<typeof memoryRevocationStore>
} {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  return { clock, store: memoryRevocationStore({ now: clock.now, ...options }) }
}

describe('memoryRevocationStore', () => {
  it('revokes nothing until it is told to', () => {
    expect(createParts().store.isRevoked(TOKEN)).toBe(false)
  })

  it('revokes one token by its jti, of its issuer alone', () => {
    const { store } = createParts()
    store.revokeToken({ issuer: ISSUER, tokenId: 't' })
    expect(store.isRevoked(TOKEN)).toBe(true)
    for (const changes of [{ tokenId: 'u' }, { tokenId: undefined }, { issuer: OTHER }])
      expect(store.isRevoked({ ...TOKEN, ...changes })).toBe(false)
  })

  it('revokes every token of a session by its sid, of its issuer alone', () => {
    const { store } = createParts()
    store.revokeSession({ issuer: ISSUER, sessionId: 'x' })
    expect(store.isRevoked({ ...TOKEN, tokenId: 'another' })).toBe(true)
    for (const changes of [{ sessionId: 'y' }, { sessionId: undefined }, { issuer: OTHER }])
      expect(store.isRevoked({ ...TOKEN, ...changes })).toBe(false)
  })

  it('revokes what a subject was issued before now, and nothing after', () => {
    const { store } = createParts()
    store.revokeSubject({ issuer: ISSUER, subject: 's' })
    expect(store.isRevoked(TOKEN)).toBe(true)
    expect(store.isRevoked({ ...TOKEN, issuedAtSeconds: NOW_SECONDS })).toBe(false)
    expect(store.isRevoked({ ...TOKEN, issuedAtSeconds: NOW_SECONDS - 0.001 })).toBe(true)
    for (const changes of [{ subject: 'r' }, { subject: undefined }, { issuer: OTHER }])
      expect(store.isRevoked({ ...TOKEN, ...changes })).toBe(false)
  })

  it('revokes a token of the subject that does not say when it was issued', () => {
    const { store } = createParts()
    store.revokeSubject({ issuer: ISSUER, subject: 's', issuedBeforeSeconds: 1 })
    expect(store.isRevoked({ ...TOKEN, issuedAtSeconds: undefined })).toBe(true)
    expect(store.isRevoked(TOKEN)).toBe(false)
  })

  it('is told an earlier time for a subject, and keeps the later one', () => {
    const { store } = createParts()
    store.revokeSubject({ issuer: ISSUER, subject: 's', issuedBeforeSeconds: NOW_SECONDS })
    store.revokeSubject({ issuer: ISSUER, subject: 's', issuedBeforeSeconds: 1 })
    expect(store.isRevoked(TOKEN)).toBe(true)
  })

  it("takes a name of one kind or issuer for no other's", () => {
    const { store } = createParts()
    store.revokeToken({ issuer: ISSUER, tokenId: 's' })
    store.revokeToken({ issuer: 'a', tokenId: 'b:c' })
    const nobody = { subject: undefined, tokenId: undefined, sessionId: undefined, issuedAtSeconds: undefined }
    expect(store.isRevoked({ ...nobody, issuer: ISSUER, subject: 's', sessionId: 's' })).toBe(false)
    expect(store.isRevoked({ ...nobody, issuer: 'a:b', tokenId: 'c' })).toBe(false)
    expect(store.isRevoked({ ...nobody, issuer: 'a', tokenId: 'b:c' })).toBe(true)
    for (const tokenId of ['__proto__', 'constructor']) expect(store.isRevoked({ ...TOKEN, tokenId })).toBe(false)
  })

  it.each<[string, (store: MemoryRevocationStore) => void]>([
    ['token', (store) => store.revokeToken({ issuer: ISSUER, tokenId: 't' })],
    ['session', (store) => store.revokeSession({ issuer: ISSUER, sessionId: 'x' })],
    ['subject', (store) => store.revokeSubject({ issuer: ISSUER, subject: 's' })],
  ])('remembers a %s for as long as a token could live, and clocks may be apart, and no longer', (_, revoke) => {
    const { store, clock } = createParts({ maxTokenLifetimeSeconds: 60 })
    revoke(store)
    clock.advance(179_999)
    expect(store.isRevoked(TOKEN)).toBe(true)
    clock.advance(1)
    expect(store.isRevoked(TOKEN)).toBe(false)
  })

  it('remembers a token of the longest life until no clock takes it any more', () => {
    const { store, clock } = createParts({ maxTokenLifetimeSeconds: 60 })
    store.revokeToken({ issuer: ISSUER, tokenId: 't', expiresAtSeconds: NOW_SECONDS + 60 })
    clock.advance(179_999)
    expect(store.isRevoked(TOKEN)).toBe(true)
  })

  it('remembers a token for as long as it lives, and clocks may be apart, and no longer', () => {
    const { store, clock } = createParts()
    store.revokeToken({ issuer: ISSUER, tokenId: 't', expiresAtSeconds: NOW_SECONDS + 10 })
    clock.advance(129_999)
    expect(store.isRevoked(TOKEN)).toBe(true)
    clock.advance(1)
    expect(store.isRevoked(TOKEN)).toBe(false)
  })

  it.each([NOW_SECONDS + 1e6, Infinity])('remembers no token for longer than one can live: not until %d', (end) => {
    const { store, clock } = createParts({ maxTokenLifetimeSeconds: 60 })
    store.revokeToken({ issuer: ISSUER, tokenId: 't', expiresAtSeconds: end })
    clock.advance(180_000)
    expect(store.isRevoked(TOKEN)).toBe(false)
  })

  it('is told an earlier end of a token, and keeps the later one', () => {
    for (const [first, second] of [
      [undefined, NOW_SECONDS + 10],
      [NOW_SECONDS + 10, undefined],
      [NOW_SECONDS + 86_400, NOW_SECONDS - 500],
    ]) {
      const { store, clock } = createParts()
      store.revokeToken({ issuer: ISSUER, tokenId: 't', expiresAtSeconds: first })
      store.revokeToken({ issuer: ISSUER, tokenId: 't', expiresAtSeconds: second })
      clock.advance(86_519_999)
      expect(store.isRevoked(TOKEN)).toBe(true)
    }
  })

  it('keeps a tenth of its room for subjects and sessions: clients revoke tokens, operators those', () => {
    const { store } = createParts({ maxRecords: 20 })
    for (let index = 0; index < 18; index++) store.revokeToken({ issuer: ISSUER, tokenId: `${index}` })
    expect(() => store.revokeToken({ issuer: ISSUER, tokenId: '18' })).toThrow(RangeError)
    store.revokeToken({ issuer: ISSUER, tokenId: '0' })
    store.revokeSession({ issuer: ISSUER, sessionId: 'x' })
    store.revokeSubject({ issuer: ISSUER, subject: 's' })
    expect([store.size, store.isRevoked(TOKEN)]).toEqual([20, true])
    expect(() => store.revokeSubject({ issuer: ISSUER, subject: 'r' })).toThrow(RangeError)
  })

  it('forgets nothing in silence: a full store throws, and still knows what it knew', () => {
    const { store } = createParts({ maxRecords: 2 })
    store.revokeToken({ issuer: ISSUER, tokenId: 't' })
    store.revokeSession({ issuer: ISSUER, sessionId: 'y' })
    expect(() => store.revokeToken({ issuer: ISSUER, tokenId: 'u' })).toThrow(RangeError)
    store.revokeToken({ issuer: ISSUER, tokenId: 't' })
    expect([store.size, store.isRevoked(TOKEN)]).toEqual([2, true])
  })

  it('makes room of what has run out', () => {
    const { store, clock } = createParts({ maxRecords: 2, maxTokenLifetimeSeconds: 60 })
    store.revokeToken({ issuer: ISSUER, tokenId: '1' })
    clock.advance(90_000)
    store.revokeToken({ issuer: ISSUER, tokenId: 't' })
    clock.advance(90_000)
    store.revokeToken({ issuer: ISSUER, tokenId: '3' })
    expect([store.size, store.isRevoked(TOKEN)]).toEqual([2, true])
  })

  it('holds a hundred thousand records and a day by default', () => {
    const { store, clock } = createParts()
    for (let index = 0; index < 90_000; index++) store.revokeToken({ issuer: ISSUER, tokenId: `${index}` })
    expect(() => store.revokeToken({ issuer: ISSUER, tokenId: 't' })).toThrow('100000 records')
    for (let index = 0; index < 10_000; index++) store.revokeSession({ issuer: ISSUER, sessionId: `${index}` })
    expect(() => store.revokeSession({ issuer: ISSUER, sessionId: 'x' })).toThrow('100000 records')
    clock.advance(86_520_000)
    store.revokeToken({ issuer: ISSUER, tokenId: 't' })
    expect(store.size).toBe(1)
  })

  it.each([
    { maxRecords: 0 },
    { maxRecords: -1 },
    { maxRecords: 1.5 },
    { maxRecords: Number.NaN },
    { maxRecords: Infinity },
    { maxTokenLifetimeSeconds: 0 },
    { maxTokenLifetimeSeconds: -1 },
    { maxTokenLifetimeSeconds: Number.NaN },
  ])('refuses %o, with which it would hold everything or nothing', (options) => {
    expect(() => memoryRevocationStore(options)).toThrow(RangeError)
  })

  it('refuses a time that is no number, for it would revoke nothing', () => {
    const { store } = createParts()
    const subject = { issuer: ISSUER, subject: 's', issuedBeforeSeconds: Number.NaN }
    expect(() => store.revokeSubject(subject)).toThrow(RangeError)
    const token = { issuer: ISSUER, tokenId: 't', expiresAtSeconds: Number.NaN }
    expect(() => store.revokeToken(token)).toThrow(RangeError)
  })

  it('takes undefined for absent in every option', () => {
    const store = memoryRevocationStore({ maxRecords: undefined, maxTokenLifetimeSeconds: undefined, now: undefined })
    store.revokeSubject({ issuer: ISSUER, subject: 's', issuedBeforeSeconds: undefined })
    expect(store.isRevoked({ ...TOKEN, issuedAtSeconds: 1 })).toBe(true)
  })
})
