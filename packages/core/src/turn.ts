import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setImmediate } from 'node:timers'
import type { Maybe } from './maybe.js'

// Taken once, and not from the global object: whoever tests with a stopped clock must not stop requests.
const afterReading = setImmediate
const afterAnswering = process.nextTick

/** While requests come alone, one turn in so many of them is looked at: to look makes a turn longer. A prime, lest it be the last of its turn each time. */
const LOOK_EVERY = 61
/** So many requests wait for each other. Of 256 at once what was read of the first would have left the cache again: 49 us of CPU on Express in place of 44. */
const MOST_TOGETHER = 64
/** How long the event loop belongs to long work before sockets are looked at again. */
const SLICE_MS = 5
/** So much long work may wait. What comes beyond is done where it came, so that its sender has to wait as well. */
const MAX_WAITING = 1_000

/** Requests that wait until the others are read. */
interface Batch {
  size: number
  readonly read: Promise<void>
  end(): void
}

let requests = 0
let isCrowded = false
let isScheduled = false
/** How many requests had come when this turn of the event loop was first looked at. */
let watched: number | undefined
let batch: Batch | undefined
let waiting: (() => void)[] = []

/**
 * Judges a request: at once while requests come alone, and once the others were read, or 64 of them, while several come in one turn of
 * the event loop.
 *
 * A busy server that reads a request, judges it, answers it and only then reads the next goes through all of its code for each of
 * them, and meets little of it in the processor's cache again. To read them all, then to judge them all, then to answer them all
 * made 42 us of CPU a hot request of 51 on Express, 23 of 32 on Fastify, 30 of 40 on Koa (Node 24, 32 connections): less than the same
 * servers take without authentication.
 *
 * Every request goes on in its own async context.
 *
 * @returns what the work returns; throws, or rejects, with what it throws
 */
export function together<T>(work: () => Maybe<T>): Maybe<T> {
  requests++
  if (!isCrowded) {
    if (requests % LOOK_EVERY === 0) watchTurn()
    return work()
  }
  watchTurn()
  batch ??= createBatch()
  // More of them in one reading of one socket: their answers, where they are refused, tell Node to read no more of it.
  if (batch.size === MOST_TOGETHER) return work()
  const judged = batch.read.then(work)
  if (++batch.size === MOST_TOGETHER) endBatch()
  return judged
}

/**
 * Does long work at the end of this turn of the event loop: when every socket that had something was read, and whoever is known was answered.
 *
 * The answers of such requests then leave together: their readers are woken once and not for each, which is most of what an answer
 * costs. In slices: many requests that arrive at once, one connection may pipeline a hundred, hold up nobody for longer than one of them,
 * up to 1,000 that wait. Work beyond them is done at once, as the whole of a reading of sockets may be.
 *
 * @returns what the work returns; throws, or rejects, with what it throws
 */
export function atEndOfTurn<T>(work: () => T): Maybe<T> {
  if (waiting.length >= MAX_WAITING) return work()
  return new Promise((resolve, reject) => {
    schedule()
    waiting.push(() => {
      try {
        resolve(work())
      } catch (error) {
        reject(error)
      }
    })
  })
}

function watchTurn(): void {
  watched ??= requests
  schedule()
}

function createBatch(): Batch {
  let end = (): void => {}
  const read = new Promise<void>((resolve) => {
    end = resolve
  })
  return { size: 0, read, end }
}

/** Has them judged, and answered, as soon as the socket is read that is being read. */
function endBatch(): void {
  const ended = batch
  if (ended === undefined) return
  ended.end()
  void ended.read.then(() => {
    if (batch === ended) batch = undefined
  })
}

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  afterReading(endTurn)
}

/** Those who waited for the others are judged and answered in the microtasks that follow, and long work begins with the tick after them. */
function endTurn(): void {
  if (watched !== undefined) isCrowded = requests > watched
  watched = undefined
  endBatch()
  void Promise.resolve().then(() => afterAnswering(runSlice))
}

function runSlice(): void {
  const endMs = performance.now() + SLICE_MS
  let done = 0
  while (done < waiting.length && performance.now() < endMs) waiting[done++]?.()
  waiting = waiting.slice(done)
  isScheduled = false
  if (waiting.length > 0 || watched !== undefined) schedule()
}
