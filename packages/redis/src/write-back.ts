import { randomBytes } from 'node:crypto'
import type { Logger } from '@countersign/core'
import { withDeadline } from './deadline.js'
import type { LocalClaim } from './local-claims.js'
import type { Link } from './link.js'
import { toClaimKey } from './memory.js'

/** So many ids are told at once: a server that is only just back has requests to answer too. */
const BATCH_SIZE = 256

/** So long one batch is waited for: some clients never answer when a server hangs. */
const BATCH_MS = 2_000

/** What is needed to tell a server of ids. */
export interface WriteBackRules {
  readonly prefix: string
  /** Milliseconds, on the clock that is never set. */
  readonly monotonicNow: () => number
  readonly logger: Logger
}

/**
 * Tells Redis what was taken without it, batch after batch, each id for as long as it can still be sent again. Never rejects: what
 * fails here was the operator's choice when the window was opened, and the logger hears once how many there were.
 */
export async function writeBack(link: Link, claims: readonly LocalClaim[], rules: WriteBackRules): Promise<void> {
  let failed = 0
  for (let start = 0; start < claims.length; start += BATCH_SIZE)
    failed += await writeBatch(link, claims.slice(start, start + BATCH_SIZE), rules)
  if (failed === 0) return
  rules.logger.warn('Ids that were taken without Redis were not told to it', { failed, taken: claims.length })
}

/** @returns how many were refused, or not answered in time */
async function writeBatch(
  link: Link,
  claims: readonly LocalClaim[],
  { prefix, monotonicNow }: WriteBackRules,
): Promise<number> {
  let told = 0
  const tell = async ({ id, endsAtMs }: LocalClaim): Promise<void> => {
    const leftMs = Math.ceil(endsAtMs - monotonicNow())
    const key = toClaimKey(prefix, id)
    const mark = randomBytes(16).toString('base64url')
    if (leftMs > 0) await link.send(key, ['SET', key, mark, 'NX', 'PX', String(leftMs)])
    told += 1
  }
  await withDeadline(BATCH_MS, () => Promise.allSettled(claims.map(tell)))
  return claims.length - told
}
