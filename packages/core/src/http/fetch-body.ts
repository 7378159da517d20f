import { pipeline } from 'node:stream'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { UpstreamError } from '../errors.js'

/**
 * Reads a body up to `maxBytes` bytes, before and after decompression, and destroys the stream at the first byte beyond.
 *
 * We ask for `identity`. Some servers compress regardless, all of them with gzip: that is inflated as it streams, 16 KiB at a time, so
 * that a bomb costs no more than the limit. Any other coding is refused.
 *
 * @throws UpstreamError `ERR_UPSTREAM_CONTENT`, `ERR_UPSTREAM_TOO_LARGE`; whatever the stream fails with is passed on
 */
export async function readBody(stream: Readable, encoding: string | undefined, maxBytes: number): Promise<Uint8Array> {
  const coding = encoding?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return readCapped(stream, maxBytes)
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    stream.destroy()
    throw new UpstreamError('ERR_UPSTREAM_CONTENT', { detail: { wants: 'no content encoding, or gzip' } })
  }
  const inflate = createGunzip()
  // The loop below sees every error; the callback only keeps pipeline from throwing it elsewhere.
  pipeline(stream, capped(maxBytes), inflate, () => {})
  return readCapped(inflate, maxBytes)
}

/** What is inflated to nothing has a size as well. */
function capped(maxBytes: number): (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  return async function* count(source) {
    let length = 0
    for await (const chunk of source) {
      length += chunk.length
      if (length > maxBytes) throw tooLarge(maxBytes)
      yield chunk
    }
  }
}

function tooLarge(maxBytes: number): UpstreamError {
  return new UpstreamError('ERR_UPSTREAM_TOO_LARGE', { detail: { maxBytes } })
}

/**
 * The same for the body of an injected `fetch`, which has undone any encoding already. Cancels it when the signal aborts.
 *
 * @throws UpstreamError `ERR_UPSTREAM_TOO_LARGE`; whatever the stream fails with is passed on
 */
export async function readWebBody(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array()
  const reader = body.getReader()
  const cancel = (): void => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const buffer = createCappedBuffer(maxBytes)
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return buffer.join()
      buffer.add(value)
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}

/** Leaving the loop destroys the stream. */
async function readCapped(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const buffer = createCappedBuffer(maxBytes)
  for await (const chunk of stream) buffer.add(chunk)
  return buffer.join()
}

function createCappedBuffer(maxBytes: number): { add(chunk: Uint8Array): void; join(): Uint8Array } {
  const chunks: Uint8Array[] = []
  let length = 0
  return {
    add(chunk) {
      length += chunk.length
      if (length > maxBytes) throw tooLarge(maxBytes)
      chunks.push(chunk)
    },
    join: () => Buffer.concat(chunks, length),
  }
}
