import type { Delivery } from '../delivery/delivery.js'
import type { Draft } from '../delivery/drafts.js'
import type { Content } from '../event/writer.js'

/** Holds what is recorded before the stream has begun. */
export interface Beginning {
  readonly delivery: Delivery | undefined
  /** Events that have been lost, and are not with the delivery yet. */
  readonly lost: number
  offer(draft: Draft): void
  /** Counts an event that was lost before it got here. */
  lose(): void
  /** The stream has begun: what was held goes on its way. */
  begin(delivery: Delivery): void
  /** It is over: where the stream has not begun, what was held is lost. */
  end(): void
}

/** Creates the beginning of a stream; at most so many events are held, and so many characters of them. The last may go over that bound. */
export function createBeginning(maxEvents: number, maxBytes: number): Beginning {
  let held: Content[] = []
  let bytes = 0
  let lost = 0
  let delivery: Delivery | undefined
  /** Made at once: an event is bounded, and what it is made of may be a token of any length. */
  const hold = (draft: Draft): void => {
    try {
      const content = draft()
      if (content === undefined) return
      held.push(content)
      bytes += JSON.stringify(content).length
    } catch {
      lost += 1
    }
  }
  return {
    get delivery() {
      return delivery
    },
    get lost() {
      return lost
    },
    offer(draft) {
      if (delivery !== undefined) delivery.offer(draft)
      else if (held.length < maxEvents && bytes < maxBytes) hold(draft)
      else lost += 1
    },
    lose() {
      if (delivery === undefined) lost += 1
      else delivery.lose()
    },
    begin(begun) {
      delivery = begun
      for (const content of held) begun.offer(() => content)
      for (; lost > 0; lost--) begun.lose()
      held = []
    },
    end() {
      lost += held.length
      held = []
    },
  }
}
