import type { Runtime } from './runtime.js'

/** One moment on both clocks, in milliseconds. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** The present on both clocks. */
export function toMoment(runtime: Runtime): Moment {
  return { wallMs: runtime.now(), monotonicMs: runtime.monotonicNow() }
}

/**
 * Milliseconds since `since`: the larger of what the two clocks say.
 *
 * The monotonic clock stands still while a machine is suspended, and the wall clock can be set back: alone, either would
 * let what was learnt long ago pass for recent.
 */
export function toElapsedMs(runtime: Runtime, since: Moment): number {
  return Math.max(runtime.monotonicNow() - since.monotonicMs, runtime.now() - since.wallMs)
}
