import { hash } from 'node:crypto'
import type { AuthRequest } from '../auth-request.js'
import { AuthenticationError, UpstreamError } from '../errors.js'
import type { CountersignError } from '../errors.js'
import type { Reason } from '../error-table.js'
import { normalizeProofUrl, toKnownUrls } from '../http/proof-url.js'
import type { NonceSlot } from '../http/nonces.js'
import type { ProofKeys } from '../keys/proof-keys.js'
import type { ReplayClaim } from '../ports.js'
import type { DpopRules, Rules } from '../rules.js'
import { toReplayId } from '../stores/replay-id.js'
import { findClaim } from './claim-types.js'
import type { Payload } from './claim-types.js'
import type { Credentials } from './credentials.js'
import { decodeJws } from './decode.js'
import type { Decoded } from './decode.js'
import { verifySignature } from './signature.js'

/** Longest `jti` that is taken: long ones are an attack on whoever has to remember them (RFC 9449 section 11.1). */
const MAX_JTI_LENGTH = 256
/** Added to what has to be remembered, for the time between our clock and the store's. */
const MARGIN_MS = 1_000

/** What a proof is judged by. */
export interface ProofRules {
  readonly rules: Rules
  readonly dpop: DpopRules
  readonly proofKeys: ProofKeys
}

/**
 * Checks the DPoP proof of a request: that whoever sends the token holds the key it is bound to, now, for this request, and
 * for the first time. Local and cheap comes first; the id is claimed last, because a forger must not burn anybody's.
 *
 * @throws AuthenticationError `ERR_PROOF_*`: `invalid_dpop_proof`, `use_dpop_nonce`, and `invalid_token` for another key
 * @throws UpstreamError `ERR_STORE_UNAVAILABLE` where it cannot be known whether the proof was used before
 * @see RFC 9449 sections 4.3, 7, 9 and 11.1
 */
export async function checkProof(
  thumbprint: string,
  { token }: Credentials,
  request: AuthRequest,
  { rules, dpop, proofKeys }: ProofRules,
): Promise<void> {
  const [field, second] = request.dpop
  if (field === undefined) throw refuse('ERR_PROOF_MISSING') // section 4.3 step 1
  if (second !== undefined) throw refuse('ERR_PROOF_MULTIPLE')
  const decoded = decodeProof(field, rules) // step 2
  if (decoded.header.type !== 'dpop+jwt') throw refuse('ERR_PROOF_MALFORMED', 'typ') // step 4
  if (!dpop.algorithms.has(decoded.header.algorithm.name)) throw refuse('ERR_PROOF_MALFORMED', 'alg') // step 5
  const found = proofKeys.find(decoded.header.members['jwk']) // step 7
  if (found === undefined) throw refuse('ERR_PROOF_KEY', 'jwk')
  // Compared before the signature is verified: another key's proof, however good, is worth no work.
  if (found.thumbprint !== thumbprint) throw refuse('ERR_PROOF_BINDING', 'jkt') // step 12
  const payload = verifyProof(decoded, [found.key]) // step 6
  const jti = readJti(payload) // step 3
  if (findClaim(payload, 'htm') !== request.method) throw refuse('ERR_PROOF_METHOD', 'htm') // step 8
  const url = checkUrl(payload, request, rules) // step 9
  const lifetime = checkFreshness(payload, rules, dpop) // steps 10 and 11
  if (findClaim(payload, 'ath') !== hash('sha256', token, 'base64url')) throw refuse('ERR_PROOF_TOKEN', 'ath') // step 12
  await claim(toReplayId('dpop', thumbprint, url, jti), lifetime, rules, dpop) // section 11.1
}

function decodeProof(field: string, rules: Rules): Decoded {
  try {
    return decodeJws(field, rules.limits)
  } catch (error) {
    throw new AuthenticationError('ERR_PROOF_MALFORMED', { detail: { why: (error as CountersignError).reason } })
  }
}

function verifyProof(decoded: Decoded, keys: Parameters<typeof verifySignature>[1]): Payload {
  try {
    return verifySignature(decoded, keys).payload
  } catch {
    throw refuse('ERR_PROOF_SIGNATURE')
  }
}

function readJti(payload: Payload): string {
  const jti = findClaim(payload, 'jti')
  if (typeof jti === 'string' && jti.trim() !== '' && jti.length <= MAX_JTI_LENGTH) return jti
  throw refuse('ERR_PROOF_CLAIM', 'jti')
}

