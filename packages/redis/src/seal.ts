import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Seals values under names. */
export interface Seal {
  /** base64url text, which every client carries unharmed. */
  seal(name: string, value: Uint8Array, expiresAtMs: number): string
  /** The value, `expired`, or `undefined` for what was not sealed with one of our secrets under this very name. */
  open(name: string, sealed: string, nowMs: number): Uint8Array | 'expired' | undefined
}

const VERSION = 1
const IV_BYTES = 12
const TAG_BYTES = 16
const TIME_BYTES = 8
const HEAD_BYTES = 1 + IV_BYTES

/** So many bytes are added to a value. */
export const OVERHEAD_BYTES: number = HEAD_BYTES + TIME_BYTES + TAG_BYTES

/**
 * Creates a seal: `version ‖ IV ‖ AES-256-GCM(expiry ‖ value) ‖ tag`, the key from the secret by HKDF-SHA256, an IV of 96 random bits
 * (NIST SP 800-38D section 8.3: rotate a secret before 2^32 values).
 *
 * The name is associated data: a value that somebody with write access puts under another name does not open. The expiry is
 * inside: nobody can make a value live longer.
 */
export function createSeal(secrets: readonly Uint8Array[]): Seal {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', 'countersign cache v1', 32)))
  const first = keys[0] ?? randomBytes(32)
  return {
    seal(name, value, expiresAtMs) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', first, iv, { authTagLength: TAG_BYTES }).setAAD(toContext(name))
      const time = Buffer.alloc(TIME_BYTES)
      time.writeDoubleBE(expiresAtMs)
      const parts = [Buffer.of(VERSION), iv, cipher.update(time), cipher.update(value), cipher.final()]
      return Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64url')
    },
    open(name, sealed, nowMs) {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < OVERHEAD_BYTES || bytes[0] !== VERSION) return undefined
      for (const key of keys) {
        const plain = decrypt(key, toContext(name), bytes)
        if (plain !== undefined) return nowMs < plain.readDoubleBE() ? plain.subarray(TIME_BYTES) : 'expired'
      }
      return undefined
    },
  }
}

function toContext(name: string): Buffer {
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(name)])
}

function decrypt(key: Buffer, context: Buffer, bytes: Buffer): Buffer | undefined {
  const tagAt = bytes.length - TAG_BYTES
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, HEAD_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAAD(context).setAuthTag(bytes.subarray(tagAt))
    return Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, tagAt)), decipher.final()])
  } catch {
    return undefined
  }
}
