import type { Logger } from '@countersign/core'
import { toWord } from './attempt.js'
import { waitFor } from './deadline.js'
import type { Runner } from './runner.js'

/** A sink that was given everything gets a moment of its own to close, however late it is. */
const CLOSE_MS = 500
/** So much of the time is left for the last words, or a quarter: a sink that is down to the end must not cost the others those. */
const LAST_MS = 1_000

/**
 * Waits until nothing waits any more, says that this was all, waits for that too, then flushes and closes the sinks; no longer than
 * `deadlineMs` and a moment.
 *
 * @returns whether nothing waits any more
 */
export async function endRunners(
  runners: readonly Runner[],
  deadlineMs: number,
  logger: Logger,
  sayLast: () => Promise<void>,
): Promise<boolean> {
  const endMs = performance.now() + deadlineMs
  const leftMs = (): number => Math.max(0, endMs - performance.now())
  await waitFor(drainAll(runners), deadlineMs - Math.min(LAST_MS, deadlineMs / 4))
  await waitFor(sayLast(), leftMs())
  await waitFor(drainAll(runners), leftMs())
  const closing = runners.map(async ({ sink, stop }) => {
    stop()
    try {
      await sink.flush?.(leftMs())
      await sink.close?.()
    } catch (error) {
      logger.warn('An audit sink did not close', { sink: sink.name, failure: toWord(error) })
    }
  })
  await waitFor(Promise.all(closing), Math.max(CLOSE_MS, leftMs()))
  // Asked last: what was under way may have come to its end meanwhile.
  return runners.every(({ queuedEvents }) => queuedEvents === 0)
}

/** What one sink recovers from is told to the others: they may have to be waited for again. */
async function drainAll(runners: readonly Runner[]): Promise<void> {
  while (runners.some(({ isRunning }) => isRunning)) await Promise.all(runners.map((runner) => runner.drain()))
}