/** The request as the client sees it, by the configuration: a proof for one API is worth nothing at another. */
function checkUrl(payload: Payload, request: AuthRequest, { publicUrls }: Rules): string {
  const htu = findClaim(payload, 'htu')
  const claimed = typeof htu === 'string' ? normalizeProofUrl(htu) : undefined
  const known = request.url === undefined ? [] : toKnownUrls(request.url, publicUrls)
  if (claimed === undefined || !known.some((url) => normalizeProofUrl(url) === claimed))
    throw refuse('ERR_PROOF_URL', 'htu')
  return claimed
}

/** What is known of when a proof was made, and for how long it could be sent again. */
interface Lifetime {
  /** No earlier than this the proof was made, in milliseconds since the epoch. */
  readonly madeAfterMs: number
  readonly endsAtMs: number
  readonly nonce: NonceSlot | undefined
}

function checkFreshness(payload: Payload, { runtime }: Rules, dpop: DpopRules): Lifetime {
  const nowMs = runtime.now()
  const issued = findClaim(payload, 'iat')
  if (typeof issued !== 'number' || Math.abs(issued) > Number.MAX_SAFE_INTEGER) throw refuse('ERR_PROOF_CLAIM', 'iat')
  checkOptionalTimes(payload, nowMs, dpop)
  if (dpop.nonces !== undefined) {
    const nonce = findClaim(payload, 'nonce')
    const slot = typeof nonce === 'string' ? dpop.nonces.check(nonce, nowMs) : undefined
    if (slot === undefined) throw refuse('ERR_PROOF_NONCE', 'nonce')
    // The nonce tells our own time; the client's clock need not be right (section 11.1).
    return { madeAfterMs: slot.startedAtMs, endsAtMs: slot.endsAtMs, nonce: slot }
  }
  const skewMs = dpop.futureSkewSeconds * 1_000
  const endsAtMs = (issued + dpop.maxAgeSeconds) * 1_000
  if (nowMs > endsAtMs || issued * 1_000 - nowMs > skewMs) throw refuse('ERR_PROOF_TIME', 'iat')
  return { madeAfterMs: issued * 1_000 - skewMs, endsAtMs, nonce: undefined }
}

/** `exp` and `nbf` are no part of a proof, but where a client sets them they hold. */
function checkOptionalTimes(payload: Payload, nowMs: number, { futureSkewSeconds }: DpopRules): void {
  const expires = findClaim(payload, 'exp')
  const notBefore = findClaim(payload, 'nbf')
  if (expires !== undefined && !(typeof expires === 'number' && nowMs / 1_000 < expires))
    throw refuse('ERR_PROOF_TIME', 'exp')
  const started =
    notBefore === undefined || (typeof notBefore === 'number' && nowMs / 1_000 >= notBefore - futureSkewSeconds)
  if (!started) throw refuse('ERR_PROOF_TIME', 'nbf')
}

async function claim(id: string, lifetime: Lifetime, { runtime }: Rules, { replayStore }: DpopRules): Promise<void> {
  const nowMs = runtime.now()
  let claimed: ReplayClaim
  try {
    const asked = replayStore.claim(id, Math.ceil(lifetime.endsAtMs - nowMs) + MARGIN_MS)
    claimed = asked instanceof Promise ? await asked : asked
  } catch (error) {
    throw error instanceof UpstreamError ? error : new UpstreamError('ERR_STORE_UNAVAILABLE', { cause: error })
  }
  if (claimed.fresh !== true) throw refuse('ERR_PROOF_REPLAYED', 'jti')
  const { memorySinceMs } = claimed
  if (memorySinceMs === undefined || lifetime.madeAfterMs >= memorySinceMs) return
  // The store may have forgotten this very id. Whoever made the proof can make another: later, or with a later nonce.
  const waitMs =
    lifetime.nonce === undefined
      ? memorySinceMs - lifetime.madeAfterMs
      : (lifetime.nonce.endsAtMs - lifetime.nonce.startedAtMs) / 2
  throw new UpstreamError('ERR_STORE_UNAVAILABLE', { retryAfterSeconds: waitMs / 1_000 })
}

function refuse(reason: Reason, claim?: string): AuthenticationError {
  return new AuthenticationError(reason, { detail: { claim } })
}
