import type { AuditSink } from '@countersign/core'
import { toLine } from '../chain/line.js'

/** Somewhere that takes text: `process.stdout`, or any stream for writing. */
export interface TextStream {
  write(text: string, done: (error?: Error | null) => void): unknown
}

/**
 * Creates a sink that writes to standard output, one event a line, in canonical JSON: for containers whose output is collected.
 *
 * Nobody says whether what was written has arrived anywhere: nothing can be made to wait for it.
 */
export function stdoutSink(stream: TextStream = process.stdout): AuditSink {
  return {
    name: 'stdout',
    durability: 'none',
    write: (batch) =>
      new Promise((resolve, reject) => {
        stream.write(batch.map((event) => `${toLine(event)}\n`).join(''), (error) => {
          if (error === undefined || error === null) resolve()
          else reject(error)
        })
      }),
  }
}
