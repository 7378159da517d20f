import type { AuditHead, AuditSink } from '@countersign/core'

/**
 * Asks sinks for the last event that they have, until one of the required has answered: a stream that begins without knowing what it
 * follows would let the end of the one before go missing. Retries each second; `isOver` ends it.
 *
 * @param waitMs so long is waited for those that are slower than the first
 */
export async function readPredecessor(
  sinks: readonly AuditSink[],
  waitMs: number,
  isOver: () => boolean,
): Promise<AuditHead | undefined> {
  for (;;) {
    const heads = await askAll(sinks, waitMs)
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
    answers.push({ index, head: await sink.readHead?.() })
  })
  await Promise.race([Promise.allSettled(asked), late])
  return answers.sort((left, right) => left.index - right.index).map(({ head }) => head)
}
