import type { SigningKeyStore, VersionedBytes } from '@countersign/core'
import type { RedisClient } from './client.js'
import { isWrongType } from './failure.js'
import { createGate } from './gate.js'
import { toLink } from './link.js'
import { readKeysOptions } from './option-tables.js'
import type { RedisKeysOptions } from './options.js'
import { toText } from './reply.js'
import { run, toScript } from './script.js'

/** What is none of ours: without a version, and without bytes that could be opened. */
const FOREIGN: VersionedBytes = { version: 0, bytes: new Uint8Array() }

/** The longest document that is read or written, in bytes. */
const MAX_BYTES = 1_048_576
const VERSION_LENGTH = 17
const MAX_LENGTH = VERSION_LENGTH + Math.ceil((MAX_BYTES * 4) / 3)

/**
 * Writes `<version> <document>` where the version is the expected one, and answers `won <version>` or `lost <version>`. ARGV: the
 * expected version, what to write.
 *
 * What is there already is a success: a client may send a command again whose answer was lost, and no two writers ever
 * write the same sealed bytes. An empty text is none, as it is for whoever reads a part of it; nothing else of somebody's own is
 * written over.
 */
const COMPARE_AND_SET = toScript(`local held = redis.call('GET', KEYS[1])
if held == '' then held = false end
local version = held and (string.match(held, '^(%d+) ') or '?') or '0'
if held == ARGV[2] then return 'won ' .. version end
if version ~= ARGV[1] then return 'lost ' .. version end
redis.call('SET', KEYS[1], ARGV[2])
return 'won ' .. string.match(ARGV[2], '^%d+')`)

/**
 * Keeps the sealed signing keys of a token service in one key of Redis or Valkey, for every replica that has the same server,
 * prefix and name. A script compares and sets in one step.
 *
 * Both methods reject with UpstreamError `ERR_STORE_UNAVAILABLE` (503) within the deadline where Redis does not answer. It does not
 * see what a server forgets: a failover or a restart without persistence may bring an older document back, or none. Replicas that
 * have seen a newer one write it again.
 *
 * @param client of `redis`, `ioredis`, `iovalkey` or `@valkey/valkey-glide`, single or cluster; never closed here
 * @throws ConfigurationError for another client, and for options that cannot be
 */
export function redisKeys(client: RedisClient, options: RedisKeysOptions = {}): SigningKeyStore {
  const link = toLink(client)
  const rules = readKeysOptions(options)
  const gate = createGate(rules, rules.runtime, rules.logger)
  const key = `${rules.prefix}keys:${rules.name}`
  return {
    async read() {
      // One character more than there can be: whoever writes the server cannot make this process swallow megabytes.
      const range = ['GETRANGE', key, '0', String(MAX_LENGTH)]
      const held = toText(await gate.run(() => link.send(key, range).catch(toForeign)))
      return held === undefined || held === '' ? undefined : parse(held)
    },
    async compareAndSet(expected, { version, bytes }) {
      if (bytes.length > MAX_BYTES) throw new RangeError(`A document has at most ${MAX_BYTES} bytes`)
      const next = `${version} ${Buffer.from(bytes).toString('base64url')}`
      const [outcome] = await gate.run(() => run(link, COMPARE_AND_SET, key, [String(expected), next]))
      return outcome === 'won'
    },
  }
}

/** Takes apart what the key holds, `<version> <document>`. */
function parse(held: string): VersionedBytes {
  const [, version, document] = /^(\d{1,16}) ([\w-]*)$/.exec(held) ?? []
  if (version === undefined || document === undefined || held.length > MAX_LENGTH) return FOREIGN
  return { version: Number(version), bytes: Buffer.from(document, 'base64url') }
}

/** A list in place of a text is something that somebody put there, and not a server that is away. */
function toForeign(error: unknown): string {
  if (isWrongType(error)) return '?'
  throw error
}
