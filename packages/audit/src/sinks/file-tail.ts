import type { AuditHead } from '@countersign/core'
import { parseLine } from '../chain/parse.js'
import { isHead } from '../delivery/heads.js'
import type { Files } from './files.js'
import { isMissing } from './files.js'

/** How a file of a trail ends. */
export interface FileTail {
  readonly size: number
  /** Whether it ends in the middle of a line. */
  readonly isOpen: boolean
  /** Its last whole event. */
  readonly head: AuditHead | undefined
}

/** Longer than any event, by far. */
const TAIL_BYTES = 1_048_576
const LINE_FEED = 0x0a

/** Reads how a file ends; `undefined` where there is none. */
export async function readFileTail(files: Files, path: string): Promise<FileTail | undefined> {
  const handle = await files.open(path, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (handle === undefined) return undefined
  try {
    const { size } = await handle.stat()
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, size - bytes.length)
    return toTail(bytes.subarray(0, bytesRead), size)
  } finally {
    await handle.close()
  }
}

/** Where the line begins that ends here, its own line feed included. */
function findStart(bytes: Buffer, end: number): number {
  // Of the very first byte there is nothing before: a negative offset would be one from the end of the file.
  return end === 1 ? 0 : bytes.lastIndexOf(LINE_FEED, end - (bytes[end - 1] === LINE_FEED ? 2 : 1)) + 1
}

function toTail(bytes: Buffer, size: number): FileTail {
  const isOpen = bytes.length > 0 && bytes.at(-1) !== LINE_FEED
  let end = bytes.length
  let tornBytes = 0
  while (end > 0) {
    const start = findStart(bytes, end)
    const line = parseLine(bytes.toString('utf8', start, end))
    // Whoever can append a line with a name that is none must not keep the next process from beginning.
    if (line.kind !== 'garbage' && isHead(line.event.chain)) {
      const { stream, seq, hash } = line.event.chain
      return { size, isOpen, head: { stream, seq, hash, ...(tornBytes === 0 ? {} : { tornBytes }) } }
    }
    // Only what stands at the very end was cut off by the death of its writer.
    if (end === bytes.length && isOpen) tornBytes = end - start
    end = start
  }
  return { size, isOpen, head: undefined }
}
