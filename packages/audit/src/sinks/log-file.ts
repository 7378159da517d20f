import type { AuditEvent } from '@countersign/core'
import path from 'node:path'
import { toLine } from '../chain/line.js'
import { readFileTail } from './file-tail.js'
import { isMissing, syncFolder } from './files.js'
import type { Files, OpenFile } from './files.js'
import { MissingFolder } from './missing-folder.js'

/** The last event that was handed over, or synced. */
interface Mark {
  readonly stream: string
  readonly seq: number
}

/** A file that only grows. */
export interface LogFile {
  /** 0 before it was first opened. */
  readonly size: number
  /**
   * Appends events that it does not have yet, and waits until they are on the disk. After a failure it goes on where it stopped: in
   * the middle of a line, if need be.
   */
  append(batch: readonly AuditEvent[]): Promise<void>
  close(): Promise<void>
  /** Whether a sync has failed: what was written since the last one is in doubt, and so is the file. */
  readonly isDoubtful: boolean
  /** Whether anything in it may have been acknowledged: a sync has succeeded, or it was there before. */
  readonly hasKept: boolean
}

/** Creates the log file at a path. It is opened, or made, by the first `append`. */
export function createLogFile(files: Files, file: string, mode: number): LogFile {
  let handle: OpenFile | undefined
  let size = 0
  let isDoubtful = false
  let hasKept = false
  /** What is missing of a line of which the beginning is written. */
  let rest: Buffer = Buffer.alloc(0)
  let written: Mark | undefined
  let synced: Mark | undefined

  const openFile = async (): Promise<OpenFile> => {
    const tail = await readFileTail(files, file)
    const opened = await files.open(file, 'a', mode).catch((error: unknown) => {
      throw isMissing(error) ? new MissingFolder(file) : error
    })
    try {
      // Even of a file that was there: whoever made it may not have come so far.
      await syncFolder(files, path.dirname(file))
    } catch (error) {
      await opened.close()
      throw error
    }
    size = tail?.size ?? 0
    hasKept = size > 0
    // What a writer that died left unfinished stays, as a line of its own: nothing is ever taken out of a trail.
    if (tail?.isOpen === true) rest = Buffer.from('\n')
    handle = opened
    return opened
  }
  /** Writes all of it. A failure leaves in `rest` what is missing of the line that was cut, which then counts as written. */
  const writeLines = async (to: OpenFile, batch: readonly AuditEvent[]): Promise<void> => {
    const lines = batch.map((event) => Buffer.from(`${toLine(event)}\n`))
    const bytes = Buffer.concat([rest, ...lines])
    let at = 0
    try {
      while (at < bytes.length) at += (await to.write(bytes.subarray(at))).bytesWritten
    } finally {
      size += at
      let end = rest.length
      for (let index = 0; end < at; index++) {
        end += lines[index]?.length ?? 0
        written = batch[index]?.chain
      }
      rest = bytes.subarray(at, end)
    }
  }
  return {
    get size() {
      return size
    },
    get isDoubtful() {
      return isDoubtful
    },
    get hasKept() {
      return hasKept
    },
    async append(batch) {
      const to = handle ?? (await openFile())
      const missing = batch.filter(({ chain }) => chain.stream !== written?.stream || chain.seq > written.seq)
      await writeLines(to, missing)
      try {
        await to.datasync()
      } catch (error) {
        // The system has dropped what it could not write, and would call the next sync a success.
        isDoubtful = true
        written = synced
        rest = Buffer.alloc(0)
        throw error
      }
      synced = written
      hasKept = true
    },
    async close() {
      const closing = handle
      handle = undefined
      isDoubtful = false
      size = 0
      await closing?.close()
    },
  }
}
