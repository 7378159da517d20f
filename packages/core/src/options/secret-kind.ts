import { invalid } from './fail.js'
import type { Kind } from './kinds.js'

/** A secret of instances that share it, text by its UTF-8. Never shown, whatever is wrong with it; read as a copy. */
export const secret: Kind<Uint8Array> = {
  wants: 'a secret of at least 32 bytes',
  read(value, option) {
    const bytes =
      typeof value === 'string' ? Buffer.from(value) : value instanceof Uint8Array ? Uint8Array.from(value) : undefined
    if (bytes !== undefined && bytes.length >= 32) return bytes
    const fix = 'As from crypto.randomBytes(32), the same on every instance.'
    throw invalid({ option, got: bytes ?? value, wants: this.wants, fix, secret: true })
  },
}
