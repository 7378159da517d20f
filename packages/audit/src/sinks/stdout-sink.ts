import type { AuditSink } from '@countersign/core'
import { toLine } from '../chain/line.js'

/** Somewhere that takes text: `process.stdout`, or any stream for writing. */
export interface TextStream {
  write(text: string, done: (error?: Error | null) => void): unknown
  on?(event: 'error', listener: () => void): unknown
  removeListener?(event: 'error', listener: () => void): unknown
}

/**
 * Creates a sink that writes to standard output, one event a line, in canonical JSON: for containers whose output is collected.
 *
 * Nobody says whether what was written has arrived anywhere: nothing can be made to wait for it. From the first event until it is closed
 * the errors of its stream end no process: whoever writes is told of them, and a collector that dies takes no service with it.
 */
export function stdoutSink(stream: TextStream = process.stdout): AuditSink {
  let isListening = false
  let isClosed = false
  let underWay = 0
  /** The write that failed says so itself. */
  const ignore = (): void => {}
  const listen = (): void => {
    if (!isListening) stream.on?.('error', ignore)
    isListening = true
  }
  const leave = (): void => {
    if (!isClosed || underWay > 0 || !isListening) return
    isListening = false
    // The stream tells of an error after whoever wrote has heard of it.
    setImmediate(() => stream.removeListener?.('error', ignore))
  }
  return {
    name: 'stdout',
    durability: 'none',
    write: (batch) =>
      new Promise((resolve, reject) => {
        listen()
        const text = batch.map((event) => `${toLine(event)}\n`).join('')
        stream.write(text, (error) => {
          underWay -= 1
          leave()
          if (error === undefined || error === null) resolve()
          else reject(error)
        })
        // After: a write that throws is none that is under way.
        underWay += 1
      }),
    close() {
      isClosed = true
      leave()
      return Promise.resolve()
    },
  }
}
