import type { Sealed } from '../chain/sealer.js'
import type { Ticket } from './ticket.js'

/** What waits for a sink. */
export interface QueuedEvent extends Sealed {
  /** Whether it goes first when there is no room. */
  readonly isOrdinary: boolean
  /** Who waits for it. */
  readonly ticket: Ticket | undefined
}

/** The most that waits for one sink. */
export interface QueueRules {
  readonly maxEvents: number
  /** Of the lines, in characters. */
  readonly maxBytes: number
  /** What of both ordinary events may not use, 0 to 1. */
  readonly reservedShare: number
}

/** What waits for one sink, in order, within bounds. */
export interface Queue {
  readonly events: number
  readonly bytes: number
  /** Whether there is room for one more. The last event may go over the bound on bytes: it is bounded itself. */
  hasRoom(isOrdinary: boolean): boolean
  /** Whether so little waits that what was refused may be offered again. */
  readonly isRelaxed: boolean
  push(item: QueuedEvent): void
  /** The first events, without taking them. */
  peek(maxEvents: number, maxBytes: number): readonly QueuedEvent[]
  /** Takes the first so many. */
  drop(count: number): void
  /** Takes out the ordinary ones. */
  dropOrdinary(): readonly QueuedEvent[]
}

/** Creates an empty queue. */
export function createQueue({ maxEvents, maxBytes, reservedShare }: QueueRules): Queue {
  let items: QueuedEvent[] = []
  let first = 0
  let bytes = 0
  const ordinary = { events: maxEvents * (1 - reservedShare), bytes: maxBytes * (1 - reservedShare) }
  const count = (): number => items.length - first
  return {
    get events() {
      return count()
    },
    get bytes() {
      return bytes
    },
    get isRelaxed() {
      return count() <= ordinary.events / 2 && bytes <= ordinary.bytes / 2
    },
    hasRoom(isOrdinary) {
      const bound = isOrdinary ? ordinary : { events: maxEvents, bytes: maxBytes }
      return count() < bound.events && bytes < bound.bytes
    },
    push(item) {
      items.push(item)
      bytes += item.line.length
    },
    peek(maxCount, maxBatchBytes) {
      let end = first
      let size = 0
      while (end < items.length && end - first < maxCount && size < maxBatchBytes)
        size += items[end++]?.line.length ?? 0
      return items.slice(first, end)
    },
    drop(dropped) {
      for (const end = first + dropped; first < end; first++) {
        bytes -= items[first]?.line.length ?? 0
      }
      // Shifting one by one would move the whole array each time.
      if (first * 2 >= items.length) {
        items = items.slice(first)
        first = 0
      }
    },
    dropOrdinary() {
      const all = items.slice(first)
      items = all.filter(({ isOrdinary }) => !isOrdinary)
      first = 0
      bytes = items.reduce((sum, { line }) => sum + line.length, 0)
      return all.filter(({ isOrdinary }) => isOrdinary)
    },
  }
}
