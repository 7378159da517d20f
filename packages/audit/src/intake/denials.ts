import type { AuditEntry, AuditEvent } from '@countersign/core'
import { keepEntry } from '../event/keep.js'
import { toNetwork } from '../event/network.js'
import type { Prefix } from '../event/network.js'
import { AS_IT_IS } from '../event/shape.js'

/** How many refusals of strangers are written whole, and how often the rest is told. */
export interface DenialRules {
  /** Written whole, on average. */
  readonly perSecond: number
  /** Written whole at once, after a quiet time. */
  readonly burst: number
  /** So often the counts are told, in seconds. */
  readonly countSeconds: number
  /** How much of an address tells one network from another, and is written. */
  readonly network: Prefix
  readonly now: () => number
  readonly monotonicNow: () => number
}

/** Refusals that were counted in place of being written. */
export interface CountedDenials {
  readonly entry: AuditEntry
  readonly counted: NonNullable<AuditEvent['counted']>
}

/** Lets refusals of strangers through up to a rate, and counts the others by reason and network. */
export interface Denials {
  /** Counted since the start. */
  readonly counted: number
  /** Counted, and nobody has asked for them yet. */
  readonly untold: number
  /**
   * Whether this one is written whole; if not, it has been counted.
   *
   * @throws InternalError `ERR_AUDIT_ENTRY`
   */
  admit(entry: AuditEntry): boolean
  /** What was counted since it was last asked. */
  take(): readonly CountedDenials[]
}

/** Beyond so many pairs of reason and network, the rest is counted by reason alone: a stranger has as many networks as they like. */
const MAX_GROUPS = 256

interface Group {
  readonly entry: AuditEntry
  readonly network: string | undefined
  count: number
  readonly firstMs: number
  lastMs: number
}

/** Creates an empty count, with all of the burst. */
export function createDenials({ perSecond, burst, network: prefix, now, monotonicNow }: DenialRules): Denials {
  let tokens = burst
  let filledMs = monotonicNow()
  let total = 0
  let groups = new Map<string, Group>()

  const count = ({ request, ...given }: AuditEntry): void => {
    // Now: by the time it is told, there is nobody left to be told that it cannot be.
    const kept = keepEntry({ type: given.type, outcome: given.outcome, reason: given.reason }, AS_IT_IS)
    const { type, outcome, reason } = kept
    total += 1
    const kind = `${type} ${outcome} ${reason}`
    const network = request?.ip === undefined ? undefined : toNetwork(request.ip, prefix)
    const own = `${kind} ${network}`
    const name = groups.has(own) || groups.size < MAX_GROUPS ? own : kind
    const group = groups.get(name)
    const nowMs = now()
    if (group === undefined) {
      const isOwn = name === own
      groups.set(name, { entry: kept, network: isOwn ? network : undefined, count: 1, firstMs: nowMs, lastMs: nowMs })
    } else {
      group.count += 1
      group.lastMs = nowMs
    }
  }
  return {
    get counted() {
      return total
    },
    get untold() {
      return Array.from(groups.values()).reduce((sum, group) => sum + group.count, 0)
    },
    admit(entry) {
      const nowMs = monotonicNow()
      tokens = Math.min(burst, tokens + ((nowMs - filledMs) / 1_000) * perSecond)
      filledMs = nowMs
      if (tokens < 1) {
        count(entry)
        return false
      }
      tokens -= 1
      return true
    },
    take() {
      const taken = groups
      groups = new Map()
      return Array.from(taken.values(), (group) => ({
        entry: group.entry,
        counted: {
          count: group.count,
          ...(group.network === undefined ? {} : { network: group.network }),
          firstTime: new Date(group.firstMs).toISOString(),
          lastTime: new Date(group.lastMs).toISOString(),
        },
      }))
    },
  }
}
