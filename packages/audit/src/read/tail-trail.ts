import { stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditEvent } from '@countersign/core'
import { methods, number, oneOf, optional, readTable, text } from '@countersign/core/adapter'
import type { OptionTable } from '@countersign/core/adapter'
import { parseLine } from '../chain/parse.js'
import { systemFiles } from '../sinks/files.js'
import { listRotated } from '../sinks/rotation.js'
import { splitLines } from './lines.js'
import { openIfThere } from './open-if-there.js'

/** Options of a tail. */
export interface TailOptions {
  /** `start`: everything there is, and then what comes. Default `end`: what comes. */
  readonly from?: 'start' | 'end' | undefined
  /** Ends the tail, without an error. */
  readonly signal?: AbortSignal | undefined
  /** So often it is looked whether anything has come, in milliseconds. Default 250. */
  readonly pollMs?: number | undefined
}

interface ReadTailOptions {
  readonly from: 'start' | 'end'
  readonly signal: AbortSignal | undefined
  readonly pollMs: number
}

const OPTIONS: OptionTable<ReadTailOptions> = {
  from: optional(oneOf(['start', 'end']), 'end'),
  signal: optional(methods<AbortSignal>('an AbortSignal', ['addEventListener', 'removeEventListener'])),
  pollMs: optional(number('milliseconds', 1, 3_600_000), 250),
}

const file = text('the path of a file', 4_096)

/**
 * Follows the file of a file sink, across files that are put aside, and gives each event once it is written whole. Nothing is
 * verified. A file that does not exist yet is waited for.
 *
 * @throws ConfigurationError naming the option, as the first event is asked for
 */
export async function* tailTrail(path: string, options: TailOptions = {}): AsyncGenerator<AuditEvent, void> {
  const { from, signal, pollMs } = readTable(OPTIONS, options, '')
  const chunks = follow(file.read(path, 'path'), from, pollMs, signal)
  for await (const line of splitLines(chunks)) {
    const parsed = line.isWhole ? parseLine(line.text) : undefined
    if (parsed !== undefined && parsed.kind !== 'garbage') yield parsed.event
  }
}

/** The bytes of one file after the other, as they come. */
async function* follow(
  path: string,
  from: 'start' | 'end',
  pollMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  let current: FileHandle | undefined
  let position = 0
  try {
    current = from === 'start' ? await openOldest(path) : await openIfThere(path)
    if (from === 'end' && current !== undefined) position = (await current.stat()).size
    while (signal?.aborted !== true) {
      const chunk = current && (await readChunk(current, position))
      if (chunk !== undefined) {
        position += chunk.length
        yield chunk
        continue
      }
      const next = await openNext(path, current)
      if (next === undefined) {
        await sleep(pollMs, undefined, { signal, ref: true }).catch(() => {})
        continue
      }
      // What was written between the last look and the moment the file was put aside.
      for (let last = current && (await readChunk(current, position)); last !== undefined;) {
        position += last.length
        yield last
        last = current && (await readChunk(current, position))
      }
      await current?.close()
      current = next
      position = 0
    }
  } finally {
    await current?.close()
  }
}

/** The oldest file there is. Where that has changed meanwhile, what was opened is another. */
async function openOldest(path: string): Promise<FileHandle | undefined> {
  const [oldest] = await listRotated(systemFiles, path)
  const opened = await openIfThere(oldest ?? path)
  const [again] = await listRotated(systemFiles, path)
  if (again === oldest) return opened
  await opened?.close()
  return openOldest(path)
}

const CHUNK_BYTES = 65_536

async function readChunk(handle: FileHandle, position: number): Promise<Uint8Array | undefined> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position)
  return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead)
}

/**
 * The file after the one at hand; `undefined` while that is the last, or while names are changing. Files are known by their number:
 * the living one is asked for it first, so that a file which is put aside meanwhile is found under one name or the other.
 */
async function openNext(path: string, current: FileHandle | undefined): Promise<FileHandle | undefined> {
  if (current === undefined) return openIfThere(path)
  const { ino, mtimeMs } = await current.stat()
  const living = await readNumber(path)
  const aside = await listRotated(systemFiles, path)
  const names = [...aside, path]
  const numbers = [...(await Promise.all(aside.map(readNumber))), living]
  const at = numbers.includes(ino) ? numbers.indexOf(ino) + 1 : await countEarlier(aside, mtimeMs)
  const name = names[at]
  const next = name === undefined ? undefined : await openIfThere(name)
  if (next === undefined || (await next.stat()).ino === numbers[at]) return next
  await next.close()
  return undefined
}

/** How many files were last written before this time: what was removed came after them, by its age or because a sync of it failed. */
async function countEarlier(aside: readonly string[], untilMs: number): Promise<number> {
  const times = await Promise.all(aside.map(async (name) => (await stat(name).catch(() => undefined))?.mtimeMs ?? 0))
  return times.filter((ms) => ms < untilMs).length
}

async function readNumber(name: string): Promise<number | undefined> {
  return stat(name).then(
    ({ ino }) => ino,
    () => undefined,
  )
}
