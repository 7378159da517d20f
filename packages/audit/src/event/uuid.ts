import { randomFillSync } from 'node:crypto'

/** Makes ids that sort by when they were made. */
export type IdSource = (nowMs: number) => string

const pool = Buffer.alloc(4_096)

/**
 * Creates a source of UUIDv7, RFC 9562 section 5.7. Within a millisecond, and where the clock goes back, the 12 bits after the
 * version count up (method 1 of section 6.2), and then the time moves ahead; 62 bits are random.
 */
export function createIdSource(): IdSource {
  let lastMs = -1
  let counter = 0
  let at = pool.length
  return (nowMs) => {
    const wholeMs = Math.floor(nowMs)
    if (at + 10 > pool.length) {
      randomFillSync(pool)
      at = 0
    }
    if (wholeMs > lastMs) {
      lastMs = wholeMs
      // Half of the range is left to count in.
      counter = pool.readUInt16BE(at) & 0x7ff
    } else if (++counter > 0xfff) {
      lastMs += 1
      counter = 0
    }
    const time = lastMs.toString(16).padStart(12, '0')
    const random = pool.toString('hex', at + 2, at + 10)
    at += 10
    const variant = ((Number.parseInt(random[0] ?? '0', 16) & 0x3) | 0x8).toString(16)
    const count = counter.toString(16).padStart(3, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${random.slice(1, 4)}-${random.slice(4)}`
  }
}
