import { createHash } from 'node:crypto'
import type { RevocationStore } from '@countersign/core'
import type { RedisClient } from './client.js'
import { createGate } from './gate.js'
import { toLink } from './link.js'
import { readRevocationsOptions } from './option-tables.js'
import type { RedisRevocationsOptions } from './options.js'
import { toText } from './reply.js'
import { run, toScript } from './script.js'

/** Says what is revoked, for every instance; each record for as long as a token that it concerns could be taken. */
export interface RedisRevocationStore extends RevocationStore {
  isRevoked(token: Parameters<RevocationStore['isRevoked']>[0]): Promise<boolean>
  /** Revokes one token by its `jti`; until it expires, where that is given in seconds since the epoch, with two minutes for clocks. */
  revokeToken(token: {
    readonly issuer: string
    readonly tokenId: string
    readonly expiresAtSeconds?: number | undefined
  }): Promise<void>
  /** Revokes every token of a session by its `sid`. */
  revokeSession(session: { readonly issuer: string; readonly sessionId: string }): Promise<void>
  /**
   * Revokes every token of a subject, by its `sub`, that was issued before a time, or can have been: clocks differ, and one that was
   * issued less than the asker's tolerance (5 s) after it counts as issued before. Whoever signs in again within these seconds is asked
   * again. Default: now.
   */
  revokeSubject(subject: {
    readonly issuer: string
    readonly subject: string
    readonly issuedBeforeSeconds?: number | undefined
  }): Promise<void>
}

/** What a record says of a token or a session: every token. Beyond any date, and a number for the script. */
const ALWAYS = '1e308'
/** Longer than any record that we write. */
const MAX_LENGTH = 32

/** So long after its end a token may still be taken somewhere: the most that a verifier bears of clocks, and as much between stores. */
const GRACE_SECONDS = 120

/**
 * Writes a record, unless a later date stands there, and never cuts short what lives longer. Answers `kept <date>`. ARGV: the date
 * in seconds, milliseconds to live.
 */
const REVOKE = toScript(`local date = ARGV[1]
local held = redis.call('GET', KEYS[1])
if held and (tonumber(held) or 0) > tonumber(date) then date = held end
local left = redis.call('PTTL', KEYS[1])
if left == -1 or left > tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], date, 'KEEPTTL')
else
  redis.call('SET', KEYS[1], date, 'PX', ARGV[2])
end
return 'kept ' .. date`)

/**
 * Remembers revocations in Redis or Valkey, for every instance that has the same server and prefix: what one revokes, all refuse
 * with their next request.
 *
 * Every method rejects with UpstreamError `ERR_STORE_UNAVAILABLE` (503) within the deadline where Redis does not answer: not
 * knowing is never a yes. It does not see what a server forgets: keep it off a server that evicts, and persist it.
 *
 * @param client of `redis`, `ioredis`, `iovalkey` or `@valkey/valkey-glide`, single or cluster; never closed here
 * @throws ConfigurationError for another client, and for options that cannot be
 */
export function redisRevocations(client: RedisClient, options: RedisRevocationsOptions = {}): RedisRevocationStore {
  const link = toLink(client)
  const rules = readRevocationsOptions(options)
  const { prefix, runtime, logger, maxTokenLifetimeSeconds } = rules
  const gate = createGate(rules, runtime, logger)
  const longestMs = Math.ceil((maxTokenLifetimeSeconds + GRACE_SECONDS) * 1_000)

  /** How long a record is kept of what ends then, in milliseconds. */
  const toLifeMs = (expiresAtSeconds = Infinity): number => {
    if (Number.isNaN(expiresAtSeconds)) throw new RangeError('expiresAtSeconds wants seconds since the epoch')
    const leftMs = Math.ceil((expiresAtSeconds + GRACE_SECONDS) * 1_000 - runtime.now())
    return Math.max(1, Math.min(longestMs, leftMs))
  }

  /** What is known under a name, in seconds since the epoch: whatever is no date revokes always. */
  const find = async (kind: string, issuer: string, name: string | undefined): Promise<number | undefined> => {
    if (name === undefined) return undefined
    const key = toKey(prefix, kind, issuer, name)
    const held = toText(await link.send(key, ['GETRANGE', key, '0', String(MAX_LENGTH)]))
    if (held === undefined || held === '') return undefined
    const date = Number(held)
    return Number.isFinite(date) ? date : Infinity
  }
  const put = async (kind: string, issuer: unknown, name: unknown, date: string, lifeMs = longestMs): Promise<void> => {
    if (typeof issuer !== 'string' || typeof name !== 'string')
      throw new TypeError('A revocation names issuer and what')
    await gate.run(() => run(link, REVOKE, toKey(prefix, kind, issuer, name), [date, String(lifeMs)]))
  }
  return {
    isRevoked: ({ issuer, subject, tokenId, sessionId, issuedAtSeconds }) =>
      gate.run(async () => {
        const [token, session, before] = await Promise.all([
          find('jti', issuer, tokenId),
          find('sid', issuer, sessionId),
          find('sub', issuer, subject),
        ])
        if (token !== undefined || session !== undefined) return true
        // A token that does not say when it was issued may have been issued before.
        return before !== undefined && (issuedAtSeconds === undefined || issuedAtSeconds < before)
      }),
    async revokeToken({ issuer, tokenId, expiresAtSeconds }) {
      await put('jti', issuer, tokenId, ALWAYS, toLifeMs(expiresAtSeconds))
    },
    revokeSession: ({ issuer, sessionId }) => put('sid', issuer, sessionId, ALWAYS),
    async revokeSubject({ issuer, subject, issuedBeforeSeconds = runtime.now() / 1_000 }) {
      // No time is before what is not a number: the record would revoke nothing.
      if (Number.isNaN(issuedBeforeSeconds)) throw new RangeError('issuedBeforeSeconds wants seconds since the epoch')
      await put('sub', issuer, subject, Number.isFinite(issuedBeforeSeconds) ? String(issuedBeforeSeconds) : ALWAYS)
    },
  }
}

/** Names of subjects and sessions tell something: the server sees the hash of each, its parts with their lengths before them. */
function toKey(prefix: string, kind: string, issuer: string, name: string): string {
  const digest = createHash('sha256')
  for (const part of [kind, issuer, name]) digest.update(`${Buffer.byteLength(part)}:`).update(part)
  return `${prefix}revoked:${digest.digest().subarray(0, 16).toString('base64url')}`
}
