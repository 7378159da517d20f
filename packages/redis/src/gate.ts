import { UpstreamError } from '@countersign/core'
import type { Logger } from '@countersign/core'
import type { Clock } from '@countersign/core/adapter'
import { createBreaker } from './breaker.js'
import type { BreakerRules } from './breaker.js'
import { withDeadline } from './deadline.js'
import { toFailure } from './failure.js'

/** What a gate keeps to. */
export interface GateRules {
  readonly deadlineMs: number
  readonly breaker: BreakerRules
}

/** The one way to a server: nobody waits past the deadline, and nobody waits at all while the server is known to be away. */
export interface Gate {
  /** Whether the server counts as away. */
  readonly isOpen: boolean
  /**
   * Runs one piece of work.
   *
   * @throws UpstreamError `ERR_STORE_UNAVAILABLE`: it failed, took too long, or was not begun
   */
  run<T>(work: (isLate: () => boolean) => Promise<T>): Promise<T>
}

/** Creates a gate. `logger` hears of it when the server goes away and when it is back. */
export function createGate({ deadlineMs, breaker: rules }: GateRules, clock: Clock, logger: Logger): Gate {
  const breaker = createBreaker(rules, clock)
  return {
    get isOpen() {
      return breaker.isOpen
    },
    async run(work) {
      if (!breaker.tryEnter()) throw unavailable({ away: true }, breaker.waitMs)
      const outcome = await withDeadline(deadlineMs, work)
      if (outcome.kind === 'done') {
        if (breaker.succeed()) logger.info('Redis answers again')
        return outcome.value
      }
      const failure = outcome.kind === 'late' ? `no answer in ${deadlineMs} ms` : toFailure(outcome.error)
      if (breaker.fail()) logger.warn('Redis counts as away', { failure, cooldownMs: rules.cooldownMs })
      const cause = outcome.kind === 'late' ? undefined : outcome.error
      throw unavailable({ failure }, breaker.waitMs, cause)
    },
  }
}

function unavailable(
  detail: Readonly<Record<string, string | boolean>>,
  waitMs: number,
  cause?: unknown,
): UpstreamError {
  return new UpstreamError('ERR_STORE_UNAVAILABLE', { detail, cause, retryAfterSeconds: waitMs / 1_000 })
}
