import type { AuditHead, AuditSink } from '@countersign/core'

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
): Promise<AuditHead | undefined> {
  const inOrder = sinks.toSorted((left, right) => Number(left.isShared === true) - Number(right.isShared === true))
  for (;;) {
    const heads = await askAll(inOrder, waitMs)
    if (heads.length > 0 || isOver()) return heads.find((head) => head !== undefined)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
  }
}

const RETRY_MS = 1_000

/** The answers that came in time, in the order of the sinks. */
async function askAll(sinks: readonly AuditSink[], waitMs: number): Promise<readonly (AuditHead | undefined)[]> {
  const answers: { readonly index: number; readonly head: AuditHead | undefined }[] = []
  const late = new Promise((resolve) => setTimeout(resolve, waitMs).unref())
  const asked = sinks.map(async (sink, index) => {
    answers.push({ index, head: toHead(await sink.readHead?.()) })
  })
  await Promise.race([Promise.allSettled(asked), late])
  return answers.sort((left, right) => left.index - right.index).map(({ head }) => head)
}

/** What may stand in a line, and be hashed. */
const TEXT = /^[\x21-\x7E]{1,256}$/

/** A sink may be anybody's: what it answers becomes the first event of a stream, which every reader must be able to read. */
function toHead(answer: unknown): AuditHead | undefined {
  if (answer === undefined || answer === null) return undefined
  const { stream, seq, hash, tornBytes } = answer as Partial<Record<keyof AuditHead, unknown>>
  const isText = (value: unknown): value is string => typeof value === 'string' && TEXT.test(value)
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1
  const isTorn = tornBytes === undefined || isCount(tornBytes)
  if (!isText(stream) || !isText(hash) || !isCount(seq) || !isTorn) throw new TypeError('No head of a stream')
  return { stream, seq, hash, ...(tornBytes === undefined ? {} : { tornBytes }) }
}
