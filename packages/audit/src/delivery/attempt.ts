import type { AuditEvent, AuditSink } from '@countersign/core'

/** How long a sink may take. */
export interface Patience {
  /** After so many milliseconds nobody counts on it any more; its answer is still welcome. */
  readonly lateMs: number
  /** After so many its signal aborts, and the batch is given to it again. */
  readonly hungMs: number
}

/** What became of one write. */
export type WriteOutcome =
  | { readonly kind: 'kept' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'hung' }

/**
 * Gives a batch to a sink. Never rejects, and never takes longer than `hungMs` of real time: a sink that hangs is one that failed.
 *
 * @param onLate called once, if `lateMs` pass without an answer
 */
export function attemptWrite(
  sink: AuditSink,
  batch: readonly AuditEvent[],
  { lateMs, hungMs }: Patience,
  onLate: () => void,
): Promise<WriteOutcome> {
  return new Promise((resolve) => {
    const controller = new AbortController()
    let timer = setTimeout(() => {
      setImmediate(() => {
        if (!isOver) onLate()
      })
      timer = setTimeout(() => settle({ kind: 'hung' }), Math.max(0, hungMs - lateMs))
      timer.unref()
    }, lateMs)
    timer.unref()
    let isOver = false
    const settle = (outcome: WriteOutcome): void => {
      isOver = true
      clearTimeout(timer)
      resolve(outcome)
      if (outcome.kind === 'hung') controller.abort()
    }
    const write = async (): Promise<void> => sink.write(batch, { signal: controller.signal })
    write().then(
      () => settle({ kind: 'kept' }),
      (error: unknown) => settle({ kind: 'failed', error }),
    )
  })
}

/** What failed, in one word. */
export function toFailure(outcome: WriteOutcome): string {
  if (outcome.kind === 'hung') return 'HUNG'
  return outcome.kind === 'failed' ? toWord(outcome.error) : ''
}

/** The code or the name of an error; never its message, which may quote what was written. */
export function toWord(error: unknown): string {
  try {
    const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown }
    const isWord = (word: unknown): word is string => typeof word === 'string' && /^\w{1,32}$/.test(word)
    return [code, name].find(isWord) ?? 'Error'
  } catch {
    return 'Error'
  }
}

/** Whether a sink is out of room: SQLSTATE 53100 is PostgreSQL's word for it. */
export function isFull(failure: string): boolean {
  return failure === 'ENOSPC' || failure === 'EDQUOT' || failure === '53100'
}
