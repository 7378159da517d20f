import type { AuditHead, AuditSink, Logger } from '@countersign/core'
import { toWord } from './attempt.js'

/**
 * Asks sinks for the last event that they have, until one of the required has answered: a stream that begins without knowing what it
 * follows would let the end of the one before go missing. Retries each second; `isOver` ends it.
 *
 * The first that has one counts, and one that only this process writes to before any that it shares: what another process wrote last is
 * in no file of this one, whose stream before would look cut off.
 *
 * @param waitMs so long is waited for those that are slower than the first
 */
export async function readPredecessor(
  sinks: readonly AuditSink[],
  waitMs: number,
  isOver: () => boolean,
  logger: Logger,
): Promise<AuditHead | undefined> {
  const silent = new Set<AuditSink>()
  const note = (sink: AuditSink, error: unknown): void => {
    if (silent.has(sink)) return
    silent.add(sink)
    const fix = 'Until one of the required sinks says what its last event is, the trail does not begin.'
    logger.warn('An audit sink does not say how the trail ended', { sink: sink.name, failure: toWord(error), fix })
  }
  const inOrder = sinks.toSorted((left, right) => Number(left.isShared === true) - Number(right.isShared === true))
  for (;;) {
    const heads = await askAll(inOrder, waitMs, note)
    if (heads.length > 0 || isOver()) return heads.find((head) => head !== undefined)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
  }
}

const RETRY_MS = 1_000

/** The answers that came in time, in the order of the sinks. */
async function askAll(
  sinks: readonly AuditSink[],
  waitMs: number,
  note: (sink: AuditSink, error: unknown) => void,
): Promise<readonly (AuditHead | undefined)[]> {
  const answers: { readonly index: number; readonly head: AuditHead | undefined }[] = []
  const late = new Promise((resolve) => setTimeout(resolve, waitMs).unref())
  const asked = sinks.map(async (sink, index) => {
    try {
      answers.push({ index, head: toHead(await sink.readHead?.()) })
    } catch (error) {
      note(sink, error)
    }
  })
  await Promise.race([Promise.all(asked), late])
  return answers.sort((left, right) => left.index - right.index).map(({ head }) => head)
}

/** What may stand in a line, and be hashed. */
const TEXT = /^[\x21-\x7E]{1,256}$/

/** A sink may be anybody's: what it answers becomes the first event of a stream, which every reader must be able to read. */
function toHead(answer: unknown): AuditHead | undefined {
  if (answer === undefined || answer === null) return undefined
  if (!isHead(answer)) throw new TypeError('No head of a stream')
  const { stream, seq, hash, tornBytes } = answer
  return { stream, seq, hash, ...(tornBytes === undefined ? {} : { tornBytes }) }
}

/** Tells whether a stream can follow it. */
export function isHead(value: object): value is AuditHead {
  const { stream, seq, hash, tornBytes } = value as Partial<Record<keyof AuditHead, unknown>>
  const isText = (text: unknown): boolean => typeof text === 'string' && TEXT.test(text)
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && Number(count) >= 1
  return isText(stream) && isText(hash) && isCount(seq) && (tornBytes === undefined || isCount(tornBytes))
}
