import { randomBytes } from 'node:crypto'
import type { Link } from './link.js'

/** The alphabet of ids. The first character of an id names its part of the memory. */
export const PARTS: readonly string[] = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('')

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

/**
 * Reads the record of a part: `<identity> <since>`, or `<identity> ?<mark>` while it is being begun.
 *
 * `master_replid` changes whenever a server starts and whenever a replica is promoted, so that a record of another identity was
 * written by a server that may have acknowledged ids which never got here. No record at all: the server was emptied, or is new.
 * All this happens inside the server that holds the ids, for every instance alike: one that starts a second after a failover
 * learns of it too. `e` at the head of a mark says that there was nothing before.
 */
const READ = `local id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
id = id or string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or '-'
local record = redis.call('GET', KEYS[1])
if record and string.sub(record, 1, #id + 1) == id .. ' ' then return string.sub(record, #id + 2) end
local mark = (record and '?' or '?e') .. ARGV[1]
redis.call('SET', KEYS[1], id .. ' ' .. mark)
return mark`

/**
 * Puts a time in the place of a mark. A command may lie in a client's queue until a server is back, with a time from before it
 * went: whoever made the mark had not read the clock yet, and a mark that is gone takes no time.
 */
const BEGIN = `local record = redis.call('GET', KEYS[1])
if not record then return false end
local at = string.find(record, ' ', 1, true)
if string.sub(record, at + 1) ~= ARGV[1] then return string.sub(record, at + 1) end
redis.call('SET', KEYS[1], string.sub(record, 1, at) .. ARGV[2])
return ARGV[2]`

/** Where and when a record is read. */
export interface RecordQuery {
  readonly prefix: string
  readonly now: () => number
  /** Whether a server without a record counts as one that never held any. */
  readonly trustsEmpty: boolean
}

/**
 * Since when a part of the memory has no gap, in milliseconds since the epoch. Each command is about one key. Rejects where the
 * record cannot be read, and where it was lost again while it was begun.
 */
export async function readMemorySince(
  link: Link,
  part: string,
  { prefix, now, trustsEmpty }: RecordQuery,
): Promise<number> {
  const key = toRecordKey(prefix, part)
  const found = toText(await link.send(key, ['EVAL', READ, '1', key, randomBytes(9).toString('base64url')]))
  if (found === undefined || !found.startsWith('?')) return toTime(found)
  const sinceMs = trustsEmpty && found.startsWith('?e') ? 0 : Math.ceil(now())
  return toTime(toText(await link.send(key, ['EVAL', BEGIN, '1', key, found, String(sinceMs)])))
}

function toTime(text: string | undefined): number {
  if (text !== undefined && /^\d{1,16}$/.test(text)) return Number(text)
  throw new TypeError('The record of the memory was lost while it was begun')
}

/** A reply as text: clients may be set to give bytes. `undefined` for none. */
export function toText(reply: unknown): string | undefined {
  if (typeof reply === 'string') return reply
  return reply instanceof Uint8Array ? Buffer.from(reply).toString('latin1') : undefined
}
