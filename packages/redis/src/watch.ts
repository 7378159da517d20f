import type { Logger } from '@countersign/core'
import type { Clock } from '@countersign/core/adapter'
import { MESSAGES, toAcceptsFromMs } from './inspection.js'
import type { Inspection, RedisReadiness, RedisWarning } from './inspection.js'

/** Notices that a memory began anew, and has the whole of it looked at then. */
export interface Watch {
  /** Looks now; calls meanwhile share one look. Never rejects. */
  inspect(): Promise<RedisReadiness>
  /** Takes note of since when a part of the memory has no gap. */
  see(sinceMs: number): void
}

/** A look that found something unreachable is repeated, with claims, no more often than this. */
const PAUSE_MS = 1_000

/**
 * Creates the watch over one memory. It has no timer: it looks when it is told of a claim.
 *
 * The parts of a memory that lost something are begun at once, rather than each when it is next used: a part that begins late
 * would refuse longer than it must.
 */
export function createWatch(look: () => Promise<Inspection>, clock: Clock, logger: Logger): Watch {
  const told = new Set<RedisWarning>()
  let looking: Promise<RedisReadiness> | undefined
  let isSound = false
  let latestSinceMs: number | undefined
  let lastLookMs = -Infinity

  const inspect = (): Promise<RedisReadiness> => {
    looking ??= look().then(({ ok, warnings, acceptsFromMs, latestSinceMs: foundMs }) => {
      looking = undefined
      lastLookMs = clock.monotonicNow()
      isSound = ok
      if (ok) latestSinceMs = Math.max(latestSinceMs ?? 0, foundMs)
      for (const warning of warnings) {
        const times = warning === 'new-memory' ? toTimes(foundMs) : {}
        if (!told.has(warning)) logger.warn(MESSAGES[warning], { warning, ...times })
        told.add(warning)
      }
      return { ok, warnings, acceptsFromMs }
    })
    return looking
  }
  return {
    inspect,
    see(sinceMs) {
      if (latestSinceMs !== undefined && sinceMs > latestSinceMs) {
        logger.warn('Redis may have forgotten ids: only proofs made since are taken', toTimes(sinceMs))
        told.add('new-memory')
        isSound = false
        lastLookMs = -Infinity
      }
      latestSinceMs = Math.max(latestSinceMs ?? 0, sinceMs)
      if (!isSound && clock.monotonicNow() - lastLookMs >= PAUSE_MS) void inspect()
    },
  }
}

function toTimes(memorySinceMs: number): { readonly memorySinceMs: number; readonly acceptsFromMs: number } {
  return { memorySinceMs, acceptsFromMs: toAcceptsFromMs(memorySinceMs) }
}
