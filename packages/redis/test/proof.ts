import { randomBytes } from 'node:crypto'
import { UpstreamError } from '@countersign/core'
import type { ReplayStore } from '@countersign/core'

/** What a resource server knows of a proof when it asks the store. */
export interface Proof {
  readonly id: string
  /** No earlier than this it was made: by its nonce. */
  readonly madeAfterMs: number
}

/** Makes a proof now. */
export function makeProof(): Proof {
  return { id: randomBytes(16).toString('base64url'), madeAfterMs: Date.now() }
}

/** What a resource server does with a proof: it takes it, calls it replayed, or does not know. */
export type Verdict = 'taken' | 'replayed' | 'in doubt'

/** Judges a proof as the resource server does, by the contract of the port. Whatever is no `UpstreamError` is thrown. */
export async function judge(store: ReplayStore, { id, madeAfterMs }: Proof, ttlMs = 60_000): Promise<Verdict> {
  try {
    const { fresh, memorySinceMs } = await store.claim(id, ttlMs)
    if (!fresh) return 'replayed'
    return memorySinceMs === undefined || madeAfterMs >= memorySinceMs ? 'taken' : 'in doubt'
  } catch (error) {
    if (error instanceof UpstreamError && error.reason === 'ERR_STORE_UNAVAILABLE') return 'in doubt'
    throw error
  }
}

/** How often each verdict was given. */
export function tally(verdicts: readonly Verdict[]): Partial<Record<Verdict, number>> {
  const counts: Partial<Record<Verdict, number>> = {}
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1
  return counts
}
