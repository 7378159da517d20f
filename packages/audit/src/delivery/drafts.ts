import type { Content } from '../event/writer.js'

/** An event that is made when its turn has come; `undefined` for one that is not kept after all. */
export type Draft = () => Content | undefined

/** What nothing waits for, gathered for a while. */
export interface Drafts {
  add(draft: Draft): void
  /** Takes all of them, in order. */
  settle(): void
}

/**
 * So long they are gathered, in milliseconds. An event by itself costs 180 µs to make, each of many at once 20; a batch of one costs a
 * write, a sync and a thread: 200 µs.
 */
const GATHER_MS = 50
const MAX_DRAFTS = 64

/**
 * Creates a gathering.
 *
 * @param maxEvents of the queues behind it: of their room it takes no more than a part at once
 * @param take gets each in turn; never throws
 */
export function createDrafts(maxEvents: number, take: (draft: Draft) => void): Drafts {
  const most = Math.max(1, Math.min(MAX_DRAFTS, maxEvents >> 3))
  const drafts: Draft[] = []
  let timer: NodeJS.Timeout | undefined
  const settle = (): void => {
    clearTimeout(timer)
    timer = undefined
    // One by one: making an event may bring about another, which then finds only what is left, and comes after it.
    for (let draft = drafts.shift(); draft !== undefined; draft = drafts.shift()) take(draft)
  }
  return {
    add(draft) {
      drafts.push(draft)
      if (drafts.length >= most) settle()
      // Holds the process: one that comes to its end writes first.
      else timer ??= setTimeout(settle, GATHER_MS)
    },
    settle,
  }
}
