import type { AuthRequest } from '../auth-request.js'
import { AuthenticationError, UpstreamError } from '../errors.js'
import { CLOCK_SKEW_MS } from '../http/nonces.js'
import type { NonceSlot } from '../http/nonces.js'
import { hasClaimed, rememberClaim } from '../http/own-claims.js'
import { isPending } from '../maybe.js'
import type { ReplayClaim, ReplayStore } from '../ports.js'
import type { DpopRules, Rules } from '../rules.js'
import type { Runtime } from '../runtime.js'
import { withDeadline } from './deadline.js'

/**
 * Added to what has to be remembered. An instance whose clock is behind takes a proof for longer than we do, and so do we
 * once our own clock was set back: the id must not be forgotten first.
 */
const MARGIN_MS = 60_000

/** What is known of when a proof was made, and for how long it could be sent again. In milliseconds since the epoch. */
export interface Lifetime {
  /** No earlier than this, by the clock of any instance, was the proof taken for the first time. */
  readonly madeAfterMs: number
  readonly endsAtMs: number
  readonly nonce: NonceSlot | undefined
}

/** Where it is remembered what was used, and the clock that this is reckoned by. */
export interface Memory {
  readonly replayStore: ReplayStore
  readonly runtime: Pick<Runtime, 'now'>
}

/**
 * Checks that a proof was never used before, on whatever instance, by claiming its id. The last check of a
 * proof: only who has a good token, and a proof that is good otherwise, may fill the store.
 *
 * @throws AuthenticationError `ERR_PROOF_REPLAYED`
 * @throws UpstreamError `ERR_STORE_UNAVAILABLE` where the store does not say, or may have forgotten: 503, never a yes
 * @see RFC 9449 section 11.1
 */
export async function checkFirstUse(
  id: string,
  request: AuthRequest,
  lifetime: Lifetime,
  { runtime }: Pick<Rules, 'runtime'>,
  { replayStore }: DpopRules,
): Promise<void> {
  if (hasClaimed(request, replayStore, id)) return
  const fresh = await claimFirstUse(id, lifetime, { replayStore, runtime })
  if (!fresh) throw new AuthenticationError('ERR_PROOF_REPLAYED', { detail: { claim: 'jti' } })
  rememberClaim(request, replayStore, id)
}

/**
 * Claims the id of whatever may be used once, and tells whether nobody had. To be asked after every other check.
 *
 * @param id of `toReplayId`
 * @throws UpstreamError `ERR_STORE_UNAVAILABLE` where the store does not say, or may have forgotten: 503, never a yes
 */
export async function claimFirstUse(
  id: string,
  lifetime: Lifetime,
  { replayStore, runtime }: Memory,
): Promise<boolean> {
  const ttlMs = Math.ceil(lifetime.endsAtMs - runtime.now()) + MARGIN_MS
  const { fresh, memorySinceMs } = await askStore(id, ttlMs, replayStore)
  if (fresh && memorySinceMs !== undefined && lifetime.madeAfterMs < memorySinceMs) {
    // The store may have forgotten this very id. Whoever made the proof can make another: later, or with a later nonce.
    throw new UpstreamError('ERR_STORE_UNAVAILABLE', {
      detail: { memorySinceMs, madeAfterMs: lifetime.madeAfterMs },
      retryAfterSeconds: toWaitMs(lifetime, memorySinceMs) / 1_000,
    })
  }
  return fresh
}

async function askStore(id: string, ttlMs: number, store: ReplayStore): Promise<ReplayClaim> {
  let answer: unknown
  try {
    answer = store.claim(id, ttlMs)
    if (isPending(answer)) answer = await withDeadline(answer, 'ERR_STORE_UNAVAILABLE')
  } catch (error) {
    throw error instanceof UpstreamError
      ? error
      : new UpstreamError('ERR_STORE_UNAVAILABLE', { cause: error, traced: true })
  }
  if (isClaim(answer)) return answer
  throw new UpstreamError('ERR_STORE_UNAVAILABLE', { detail: { wants: 'an answer with fresh: true or false' } })
}

/** A store may be anybody's: an answer that is none is not knowing, and not knowing is neither a yes nor the client's fault. */
function isClaim(answer: unknown): answer is ReplayClaim {
  const { fresh, memorySinceMs } = (answer ?? {}) as Partial<Record<keyof ReplayClaim, unknown>>
  return typeof fresh === 'boolean' && (memorySinceMs === undefined || Number.isFinite(memorySinceMs))
}

/** Until a proof made then is known to be later than the gap. */
function toWaitMs({ madeAfterMs, nonce }: Lifetime, memorySinceMs: number): number {
  if (nonce === undefined) return memorySinceMs - madeAfterMs
  const slotMs = (nonce.endsAtMs - nonce.startedAtMs - CLOCK_SKEW_MS) / 2
  return Math.ceil((memorySinceMs - madeAfterMs) / slotMs) * slotMs
}
