import { createHash, randomBytes } from 'node:crypto'
import { isUnknownScript } from './failure.js'
import type { Link } from './link.js'
import { toText } from './reply.js'

/** A Lua script that reads and writes one key: it runs on the one node that holds it, in one step. */
export interface Script {
  readonly source: string
  readonly digest: string
}

/** A script, and the digest under which a server knows it. */
export function toScript(source: string): Script {
  return { source, digest: createHash('sha1').update(source).digest('hex') }
}

/**
 * Who this server is: `master_replid` changes whenever a server starts and whenever a replica is promoted. Servers that do not
 * tell it have at least a `run_id`.
 */
const IDENTITY = `local info = redis.call('INFO', 'replication')
local id = string.match(info, 'master_replid:(%w+)')
id = id or string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or '-'
`

/** Claims an id: `<identity> <what the key held before>`. ARGV: owner, milliseconds. */
const CLAIM = toScript(`${IDENTITY}local previous = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'GET', 'PX', ARGV[2])
return id .. ' ' .. (previous or '')`)

/**
 * Reads the record of a part: `<identity> <since> <replicas> <quiet until>`, and answers `<identity> <since>`. ARGV: a random mark.
 *
 * A record of another identity was written by a server that may have acknowledged ids which never got here; no record at all, and
 * the server was emptied, or is new: then a mark takes the place of the time: `?new:…` where there was nothing, else `?old:…`.
 *
 * A master that lost a replica may have been suspended while that replica took its place. It would learn so within seconds, by
 * the cluster's gossip or from Sentinel; until then it must not speak for the memory, and answers `quiet`.
 */
const READ = toScript(`${IDENTITY}local replicas = tonumber(string.match(info, 'connected_slaves:(%d+)') or 0)
local now = tonumber(redis.call('TIME')[1])
local record = redis.call('GET', KEYS[1])
local known, since, had, quiet = string.match(record or '', '^(%S+) (%S+) (%d+) (%d+)$')
had, quiet = tonumber(had), tonumber(quiet)
local pause = string.find(redis.call('INFO', 'cluster'), 'cluster_enabled:1', 1, true) and 5 or 20
if known ~= id then
  since, had, quiet = (record and '?old:' or '?new:') .. ARGV[1], -1, 0
elseif replicas < had then
  quiet = now + pause
end
if replicas ~= had then
  redis.call('SET', KEYS[1], id .. ' ' .. since .. ' ' .. replicas .. ' ' .. quiet)
end
if now < quiet and quiet <= now + pause then return id .. ' quiet' end
return id .. ' ' .. since`)

/**
 * Puts a time in the place of a mark, and answers what then stands there. ARGV: the mark, the time.
 *
 * A command may lie in a client's queue until a server is back, with a time from before it went: whoever made the mark had not
 * read the clock yet, and a mark that is gone takes no time.
 */
const BEGIN = toScript(`local record = redis.call('GET', KEYS[1])
local id, since, rest = string.match(record or '', '^(%S+) (%S+) (.+)$')
if since == ARGV[1] then
  since = ARGV[2]
  redis.call('SET', KEYS[1], id .. ' ' .. since .. ' ' .. rest)
end
return (id or '-') .. ' ' .. (since or '?')`)

/** What the server itself says of itself: `<maxmemory-policy> <version> <whether it tells its identity>`. */
const DESCRIBE = toScript(`${IDENTITY}local memory = redis.call('INFO', 'memory')
local version = string.match(redis.call('INFO', 'server'), 'redis_version:(%S+)')
return (string.match(memory, 'maxmemory_policy:(%S+)') or '-') .. ' ' .. (version or '-') .. ' ' .. id`)

/** What a claim found. */
export interface ClaimReply {
  readonly identity: string
  /** Who claimed the id before. */
  readonly previous: string | undefined
}

/** What a server says of a part of the memory. */
export interface RecordReply {
  readonly identity: string
  /** Milliseconds since the epoch, or a mark that waits for a time. */
  readonly since: string
}

/** Claims an id for an owner, unless somebody has it. */
export async function claim(link: Link, key: string, owner: string, ttlMs: number): Promise<ClaimReply> {
  const [identity, previous] = await run(link, CLAIM, key, [owner, String(ttlMs)])
  return { identity, previous: previous === '' ? undefined : previous }
}

/** Reads a record; a new one holds a new mark. */
export async function read(link: Link, key: string): Promise<RecordReply> {
  const [identity, since] = await run(link, READ, key, [randomBytes(9).toString('base64url')])
  return { identity, since }
}

/** Gives the time for a mark, unless that is gone. */
export async function begin(link: Link, key: string, mark: string, nowMs: number): Promise<RecordReply> {
  const [identity, since] = await run(link, BEGIN, key, [mark, String(Math.ceil(nowMs))])
  return { identity, since }
}

/** What the server of a key says of itself. */
export async function describe(link: Link, key: string): Promise<readonly string[]> {
  const [policy, rest] = await run(link, DESCRIBE, key, [])
  return [policy, ...rest.split(' ')]
}

/** Runs a script by its digest, by its text where the server does not know it yet. The answer in two: up to the first space, and after. */
export async function run(
  link: Link,
  { digest, source }: Script,
  key: string,
  args: readonly string[],
): Promise<[string, string]> {
  const reply = toText(
    await link.send(key, ['EVALSHA', digest, '1', key, ...args]).catch((error: unknown) => {
      if (isUnknownScript(error)) return link.send(key, ['EVAL', source, '1', key, ...args])
      throw error
    }),
  )
  const at = reply?.indexOf(' ') ?? -1
  if (reply === undefined || at < 0) throw new TypeError('A script of the store was answered by something else')
  return [reply.slice(0, at), reply.slice(at + 1)]
}
