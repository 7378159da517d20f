import type { Logger } from '@countersign/core'
import { publishTrailEvent } from '../diagnostics.js'

/** Counts what comes once a trail was told to close. */
export interface Late {
  /** Events that have come, and that the stream does not know of. */
  readonly lost: number
  /** One has come. */
  add(): void
  /** The stream is about to end: it hears of what has come so far, and of nothing later. */
  end(): void
}

const FIX = 'Stop serving first, as closeOnSignals(trail, { before }) does; health().lost counts them.'

/**
 * Creates an empty count. The stream hears of it but once: were each told as it comes, a server that goes on would keep it from ending.
 *
 * @param lose counts an event as lost in the stream
 */
export function createLate(logger: Logger, lose: () => void): Late {
  let lost = 0
  let [isWarned, isEnded] = [false, false]
  return {
    get lost() {
      return lost
    },
    add() {
      lost += 1
      if (isEnded) publishTrailEvent(() => ({ type: 'lost', sink: undefined, count: 1 }))
      if (!isWarned) logger.warn('Audit events come after close(), and are lost', { fix: FIX })
      isWarned = true
    },
    end() {
      isEnded = true
      for (; lost > 0; lost--) lose()
    },
  }
}
