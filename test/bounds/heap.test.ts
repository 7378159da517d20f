import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { startApi } from '../conformance/server.js'
import { createHostileStream } from './hostile-stream.js'
import { isLong, report, TIMEOUT_MS } from './long-form.js'

const REQUESTS = isLong ? 1_000_000 : 20_000
/** So many fill every memory that keeps a thousand names. */
const NAMES = 2_400
/** So many let the engine settle. */
const WARM_UP = 5_000
/** What a heap of tens of megabytes varies by from one collection to the next. A byte a request would show in the long form. */
const MOST_BYTES = 1_000_000

/** Requests in one write: pipelined, as nobody sane does. */
const BATCH = 50

// Each test file is a process of its own; this is `--expose-gc` for it.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

async function readHeap(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return process.memoryUsage().heapUsed
}

/** Sends so many requests over one connection, and waits for as many answers; none of them may be a good one. */
async function send(socket: Socket, next: () => string, count: number): Promise<Readonly<Record<string, number>>> {
  const statuses: Record<string, number> = {}
  for (let sent = 0; sent < count; sent += BATCH) {
    socket.write(Array.from({ length: BATCH }, next).join(''))
    for (let answered = 0, rest = ''; answered < BATCH;) {
      const [bytes] = (await once(socket, 'data')) as [Buffer]
      const text = rest + bytes.toString('latin1')
      for (const [, status = ''] of text.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
        statuses[status] = (statuses[status] ?? 0) + 1
        answered++
      }
      // A status line may be cut in two.
      rest = /HTTP\/1?\.?1? ?\d{0,2}$|HTT?P?$|H$/.exec(text)?.[0] ?? ''
    }
  }
  return statuses
}

it(
  'invariant 11: after twenty thousand hostile requests, or a million, the heap is where it was',
  { timeout: TIMEOUT_MS },
  async () => {
    const stream = await createHostileStream()
    const api = await startApi(stream.verifier)
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
    await once(socket, 'connect')
    await send(socket, stream.nextName, NAMES)
    await send(socket, stream.next, WARM_UP)
    const before = await readHeap()
    const startedAt = performance.now()
    const statuses = await send(socket, stream.next, REQUESTS)
    const seconds = (performance.now() - startedAt) / 1_000
    const grownBytes = (await readHeap()) - before
    report(
      `heap: ${REQUESTS} hostile requests in ${seconds.toFixed(0)} s: ${grownBytes} bytes beside ${before}; ${JSON.stringify(statuses)}`,
    )
    socket.destroy()
    await api.close()
    await stream.verifier.close()
    expect(Object.keys(statuses).toSorted()).toEqual(['400', '401', '503'])
    expect(grownBytes).toBeLessThan(MOST_BYTES)
  },
)
