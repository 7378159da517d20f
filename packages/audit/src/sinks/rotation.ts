import path from 'node:path'
import type { Files } from './files.js'
import { isMissing } from './files.js'

/** How long files that were put aside stay. */
export interface Retention {
  /** At most so many that were full. Those left as doubtful do not count, and go with the older of the full ones. */
  readonly files?: number | undefined
  /** No longer than so many days since they were last written. */
  readonly days?: number | undefined
}

const DAY_MS = 86_400_000

/** Why a file was put aside. `doubtful`: a sync has failed. */
export type Fate = 'full' | 'doubtful'

/**
 * The files of a log that were put aside, oldest first: `audit.jsonl` has `audit.2026-11-24T10-00-00-000Z.jsonl` beside it, and
 * `audit.2026-11-24T10-00-00-001Z-doubtful.jsonl`.
 */
export async function listRotated(files: Files, file: string): Promise<readonly string[]> {
  const { dir, name, ext } = path.parse(file)
  const names = await files.readdir(dir === '' ? '.' : dir).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  return names
    .filter(
      (each) =>
        each.startsWith(`${name}.`) &&
        each.endsWith(ext) &&
        STAMP.test(each.slice(name.length, each.length - ext.length)),
    )
    .sort()
    .map((each) => path.join(dir, each))
}

const STAMP = /^\.\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}-\d{3}Z(?:-doubtful)?$/

/**
 * Puts a file aside, under the time. Names are in the order of the files, and an earlier one is never replaced: where the clock
 * has not gone on since, it is the next millisecond.
 */
export async function putAside(files: Files, file: string, nowMs: number, fate: Fate): Promise<void> {
  const { dir, name, ext } = path.parse(file)
  const earlier = (await listRotated(files, file)).map((each) => toMs(path.basename(each, ext).slice(name.length + 1)))
  const stampMs = Math.max(nowMs, 1 + (earlier.findLast((ms) => ms >= 0) ?? -1))
  const stamp = new Date(stampMs).toISOString().replace(/[:.]/g, '-')
  await files.rename(file, path.join(dir, `${name}.${stamp}${fate === 'full' ? '' : '-doubtful'}${ext}`))
}

function toMs(stamp: string): number {
  return Date.parse(
    stamp
      .replace('-doubtful', '')
      .replace(/(\d\d)-(\d\d)-(\d{3}Z)$/, '$1:$2.$3')
      .replace(/(T\d\d)-/, '$1:'),
  )
}

/** Deletes files that are more, or older, than they may be. */
export async function prune(
  files: Files,
  file: string,
  { files: most, days }: Retention,
  nowMs: number,
): Promise<void> {
  if (most === undefined && days === undefined) return
  const rotated = await listRotated(files, file)
  // The extension of the file itself: of a name without one, the stamp would look like it.
  const { ext } = path.parse(file)
  const full = rotated.filter((each) => !path.basename(each, ext).endsWith('-doubtful'))
  /** The oldest that may stay. */
  const oldest = most === undefined ? undefined : full.at(-most)
  for (const each of rotated) {
    const isTooMany = oldest !== undefined && each < oldest
    const isTooOld = days !== undefined && nowMs - (await files.stat(each)).mtimeMs > days * DAY_MS
    if (isTooMany || isTooOld) await files.unlink(each)
  }
}
