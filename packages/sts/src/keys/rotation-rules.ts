import { invalid } from '@countersign/core/adapter'
import type { RotationRules } from './ring.js'
import type { SigningAlgorithm } from './signing-keys.js'

/** How long HTTP lets anybody keep the key set, in seconds: `max-age`, and `stale-if-error`. */
export const JWKS_MAX_AGE_SECONDS = 300

/** Nothing signs that was published for less, whatever the configuration says. */
const LEAST_PENDING_MS = 900_000
const DAY_MS = 86_400_000

/** What the rules are made of. */
export interface RotationTimes {
  readonly algorithms: readonly SigningAlgorithm[]
  readonly pendingMs: number
  readonly activeMs: number
  readonly retiringMs: number | undefined
  readonly maxTokenLifetimeSeconds: number
  readonly clockToleranceSeconds: number
  readonly verifierCacheSeconds: number
  readonly refreshMs: number
  readonly maxStaleMs: number
}

/**
 * Makes the rules, and checks that they agree with one another: every verifier has a key before it signs, and has it for as long
 * as a token that it signed can live.
 *
 * @throws ConfigurationError naming the option that breaks an invariant, and the least that keeps it
 */
export function toRotationRules(times: RotationTimes): RotationRules {
  const { algorithms, pendingMs, activeMs, maxStaleMs, refreshMs } = times
  if (new Set(algorithms).size !== algorithms.length)
    throw invalid({ option: 'algorithms', got: algorithms, wants: 'each algorithm once', fix: 'Take out the repeat.' })
  // A replica that has not heard the store for so long still serves, and signs with, what it knew.
  const marginMs = maxStaleMs + times.clockToleranceSeconds * 1_000
  const lifetimeMs = (times.maxTokenLifetimeSeconds + times.clockToleranceSeconds) * 1_000
  const leastPendingMs = Math.max(LEAST_PENDING_MS, (JWKS_MAX_AGE_SECONDS + times.verifierCacheSeconds) * 1_000)
  const leastRetiringMs = lifetimeMs + JWKS_MAX_AGE_SECONDS * 1_000
  const retiringMs = times.retiringMs ?? Math.max(DAY_MS, leastRetiringMs)

  checkLeast('pendingMs', pendingMs, leastPendingMs, 'the max-age of the key set and verifierCacheSeconds')
  checkLeast('activeMs', activeMs, pendingMs + marginMs, 'pendingMs, maxStaleMs and clockToleranceSeconds')
  checkLeast('retiringMs', retiringMs, leastRetiringMs, 'the longest token, clockToleranceSeconds and max-age')
  checkLeast('maxStaleMs', maxStaleMs, refreshMs * 3, 'three looks at the store, each refreshMs after the other')
  return { algorithms, pendingMs, activeMs, retiringMs, denyMs: lifetimeMs + marginMs, marginMs }
}

function checkLeast(option: string, got: number, leastMs: number, sum: string): void {
  if (got >= leastMs) return
  throw invalid({ option, got, wants: `at least ${leastMs} milliseconds`, fix: `It must cover ${sum}.` })
}
