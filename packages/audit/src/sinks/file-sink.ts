import { basename } from 'node:path'
import type { AuditEvent, AuditSink } from '@countersign/core'
import { isFull, toWord } from '../delivery/attempt.js'
import { isFromStranger, toHandling } from '../event/table.js'
import { readFileOptions } from './file-options.js'
import type { FileSinkOptions } from './file-options.js'
import { isMissing } from './files.js'
import { readFileTail } from './file-tail.js'
import { createLogFile } from './log-file.js'
import { createReserve } from './reserve.js'
import { listRotated, prune, putAside } from './rotation.js'

/**
 * Creates a sink that appends to a file, one event a line, in canonical JSON. Each batch is one write and one fdatasync(2): what is
 * recorded while one runs shares the next. Nothing that was kept is ever taken out of a file, or written over.
 *
 * The file belongs to one process. Where the disk is full, events that something waits for use the reserve, and others are refused
 * (`ENOSPC`) until the reserve could be held again. After a sync that failed the file is put aside as doubtful and a new one begun: events
 * of the doubtful batch are then in both. One in which nothing was kept yet makes way for the next.
 *
 * @param path of the file; its folder must exist
 * @throws ConfigurationError naming the option
 */
export function fileSink(path: string, options: FileSinkOptions = {}): AuditSink {
  const { name, maxBytes, retention, reserveBytes, mode, runtime } = readFileOptions(options)
  const { files, now } = runtime
  const log = createLogFile(files, path, mode)
  const reserve = createReserve(files, `${path}.reserve`, reserveBytes)
  let isBusy = false

  const rotate = async (): Promise<void> => {
    await putAside(files, path, now(), 'full')
    await log.close()
    // What could not be deleted now is found again the next time.
    await prune(files, path, retention, now()).catch(() => {})
  }
  /**
   * Leaves a file of which a sync has failed. Nothing is deleted because of it: a disk that fails again and again would cost the whole
   * trail. One in which nothing was ever kept is written again as a whole, and a new one each time would be without end.
   */
  const leave = async (): Promise<void> => {
    const left = log.hasKept ? putAside(files, path, now(), 'doubtful') : files.unlink(path)
    await left.catch((error: unknown) => {
      // Somebody has put it aside already, or mounted another disk there.
      if (!isMissing(error)) throw error
    })
    await log.close()
  }
  const append = async (batch: readonly AuditEvent[]): Promise<void> => {
    if (log.isDoubtful) await leave()
    reserve.begin()
    if (reserve.isSpent && !batch.every(isReserved)) await reserve.hold()
    try {
      await log.append(batch)
    } catch (error) {
      if (!isFull(toWord(error)) || log.isDoubtful || !batch.every(isReserved) || !(await reserve.release()))
        throw error
      await log.append(batch)
    }
    // The events are safe: a file that cannot be put aside only grows.
    if (log.size >= maxBytes) await rotate().catch(() => {})
  }
  return {
    name: name ?? basename(path).slice(-64),
    durability: 'disk',
    async write(batch) {
      // A write that hung is still under way: a second one beside it could come out in its middle.
      if (isBusy) throw Object.assign(new Error('The write before is not over'), { code: 'EBUSY' })
      isBusy = true
      try {
        await append(batch)
      } finally {
        isBusy = false
      }
    },
    async readHead() {
      const aside = await listRotated(files, path)
      for (const each of [path, ...aside.toReversed()]) {
        const tail = await readFileTail(files, each)
        if (tail?.head !== undefined) return tail.head
      }
      return undefined
    },
    async close() {
      await reserve.settle()
      await log.close()
    },
  }
}

/** Something waits for it, or the trail speaks of itself, which it rarely does. */
function isReserved(event: AuditEvent): boolean {
  const handling = toHandling(event)
  // Anybody can have any number of exchanges refused: nothing waits for those.
  return handling === 'own' || (handling === 'awaited' && !isFromStranger(event))
}
