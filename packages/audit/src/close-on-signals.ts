import type { Logger } from '@countersign/core'
import { list, logger, number, optional, readTable, silentLogger } from '@countersign/core/adapter'
import type { OptionTable } from '@countersign/core/adapter'
import { toWord } from './delivery/attempt.js'
import { waitFor } from './delivery/deadline.js'
import { action, signal } from './option-kinds.js'
import type { AuditTrail } from './trail.js'

/** Options of {@link closeOnSignals}. */
export interface CloseOnSignalsOptions {
  /**
   * Comes before the trail is closed: stops serving, and ends when the last request has been answered, such as `() => server.close()`
   * of node:http, or `() => app.close()` of Fastify. Of a server that it comes to, the last connection is waited for. Without, what
   * is still served is lost to the trail.
   */
  readonly before?: (() => PromiseLike<unknown> | { close(callback: (error?: Error) => void): unknown }) | undefined
  /** Of `before`, in milliseconds: then the trail is closed all the same. Default 10,000. */
  readonly beforeDeadlineMs?: number | undefined
  /** Of `close`, in milliseconds. Default 5,000. */
  readonly deadlineMs?: number | undefined
  /** Default `SIGTERM` and `SIGINT`. */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /** Hears that `before` has failed, or has not ended in time. Default: nobody does. */
  readonly logger?: Logger | undefined
}

interface ReadOptions {
  readonly before: (() => unknown) | undefined
  readonly beforeDeadlineMs: number
  readonly deadlineMs: number
  readonly signals: readonly NodeJS.Signals[]
  readonly logger: Logger
}

const MOST_MS = 3_600_000

const OPTIONS: OptionTable<ReadOptions> = {
  before: optional(action),
  beforeDeadlineMs: optional(number('milliseconds', 1, MOST_MS), 10_000),
  deadlineMs: optional(number('milliseconds', 1, MOST_MS), 5_000),
  signals: optional(list(signal, 'a list of signals'), ['SIGTERM', 'SIGINT']),
  logger: optional(logger, silentLogger),
}

/**
 * Closes a trail when the process is asked to end, once `before` has stopped what it serves, and then lets it end as it would have:
 * unless somebody else listens to the signal, it is sent again. Nothing of the kind is installed without this call.
 *
 * @returns a function that takes the listeners away
 * @throws ConfigurationError naming the option
 */
export function closeOnSignals(trail: AuditTrail, options: CloseOnSignalsOptions = {}): () => void {
  const { signals, deadlineMs, ...rules } = readTable(OPTIONS, options, '')
  const remove = (): void => signals.forEach((name) => process.removeListener(name, onSignal))
  const end = async (name: NodeJS.Signals): Promise<void> => {
    await stopServing(rules)
    await trail.close(deadlineMs)
    if (process.listenerCount(name) === 0) process.kill(process.pid, name)
  }
  const onSignal = (name: NodeJS.Signals): void => {
    remove()
    void end(name)
  }
  signals.forEach((name) => process.on(name, onSignal))
  return remove
}

/** Waits for what is to come before; never rejects. */
async function stopServing({ before, beforeDeadlineMs, logger: log }: Omit<ReadOptions, 'signals' | 'deadlineMs'>) {
  if (before === undefined) return
  try {
    if ((await waitFor(callBefore(before), beforeDeadlineMs)) === true) return
    log.warn('What an audit trail waits for before it is closed has not ended in time', {
      deadlineMs: beforeDeadlineMs,
    })
  } catch (error) {
    log.warn('What an audit trail waits for before it is closed has failed', { failure: toWord(error) })
  }
}

async function callBefore(before: () => unknown): Promise<true> {
  const stopped = await before()
  // The server itself, told to close by `before`, and not yet drained: told once more, it says when it is.
  if (isServer(stopped)) await new Promise<void>((resolve) => void stopped.close(() => resolve()))
  return true
}

function isServer(value: unknown): value is { close(callback: () => void): unknown } {
  return typeof (value as { readonly close?: unknown } | null | undefined)?.close === 'function'
}
