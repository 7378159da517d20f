/** The two clocks of a machine: what the wall says, and what has elapsed. */
export interface Clock {
  /** Wall clock in milliseconds since the epoch; it may jump. */
  now(): number
  /** Milliseconds since any moment; it never goes back, and stands still while the machine sleeps. */
  monotonicNow(): number
}

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  /**
   * Lets time pass on both clocks.
   *
   * @throws RangeError where `ms` is negative or not a finite number
   */
  advance(ms: number): void
  /**
   * Moves the wall clock alone, forwards or backwards: an operator or NTP has set it.
   *
   * @throws RangeError where `ms` is not a finite number
   */
  advanceWall(ms: number): void
  /**
   * Sleeps as a suspended machine does: when it wakes the wall clock is later and the monotonic one is not.
   *
   * @throws RangeError where `ms` is negative or not a finite number
   */
  suspend(ms: number): void
  /**
   * Sets the wall clock to a moment, in milliseconds since the epoch.
   *
   * @throws RangeError where `ms` is not a finite number
   */
  setWall(ms: number): void
}

/** The clocks of this process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicNow: () => performance.now(),
}

/** Where a test clock's monotonic side starts: neither zero nor near the wall clock, so that mixing up the two shows. */
const MONOTONIC_START_MS = 5000

/**
 * Creates a clock that stands still until it is moved.
 *
 * Timers are not affected: a deadline of 3 s still takes 3 s.
 *
 * @param startMs where the wall clock starts, in milliseconds since the epoch; by default the present moment
 * @throws RangeError where `startMs` is not a finite number
 */
export function createTestClock(startMs: number = Date.now()): TestClock {
  let wallMs = toFinite('startMs', startMs)
  let monotonicMs = MONOTONIC_START_MS
  return {
    now: () => wallMs,
    monotonicNow: () => monotonicMs,
    advance(ms) {
      const elapsedMs = toDuration('advance', ms)
      wallMs += elapsedMs
      monotonicMs += elapsedMs
    },
    advanceWall(ms) {
      wallMs += toFinite('advanceWall', ms)
    },
    suspend(ms) {
      wallMs += toDuration('suspend', ms)
    },
    setWall(ms) {
      wallMs = toFinite('setWall', ms)
    },
  }
}

function toFinite(name: string, ms: number): number {
  if (!Number.isFinite(ms)) throw new RangeError(`${name} wants a finite number of milliseconds, got ${String(ms)}`)
  return ms
}

function toDuration(name: string, ms: number): number {
  if (toFinite(name, ms) < 0) throw new RangeError(`${name} wants no negative time, got ${String(ms)}; use advanceWall`)
  return ms
}
