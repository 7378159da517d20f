import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { StreamedBody } from './answer.js'

const compress = promisify(gzip)
const BLOCK = Buffer.alloc(1024 * 1024, ' ')

/** The first half of a body. */
export function toHalf(body: Uint8Array): Uint8Array {
  return body.subarray(0, Math.floor(body.byteLength / 2))
}

/** Half of the body, then nothing until the client goes. */
export function stall(body: Uint8Array): StreamedBody {
  return async function* (signal) {
    yield toHalf(body)
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}

/** Half of the body, then the end of the connection. */
export function cutShort(body: Uint8Array): StreamedBody {
  return async function* () {
    yield toHalf(body)
    throw new TypeError('terminated')
  }
}

/** One byte at a time. */
export function trickle(body: Uint8Array, intervalMs: number): StreamedBody {
  return async function* (signal) {
    for (let index = 0; index < body.byteLength; index += 1) {
      yield body.subarray(index, index + 1)
      await delay(intervalMs, undefined, { signal })
    }
  }
}

/** White space before the body: whoever reads to the end finds the document whole, so that only a limit on size stops it. */
export function pad(body: Uint8Array, totalBytes: number): StreamedBody {
  return async function* () {
    for (let left = totalBytes - body.byteLength; left > 0; left -= BLOCK.byteLength) yield BLOCK.subarray(0, left)
    yield body
  }
}

/** The same compressed: one small gzip member (RFC 1952 section 2.2) for each MiB of white space, then the body. */
export function padCompressed(body: Uint8Array, totalBytes: number): StreamedBody {
  return async function* () {
    const member = await compress(BLOCK, { level: 9 })
    let left = totalBytes - body.byteLength
    for (; left > BLOCK.byteLength; left -= BLOCK.byteLength) yield member
    yield await compress(Buffer.concat([BLOCK.subarray(0, Math.max(left, 0)), body]))
  }
}
