import { hash } from 'node:crypto'
import type { AuthRequest } from '../auth-request.js'
import { AuthenticationError } from '../errors.js'
import type { CountersignError } from '../errors.js'
import type { Reason } from '../error-table.js'
import { CLOCK_SKEW_MS } from '../http/nonces.js'
import { normalizeProofUrl, toKnownUrls } from '../http/proof-url.js'
import { toThumbprint } from '../keys/proof-keys.js'
import type { ProofKeys } from '../keys/proof-keys.js'
import type { VerificationKey } from '../ports.js'
import type { DpopRules, Rules } from '../rules.js'
import { toReplayId } from '../stores/replay-id.js'
import { findClaim } from './claim-types.js'
import type { Payload } from './claim-types.js'
import type { Credentials } from './credentials.js'
import { decodeJws } from './decode.js'
import type { Decoded } from './decode.js'
import { checkFirstUse } from './first-use.js'
import type { Lifetime } from './first-use.js'
import { verifySignature } from './signature.js'

/** Longest `jti` that is taken: long ones are an attack on whoever has to remember them (RFC 9449 section 11.1). */
const MAX_JTI_LENGTH = 256

/** What a proof is judged by. */
export interface ProofRules {
  readonly rules: Pick<Rules, 'limits' | 'runtime'>
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
  context: ProofRules,
): Promise<void> {
  await judge(request, { thumbprint, token }, context)
}

/**
 * Verifies the DPoP proof of a request that asks for a token: that whoever sends it holds a key, and gives the thumbprint of
 * that key. For authenticated clients alone: any sound key is imported, and remembered. An `ath` is not looked at.
 *
 * @throws AuthenticationError `ERR_PROOF_*`: `invalid_dpop_proof`, `use_dpop_nonce`
 * @throws UpstreamError `ERR_STORE_UNAVAILABLE` where it cannot be known whether the proof was used before
 * @see RFC 9449 sections 4.3, 5, 8 and 11.1
 */
export function verifyProof(request: AuthRequest, context: ProofRules): Promise<string> {
  return judge(request, undefined, context)
}

/** The token that a proof goes with, and the key that this token is bound to. */
interface BoundToken {
  readonly thumbprint: string
  readonly token: string
}

async function judge(
  request: AuthRequest,
  bound: BoundToken | undefined,
  { rules, dpop, proofKeys }: ProofRules,
): Promise<string> {
  const [field, second] = request.dpop
  if (field === undefined) throw refuse('ERR_PROOF_MISSING') // section 4.3 step 1
  if (second !== undefined) throw refuse('ERR_PROOF_MULTIPLE')
  const decoded = decodeProof(field, rules) // step 2
  if (decoded.header.type !== 'dpop+jwt') throw refuse('ERR_PROOF_MALFORMED', 'typ') // step 4
  if (!dpop.algorithms.has(decoded.header.algorithm.name)) throw refuse('ERR_PROOF_MALFORMED', 'alg') // step 5
  const thumbprint = bound?.thumbprint ?? readThumbprint(decoded)
  const key = findKey(decoded, thumbprint, proofKeys) // steps 7 and 12
  const payload = readPayload(decoded, [key]) // step 6
  const jti = readJti(payload) // step 3
  if (findClaim(payload, 'htm') !== request.method) throw refuse('ERR_PROOF_METHOD', 'htm') // step 8
  const url = checkUrl(payload, request, dpop) // step 9
  const lifetime = checkFreshness(payload, rules, dpop) // steps 10 and 11
  if (bound !== undefined && findClaim(payload, 'ath') !== hash('sha256', bound.token, 'base64url'))
    throw refuse('ERR_PROOF_TOKEN', 'ath') // step 12
  await checkFirstUse(toReplayId('dpop', thumbprint, url, jti), request, lifetime, rules, dpop) // section 11.1
  return thumbprint
}

function decodeProof(field: string, rules: ProofRules['rules']): Decoded {
  try {
    return decodeJws(field, rules.limits)
  } catch (error) {
    throw new AuthenticationError('ERR_PROOF_MALFORMED', { detail: { why: (error as CountersignError).reason } })
  }
}

/** The name of the key that the proof brought along. */
function readThumbprint({ header }: Decoded): string {
  const jwk = header.members['jwk']
  const thumbprint = typeof jwk === 'object' && jwk !== null ? toThumbprint(jwk as Payload) : undefined
  if (thumbprint === undefined) throw refuse('ERR_PROOF_KEY', 'jwk')
  return thumbprint
}

/** The key that the token is bound to. Another one, however good its signature, is worth neither work nor memory. */
function findKey({ header }: Decoded, thumbprint: string, proofKeys: ProofKeys): VerificationKey {
  const key = proofKeys.find(header.members['jwk'], thumbprint)
  if (key === 'unsound') throw refuse('ERR_PROOF_KEY', 'jwk')
  if (key === 'other') throw refuse('ERR_PROOF_BINDING', 'jkt')
  return key
}

function readPayload(decoded: Decoded, keys: Parameters<typeof verifySignature>[1]): Payload {
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
function checkUrl(payload: Payload, { url }: AuthRequest, { urlRoots }: DpopRules): string {
  const htu = findClaim(payload, 'htu')
  const claimed = typeof htu === 'string' ? normalizeProofUrl(htu) : undefined
  if (claimed !== undefined && url !== undefined && toKnownUrls(url, urlRoots).includes(claimed)) return claimed
  const wants = `the URL of the request, below ${urlRoots.join(' or ') || 'its own host'}`
  throw new AuthenticationError('ERR_PROOF_URL', { detail: { claim: 'htu', wants } })
}

function checkFreshness(payload: Payload, { runtime }: ProofRules['rules'], dpop: DpopRules): Lifetime {
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
  return { madeAfterMs: issued * 1_000 - skewMs - CLOCK_SKEW_MS, endsAtMs, nonce: undefined }
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

function refuse(reason: Reason, claim?: string): AuthenticationError {
  return new AuthenticationError(reason, { detail: { claim } })
}
