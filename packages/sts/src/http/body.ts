import { TokenError } from '../errors.js'

/** Assertions and tokens of 8 KiB each, four of them, and then some. */
const MAX_BODY_BYTES = 65_536

/** How long a body may take to arrive. A connection that is held open for longer is an attack, or as good as lost. */
const BODY_DEADLINE_MS = 5_000

/**
 * Reads the body of a request, of 64 KiB at most, within five seconds. A body that says it is longer is not waited for.
 *
 * @throws TokenError `ERR_STS_BODY_SIZE`, `ERR_STS_BODY_SLOW`, `ERR_STS_BODY_MALFORMED` where it ends in the middle
 */
export async function readBody(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw new TokenError('ERR_STS_BODY_SIZE')
  if (request.body === null) return new Uint8Array()
  const reader = request.body.getReader()
  const late = startDeadline()
  try {
    return await readAll(reader, late.passed)
  } finally {
    late.stop()
    // Whoever sent it may still be sending: what is left is none of ours, and waiting for it is what a slow body wants.
    reader.cancel().catch(() => {})
  }
}

interface Reader {
  read(): Promise<
    { readonly done: false; readonly value: Uint8Array } | { readonly done: true; readonly value?: unknown }
  >
}

async function readAll(reader: Reader, late: Promise<never>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const { done, value } = await Promise.race([readChunk(reader), late])
    if (done) return Buffer.concat(chunks)
    bytes += value.byteLength
    if (bytes > MAX_BODY_BYTES) throw new TokenError('ERR_STS_BODY_SIZE')
    chunks.push(value)
  }
}

async function readChunk(reader: Reader): ReturnType<Reader['read']> {
  try {
    return await reader.read()
  } catch (cause) {
    throw new TokenError('ERR_STS_BODY_MALFORMED', { cause })
  }
}

function startDeadline(): { readonly passed: Promise<never>; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TokenError('ERR_STS_BODY_SLOW')), BODY_DEADLINE_MS)
    timer.unref()
  })
  // Nobody may be waiting any more.
  passed.catch(() => {})
  return { passed, stop: () => clearTimeout(timer) }
}
