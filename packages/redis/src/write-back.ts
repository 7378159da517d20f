import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '@countersign/core'
import { withDeadline } from './deadline.js'
import type { LocalClaim } from './local-claims.js'
import type { Link } from './link.js'
import { toClaimKey } from './memory.js'

/** So many ids are told at once: a server that is only just back has requests to answer too. */
const BATCH_SIZE = 256

/** So long one batch is waited for: some clients never answer when a server hangs. */
const BATCH_MS = 2_000

/** A server that is only just back may go again, or be full for a while. */
const PAUSES_MS: readonly number[] = [1_000, 5_000, 20_000]

/** What is needed to tell a server of ids. */
export interface WriteBackRules {
  readonly prefix: string
  /** Milliseconds, on the clock that is never set. */
  readonly monotonicNow: () => number
  readonly logger: Logger
}

/**
 * Tells Redis what was taken without it, batch after batch, each id for as long as it can still be sent again; what it did not take,
 * once more after each pause. Never rejects: what fails here was the operator's choice when the window was opened, and the logger
 * hears once how many there were in the end.
 */
export async function writeBack(
  link: Link,
  claims: readonly LocalClaim[],
  rules: WriteBackRules,
  pausesMs: readonly number[] = PAUSES_MS,
): Promise<void> {
  let untold = await writeAll(link, claims, rules)
  for (const pauseMs of pausesMs) {
    if (untold.length === 0) return
    await pause(pauseMs, undefined, { ref: false })
    untold = await writeAll(link, untold, rules)
  }
  if (untold.length === 0) return
  const counts = { failed: untold.length, taken: claims.length }
  rules.logger.warn('Ids that were taken without Redis were not told to it', counts)
}

/** @returns those that were not taken, and all that come after a batch of which none was: then Redis is away again */
async function writeAll(
  link: Link,
  claims: readonly LocalClaim[],
  rules: WriteBackRules,
): Promise<readonly LocalClaim[]> {
  const untold: LocalClaim[] = []
  for (let start = 0; start < claims.length; start += BATCH_SIZE) {
    const batch = claims.slice(start, start + BATCH_SIZE)
    const failed = await writeBatch(link, batch, rules)
    if (failed.length === batch.length) return [...untold, ...claims.slice(start)]
    untold.push(...failed)
  }
  return untold
}

/** @returns those that were refused, or not answered in time */
async function writeBatch(
  link: Link,
  claims: readonly LocalClaim[],
  { prefix, monotonicNow }: WriteBackRules,
): Promise<readonly LocalClaim[]> {
  const told = new Set<LocalClaim>()
  const tell = async (claim: LocalClaim): Promise<void> => {
    const leftMs = Math.ceil(claim.endsAtMs - monotonicNow())
    const key = toClaimKey(prefix, claim.id)
    const mark = randomBytes(16).toString('base64url')
    if (leftMs > 0) await link.send(key, ['SET', key, mark, 'NX', 'PX', String(leftMs)])
    told.add(claim)
  }
  await withDeadline(BATCH_MS, () => Promise.allSettled(claims.map(tell)))
  return claims.filter((claim) => !told.has(claim))
}
