import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Nonces that no store holds: each proves by itself that we gave it, in which slot of time and in which region. */
export interface Nonces {
  /** The nonce of the current slot. */
  issue(nowMs: number): string
  /** When the slot of a nonce began and when it stops being taken; `undefined` for one that is not ours or too old. */
  check(nonce: string, nowMs: number): NonceSlot | undefined
  /** Whether clients should be told the current nonce without asking: near the beginning and the end of a slot. */
  isAgeing(nowMs: number): boolean
}

/** The time a nonce stands for, in milliseconds since the epoch. */
export interface NonceSlot {
  readonly startedAtMs: number
  readonly endsAtMs: number
}

/** What nonces are made of. */
export interface NonceRules {
  /** The first signs, all verify: so that secrets can be rotated. At least 32 bytes each. */
  readonly secrets: readonly Uint8Array[]
  readonly slotSeconds: number
  /** A nonce of one region is refused in another, whose replay store has not seen its proofs. */
  readonly region: string
}

/** How far the clock of another instance may be from ours: its slot may have begun so much earlier. */
export const CLOCK_SKEW_MS = 5_000
const MAC_BYTES = 16
const SLOT_BYTES = 6

/**
 * Creates the nonces of RFC 9449 section 9: `slot ‖ HMAC-SHA256(secret, region, slot)`. The current slot and the one before are
 * taken, and the next a few seconds early, because another instance's clock may be ahead.
 */
export function createNonces({ secrets, slotSeconds, region }: NonceRules): Nonces {
  const slotMs = slotSeconds * 1_000
  const toSlot = (nowMs: number): number => Math.floor(nowMs / slotMs)
  // Made once: where the secret is bytes, each HMAC of Node 24 costs 16 µs in place of 3.
  const keys = secrets.map((secret) => createSecretKey(secret))
  const sign = (key: KeyObject, slot: Buffer): Buffer =>
    createHmac('sha256', key)
      .update(`dpop-nonce\0${region.length}\0${region}\0`)
      .update(slot)
      .digest()
      .subarray(0, MAC_BYTES)
  let current: { readonly slot: number; readonly nonce: string } | undefined
  const read = (nonce: string): number | undefined => {
    const bytes = Buffer.from(nonce, 'base64url')
    if (bytes.length !== SLOT_BYTES + MAC_BYTES || bytes.toString('base64url') !== nonce) return undefined
    const slot = bytes.subarray(0, SLOT_BYTES)
    const mac = bytes.subarray(SLOT_BYTES)
    return keys.some((key) => timingSafeEqual(sign(key, slot), mac)) ? slot.readUIntBE(0, SLOT_BYTES) : undefined
  }
  return {
    issue(nowMs) {
      const slot = toSlot(nowMs)
      if (current?.slot !== slot) {
        const bytes = Buffer.alloc(SLOT_BYTES)
        bytes.writeUIntBE(slot, 0, SLOT_BYTES)
        const signed = keys.slice(0, 1).map((key) => sign(key, bytes))
        current = { slot, nonce: Buffer.concat([bytes, ...signed]).toString('base64url') }
      }
      return current.nonce
    },
    check(nonce, nowMs) {
      const slot = read(nonce)
      if (slot === undefined) return undefined
      const startedAtMs = slot * slotMs - CLOCK_SKEW_MS
      const endsAtMs = (slot + 2) * slotMs
      return nowMs >= startedAtMs && nowMs < endsAtMs ? { startedAtMs, endsAtMs } : undefined
    },
    isAgeing(nowMs) {
      // At its beginning clients hold the one before; near its end they may miss the next.
      const share = (nowMs % slotMs) / slotMs
      return share < 0.25 || share > 0.75
    },
  }
}
