import type { Link } from './link.js'
import { begin, claim, read } from './script.js'
import type { ClaimReply, RecordReply } from './script.js'

/** The alphabet of ids. The first character of an id names its part of the memory. */
export const PARTS: readonly string[] = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('')

/** A memory of ids in one server or in the masters of a cluster. Each operation is one command about one key. */
export interface Memory {
  /** Claims an id, for the owner that does not have it yet. */
  claim(id: string, owner: string, ttlMs: number): Promise<ClaimReply>
  /**
   * Since when the part that holds an id has no gap, in milliseconds since the epoch. Rejects with {@link MemoryDoubt} where the
   * server that answers is not the one of this identity, or does not know yet whether it still speaks for the memory.
   */
  readSince(id: string, identity: string): Promise<number>
  /** Begins the record of a part that has none, and reads it. */
  touch(part: string): Promise<number>
}

/** How a memory is kept. */
export interface MemoryRules {
  readonly prefix: string
  readonly now: () => number
  /** Whether a server without a record counts as one that never held any. */
  readonly trustsEmpty: boolean
}

/** Nobody can say whether an id was used before. */
export class MemoryDoubt extends Error {
  override readonly name = 'MemoryDoubt'
}

/** Creates the memory behind a link. */
export function createMemory(link: Link, { prefix, now, trustsEmpty }: MemoryRules): Memory {
  const readRecord = async (part: string): Promise<RecordReply> => {
    const key = toRecordKey(prefix, part)
    const found = await read(link, key)
    if (!found.since.startsWith('?')) return found
    return begin(link, key, found.since, trustsEmpty && found.since.startsWith('?new:') ? 0 : now())
  }
  return {
    claim: (id, owner, ttlMs) => claim(link, toClaimKey(prefix, id), owner, ttlMs),
    async readSince(id, identity) {
      const record = await readRecord(id.slice(0, 1))
      // A master that was suspended took the claim, and its successor speaks for the memory: the claim is worth nothing.
      if (record.identity !== identity) throw new MemoryDoubt('Another server than the one that took the claim')
      return toTime(record)
    },
    touch: async (part) => toTime(await readRecord(part)),
  }
}

function toTime({ since }: RecordReply): number {
  if (/^\d{1,16}$/.test(since)) return Number(since)
  throw new MemoryDoubt('The record of the memory is not settled')
}

/**
 * The key of an id. What stands in braces decides the node in a cluster: ids of one part live on one node, beside the record of
 * that part, and are lost or kept with it.
 */
export function toClaimKey(prefix: string, id: string): string {
  return `${prefix}{${id.slice(0, 1)}}${id.slice(1)}`
}

/** The key of the record of a part. No id holds a colon. */
export function toRecordKey(prefix: string, part: string): string {
  return `${prefix}{${part}}:memory`
}
