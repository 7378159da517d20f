import { toElapsedMs, toMoment } from '@countersign/core/adapter'
import type { Clock, Moment } from '@countersign/core/adapter'

/** When a breaker opens, and for how long. */
export interface BreakerRules {
  /** So many failures in a row open it. */
  readonly failures: number
  /** So long nothing is tried; then one call tries, while the others are still refused. */
  readonly cooldownMs: number
}

/** Spares a server that is away, and whoever would wait for it. */
export interface Breaker {
  /** Whether the server counts as away, a probe under way or not. */
  readonly isOpen: boolean
  /** Milliseconds until the next probe; 0 where a call may go now. */
  readonly waitMs: number
  /** Lets a call through, or not. Each that went through is followed by `succeed` or `fail`. */
  tryEnter(): boolean
  /** Returns whether this closed it. */
  succeed(): boolean
  /** Returns whether this opened it, after it was closed. */
  fail(): boolean
}

/** Creates a closed breaker. */
export function createBreaker({ failures, cooldownMs }: BreakerRules, clock: Clock): Breaker {
  let inARow = 0
  let openedAt: Moment | undefined
  let isProbing = false
  const toWaitMs = (): number => {
    if (openedAt === undefined) return 0
    return isProbing ? cooldownMs : Math.max(0, cooldownMs - toElapsedMs(clock, openedAt))
  }
  return {
    get isOpen() {
      return openedAt !== undefined
    },
    get waitMs() {
      return toWaitMs()
    },
    tryEnter() {
      if (openedAt === undefined) return true
      if (toWaitMs() > 0) return false
      isProbing = true
      return true
    },
    succeed() {
      const wasOpen = openedAt !== undefined
      inARow = 0
      openedAt = undefined
      isProbing = false
      return wasOpen
    },
    fail() {
      inARow += 1
      const wasOpen = openedAt !== undefined
      if (!wasOpen && inARow < failures) return false
      openedAt = toMoment(clock)
      isProbing = false
      return !wasOpen
    },
  }
}
