/** Both clocks, in milliseconds: the wall clock since the epoch, the other since any moment and never back. */
export interface Clock {
  now(): number
  monotonicNow(): number
}

/** One moment on both clocks. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** The present on both clocks. */
export function toMoment(clock: Clock): Moment {
  return { wallMs: clock.now(), monotonicMs: clock.monotonicNow() }
}

/** Milliseconds since `since`, by whichever clock says more: one stands still in a suspended machine, the other can be set back. */
export function toElapsedMs(clock: Clock, since: Moment): number {
  return Math.max(clock.monotonicNow() - since.monotonicMs, clock.now() - since.wallMs)
}
