import type { Delivery } from '../delivery/delivery.js'
import type { Content } from '../event/writer.js'

/** Holds what is recorded before the stream has begun. */
export interface Beginning {
  readonly delivery: Delivery | undefined
  offer(content: Content): void
  /** The stream has begun: what was held goes on its way. */
  begin(delivery: Delivery): void
}

/** Creates the beginning of a stream; at most so many events are held. */
export function createBeginning(maxEvents: number): Beginning {
  let held: Content[] = []
  let lost = 0
  let delivery: Delivery | undefined
  return {
    get delivery() {
      return delivery
    },
    offer(content) {
      if (delivery !== undefined) delivery.offer(content)
      else if (held.length < maxEvents) held.push(content)
      else lost += 1
    },
    begin(begun) {
      delivery = begun
      for (const content of held) begun.offer(content)
      for (; lost > 0; lost--) begun.lose()
      held = []
    },
  }
}
