import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CLOCK_SKEW_MS, createNonces } from '../../src/http/nonces.js'
import type { NonceRules } from '../../src/http/nonces.js'

const SECRET = randomBytes(32)
const SLOT_MS = 60_000
/** Some beginning of a slot. */
const START_MS = 1_800_000_000_000

function create(changes: Partial<NonceRules> = {}) {
  return createNonces({ secrets: [SECRET], slotSeconds: 60, region: '', ...changes })
}

describe('a nonce', () => {
  it('is one and the same in its slot and on every instance, and another in the next', () => {
    const first = create().issue(START_MS)
    expect(create().issue(START_MS + SLOT_MS - 1)).toBe(first)
    expect(create().issue(START_MS + SLOT_MS)).not.toBe(first)
    expect(create().issue(START_MS - 1)).not.toBe(first)
  })

  it('is made of the characters that RFC 9449 section 8.1 allows, and no longer than it has to be', () => {
    expect(create().issue(START_MS)).toMatch(/^[\w-]{30}$/)
  })

  it('follows the clock in both directions', () => {
    const nonces = create()
    const [later, earlier] = [nonces.issue(START_MS + SLOT_MS), nonces.issue(START_MS)]
    expect(later).not.toBe(earlier)
    expect(nonces.issue(START_MS + SLOT_MS)).toBe(later)
  })

  it('D9: is taken in its slot and the next one, from a little before its slot begins elsewhere', () => {
    const nonces = create()
    const nonce = nonces.issue(START_MS)
    const slot = { startedAtMs: START_MS - CLOCK_SKEW_MS, endsAtMs: START_MS + 2 * SLOT_MS }
    for (const nowMs of [slot.startedAtMs, START_MS, START_MS + SLOT_MS, slot.endsAtMs - 1]) {
      expect(nonces.check(nonce, nowMs)).toEqual(slot)
    }
    expect(nonces.check(nonce, slot.startedAtMs - 1)).toBeUndefined()
    expect(nonces.check(nonce, slot.endsAtMs)).toBeUndefined()
  })

  it('D9: of an instance whose clock is ahead or behind is taken', () => {
    const here = create()
    for (let nowMs = START_MS; nowMs < START_MS + 3 * SLOT_MS; nowMs += 500) {
      for (const offMs of [-CLOCK_SKEW_MS, -1, 1, CLOCK_SKEW_MS]) {
        expect(here.check(create().issue(nowMs + offMs), nowMs)).toBeDefined()
      }
    }
  })

  it('D9: of another secret, another region or nobody is refused', () => {
    const nonces = create({ region: 'eu' })
    const own = nonces.issue(START_MS)
    expect(nonces.check(own, START_MS)).toBeDefined()
    for (const stranger of [
      create({ region: 'eu', secrets: [randomBytes(32)] }),
      create({ region: 'us' }),
      create({ region: '' }),
      create({ region: 'e' }),
      create({ region: 'eu\0' }),
    ]) {
      expect(nonces.check(stranger.issue(START_MS), START_MS)).toBeUndefined()
    }
  })

  it('is refused in every spelling but its own', () => {
    const nonces = create()
    const nonce = nonces.issue(START_MS)
    const last = nonce.slice(-1)
    const noncanonical = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    // Trailing bits that decode to the same bytes.
    const twins = noncanonical
      .split('')
      .map((character) => nonce.slice(0, -1) + character)
      .filter((text) => text !== nonce)
    expect(last).toMatch(/[\w-]/)
    for (const other of [
      '',
      'x',
      `${nonce}=`,
      ` ${nonce}`,
      `${nonce}A`,
      nonce.slice(1),
      nonce.toLowerCase(),
      ...twins,
    ]) {
      if (other !== nonce) expect(nonces.check(other, START_MS)).toBeUndefined()
    }
  })

  it('cannot be moved to another slot', () => {
    const nonces = create()
    const bytes = Buffer.from(nonces.issue(START_MS), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(nonces.check(flipped.toString('base64url'), START_MS)).toBeUndefined()
    }
  })

  it('of a secret that is on its way out is taken, and the first secret signs', () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)]
    const before = create({ secrets: [old] })
    const during = create({ secrets: [fresh, old] })
    const after = create({ secrets: [fresh] })
    expect(during.issue(START_MS)).toBe(after.issue(START_MS))
    expect(during.check(before.issue(START_MS), START_MS)).toBeDefined()
    expect(after.check(before.issue(START_MS), START_MS)).toBeUndefined()
    // An instance that already knows the new secret, but still signs with the old one, takes both.
    expect(create({ secrets: [old, fresh] }).check(after.issue(START_MS), START_MS)).toBeDefined()
  })
})

describe('a nonce is ageing', () => {
  it('near the beginning of a slot, when clients hold the one before, and near its end', () => {
    const nonces = create()
    const ageing = [0, 1_000, 14_999, 46_000, 59_999]
    const fine = [15_000, 30_000, 45_000]
    for (const sinceMs of ageing) expect([sinceMs, nonces.isAgeing(START_MS + sinceMs)]).toEqual([sinceMs, true])
    for (const sinceMs of fine) expect([sinceMs, nonces.isAgeing(START_MS + sinceMs)]).toEqual([sinceMs, false])
  })
})
