import type { Runtime } from './runtime.js'

/** Both clocks, in milliseconds: the wall clock since the epoch, the other since any moment and never back. */
export type Clock = Pick<Runtime, 'now' | 'monotonicNow'>

/** One moment on both clocks, in milliseconds. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** The present on both clocks. */
export function toMoment(clock: Clock): Moment {
  return { wallMs: clock.now(), monotonicMs: clock.monotonicNow() }
}

/**
 * Milliseconds since `since`: the larger of what the two clocks say.
 *
 * The monotonic clock stands still while a machine is suspended, and the wall clock can be set back: alone, either would
 * let what was learnt long ago pass for recent.
 */
export function toElapsedMs(clock: Clock, since: Moment): number {
  return Math.max(clock.monotonicNow() - since.monotonicMs, clock.now() - since.wallMs)
}
