/** An id that Redis has not seen. */
export interface LocalClaim {
  readonly id: string
  /** Until when it may be sent again, on the clock that is never set: one that was set forward for a while must lose no id. */
  readonly endsAtMs: number
}

/** What a process took without Redis, and has to tell it. */
export interface LocalClaims {
  /** How many were added since they were taken last, those that ran out since among them. */
  readonly added: number
  /** How many are held: those that may still be sent, and at most about half as many more. */
  readonly size: number
  add(claim: LocalClaim): void
  /** Takes those that may still be sent. */
  take(): readonly LocalClaim[]
}

/** Looked at with each new one: an outage of an hour must not hold every id of that hour, nor any claim walk through all of them. */
const LOOKED_AT = 4

/** Creates an empty list. */
export function createLocalClaims(monotonicNow: () => number): LocalClaims {
  let claims: LocalClaim[] = []
  let added = 0
  let at = 0

  const sweep = (nowMs: number): void => {
    for (let left = LOOKED_AT; left > 0 && claims.length > 0; left--) {
      if (at >= claims.length) at = 0
      if ((claims[at]?.endsAtMs ?? 0) > nowMs) {
        at += 1
        continue
      }
      const last = claims.pop()
      if (last !== undefined && at < claims.length) claims[at] = last
    }
  }
  return {
    get added() {
      return added
    },
    get size() {
      return claims.length
    },
    add(claim) {
      sweep(monotonicNow())
      claims.push(claim)
      added += 1
    },
    take() {
      const nowMs = monotonicNow()
      const taken = claims.filter(({ endsAtMs }) => endsAtMs > nowMs)
      claims = []
      added = 0
      at = 0
      return taken
    },
  }
}
