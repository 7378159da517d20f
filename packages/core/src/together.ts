// From the module, not from the global object: whoever tests with a stopped clock must not stop requests.
import { setImmediate } from 'node:timers'
import type { Maybe } from './maybe.js'

/** While requests come alone, one turn in so many of them is looked at: to look makes a turn of the event loop longer. */
const LOOK_EVERY = 64

let isCrowded = false
let requests = 0
/** When every socket that had something in this turn of the event loop was read; where somebody asked for it. */
let endOfTurn: Promise<void> | undefined

/**
 * Judges a request: at once where it comes alone, and where several come in one turn of the event loop, all of them once the last
 * was read.
 *
 * A busy server that reads a request, judges it, answers it and only then reads the next goes through all of its code for each of
 * them, and meets little of it in the processor's cache again. To read them all, then to judge them all, then to answer them all
 * made 42 us of CPU a hot request of 51 on Express, 23 of 32 on Fastify, 30 of 40 on Koa: less than the same servers take without
 * authentication.
 *
 * Every request goes on in its own async context, in the order in which they came.
 *
 * @returns what the work returns; throws, or rejects, with what it throws
 */
export function together<T>(work: () => Maybe<T>): Maybe<T> {
  requests++
  if (isCrowded) return (endOfTurn ??= watchTurn()).then(work)
  if (requests % LOOK_EVERY === 0) void (endOfTurn ??= watchTurn())
  return work()
}

function watchTurn(): Promise<void> {
  const first = requests
  return new Promise((resolve) => {
    setImmediate(() => {
      isCrowded = requests > first
      endOfTurn = undefined
      resolve()
    })
  })
}
