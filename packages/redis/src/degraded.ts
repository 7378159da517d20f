import { UpstreamError, memoryReplayStore } from '@countersign/core'
import type { Logger } from '@countersign/core'
import { callSafely, toElapsedMs, toMoment } from '@countersign/core/adapter'
import type { Clock, Moment } from '@countersign/core/adapter'
import { createLocalClaims } from './local-claims.js'
import type { LocalClaim } from './local-claims.js'

/** How long and how much one process may remember by itself. */
export interface DegradedRules {
  /** Seconds an outage. What comes again within as many of its end is the same one: of a cluster one node may hang while others answer. */
  readonly local: number
  readonly maxEntries: number
}

/** What becomes of a local window: it begins with the first id it takes, runs out, and ends when Redis answers again. */
export interface DegradedEvent {
  readonly state: 'local' | 'exhausted' | 'recovered'
  /** When the window began, in milliseconds since the epoch. */
  readonly sinceMs: number
  /** How many ids were taken without Redis so far. */
  readonly accepted: number
}

/** The memory of one process, kept beside the shared one and used in its place while that is away. */
export interface LocalWindow {
  /** Remembers what Redis called fresh. `false`: this process took it meanwhile without Redis. */
  confirm(id: string, ttlMs: number): boolean
  /**
   * Claims an id without Redis.
   *
   * @throws UpstreamError `ERR_STORE_UNAVAILABLE`: the time is up, the window full, or an id of ours was not remembered
   */
  claim(id: string, ttlMs: number): boolean
  /** Redis answers again: ends the window and gives what Redis has to be told. */
  recover(): readonly LocalClaim[]
}

/** Creates the window of a process. Of ids that other processes took, before the outage or in it, it knows nothing. */
export function createLocalWindow(
  rules: DegradedRules,
  clock: Clock,
  logger: Logger,
  onDegraded: ((event: DegradedEvent) => void) | undefined,
): LocalWindow {
  const ids = memoryReplayStore({ maxEntries: rules.maxEntries, monotonicNow: clock.monotonicNow })
  let began: Moment | undefined
  /** When Redis answered again, as long as the outage may come back. */
  let ended: Moment | undefined
  let isExhausted = false
  const taken = createLocalClaims(() => clock.monotonicNow())
  /** Until when an id that did not fit could still be sent again. */
  let blindUntil = -Infinity

  const tell = (state: DegradedEvent['state'], since: Moment): void => {
    const event = { state, sinceMs: since.wallMs, accepted: taken.added }
    logger.warn('Replays are looked for in this process alone', { ...event })
    // Whoever listens must not turn an outage into another.
    callSafely(() => onDegraded?.(event))
  }
  return {
    confirm(id, ttlMs) {
      try {
        return ids.claim(id, ttlMs).fresh
      } catch {
        blindUntil = Math.max(blindUntil, clock.monotonicNow() + ttlMs)
        return true
      }
    },
    claim(id, ttlMs) {
      if (ended !== undefined && toElapsedMs(clock, ended) >= rules.local * 1_000) {
        began = undefined
        ended = undefined
        isExhausted = false
      }
      const since = began ?? toMoment(clock)
      if (toElapsedMs(clock, since) >= rules.local * 1_000) {
        if (!isExhausted) tell('exhausted', since)
        isExhausted = true
        throw new UpstreamError('ERR_STORE_UNAVAILABLE', { detail: { localSeconds: rules.local } })
      }
      // An id that did not fit may be the very one that is asked for.
      if (clock.monotonicNow() < blindUntil)
        throw new UpstreamError('ERR_STORE_UNAVAILABLE', { detail: { maxEntries: rules.maxEntries } })
      if (!ids.claim(id, ttlMs).fresh) return false
      taken.add({ id, endsAtMs: clock.monotonicNow() + ttlMs })
      if (began === undefined || ended !== undefined) {
        began = since
        ended = undefined
        tell('local', since)
      }
      return true
    },
    recover() {
      if (began === undefined || ended !== undefined) return []
      tell('recovered', began)
      ended = toMoment(clock)
      return taken.take()
    },
  }
}
