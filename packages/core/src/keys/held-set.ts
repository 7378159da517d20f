import { toElapsedMs } from '../elapsed.js'
import type { Moment } from '../elapsed.js'
import type { KeySourceHealth } from '../ports.js'
import type { Runtime } from '../runtime.js'
import type { KeySet } from './key-set.js'
import type { Trouble } from './trouble.js'

/** Share of a set's lifetime after which the next use has it read again, in the background. */
export const REFRESH_AHEAD = 0.8

/** The set in use and until when. */
export interface HeldSet {
  readonly set: KeySet
  /** When its fetch began: ages count from there, so that the time on the way is never trusted on top. */
  readonly askedAt: Moment
  readonly readAtMs: number
  readonly lifetimeMs: number
}

/** What an operator sees of a set that is fetched. */
export function toHealth(
  held: HeldSet | undefined,
  trouble: Trouble,
  maxStaleMs: number,
  runtime: Runtime,
): KeySourceHealth {
  const ageMs = held === undefined ? undefined : toElapsedMs(runtime, held.askedAt)
  return {
    state: toState(held, ageMs, trouble, maxStaleMs),
    keyCount: held?.set.keys.length ?? 0,
    keyAgeMs: ageMs,
    lastSuccessAtMs: held?.readAtMs,
    lastFailureAtMs: trouble.last?.at.wallMs,
    lastFailureReason: trouble.last?.error.reason,
    lastFailureDetail: trouble.last?.error.detail,
    nextRefreshAtMs: toNextRefresh(held, ageMs, trouble, runtime.now()),
  }
}

/** Keys that grew old because nobody asked for them are no trouble, and are not reported as such. */
function toState(
  held: HeldSet | undefined,
  ageMs: number | undefined,
  trouble: Trouble,
  maxStaleMs: number,
): KeySourceHealth['state'] {
  const overdueMs = held === undefined || ageMs === undefined ? Infinity : ageMs - held.lifetimeMs
  if (overdueMs < 0) return 'fresh'
  if (trouble.count === 0) return 'idle'
  return overdueMs < maxStaleMs ? 'stale' : 'unavailable'
}

function toNextRefresh(
  held: HeldSet | undefined,
  ageMs: number | undefined,
  trouble: Trouble,
  nowMs: number,
): number | undefined {
  if (trouble.count > 0) return nowMs + trouble.restMs
  if (held === undefined || ageMs === undefined) return undefined
  return nowMs + Math.max(0, held.lifetimeMs * REFRESH_AHEAD - ageMs)
}
