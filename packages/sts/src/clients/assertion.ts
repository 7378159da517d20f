import { generateKeyPairSync, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { AuthenticationError } from '@countersign/core'
import type { Claims, KeySource, ReplayStore, Runtime, VerificationKey } from '@countersign/core'
import {
  checkTime,
  claimFirstUse,
  decodeJws,
  findClaim,
  readDate,
  readText,
  readTextList,
  toReplayId,
  verifySignature,
} from '@countersign/core/server'
import type { Decoded } from '@countersign/core/server'
import { TokenError, toTokenError } from '../errors.js'
import { TOKEN_LIMITS } from '../tokens/limits.js'

/** What assertions are judged by. */
export interface AssertionRules {
  /** The issuer identifier: the one audience that an assertion may have. */
  readonly issuer: string
  readonly replayStore: ReplayStore
  readonly clockToleranceSeconds: number
  readonly runtime: Runtime
}

/** How far ahead an assertion may expire. It is made for one request, and has to be remembered for as long. */
const MAX_LIFETIME_SECONDS = 300

/** The clock of whoever keeps the memory may be so far from ours. */
const CLOCK_SKEW_MS = 5_000

const MAX_JTI_LENGTH = 256

/** Recommended to send and not to be demanded: draft-ietf-oauth-rfc7523bis section 4. An access token or a proof is none of these. */
const TYPES: ReadonlySet<string | undefined> = new Set([undefined, 'jwt', 'client-authentication+jwt'])

/**
 * Takes an assertion apart. Nothing in it is proven.
 *
 * @throws TokenError `ERR_STS_CLIENT_ASSERTION`
 */
export function decodeAssertion(assertion: string): Decoded {
  try {
    const decoded = decodeJws(assertion, TOKEN_LIMITS)
    if (!TYPES.has(decoded.header.type)) throw new AuthenticationError('ERR_TOKEN_TYPE', { detail: { member: 'typ' } })
    return decoded
  } catch (error) {
    throw toTokenError(error, 'ERR_STS_CLIENT_ASSERTION')
  }
}

/** Who an assertion says it is from, before anything of it is proven. */
export function readClaimedIssuer({ unverified }: Decoded): string | undefined {
  const issuer = findClaim(unverified, 'iss')
  return typeof issuer === 'string' ? issuer : undefined
}

/**
 * Verifies the assertion of a registered client: signed by it, about itself, for this service alone, now, for the first time.
 *
 * @throws TokenError `ERR_STS_CLIENT_ASSERTION`, `ERR_STS_CLIENT_REPLAYED`, `ERR_STS_UNAVAILABLE`
 * @see RFC 7523 section 3, draft-ietf-oauth-rfc7523bis section 4
 */
export async function verifyAssertion(
  decoded: Decoded,
  clientId: string,
  keys: KeySource,
  rules: AssertionRules,
): Promise<void> {
  try {
    const { payload } = verifySignature(decoded, await findKeys(decoded, keys))
    checkClaims(payload, clientId, rules)
    await checkFirstUse(payload, clientId, rules)
  } catch (error) {
    throw toTokenError(error, 'ERR_STS_CLIENT_ASSERTION')
  }
}

/** Without a key that fits, a refusal would come sooner than one whose signature had to be looked at. */
async function findKeys(decoded: Decoded, keys: KeySource): Promise<readonly VerificationKey[]> {
  const { kid, algorithm } = decoded.header
  try {
    return await keys.find({ kid, algorithm: algorithm.name })
  } catch (error) {
    if (error instanceof AuthenticationError) verifyForNobody(decoded)
    throw error
  }
}

function checkClaims(
  payload: Claims,
  clientId: string,
  { issuer, clockToleranceSeconds, runtime }: AssertionRules,
): void {
  // An assertion about somebody else is a grant, and authenticates nobody.
  if (findClaim(payload, 'iss') !== clientId) throw refuse('ERR_TOKEN_CLAIM_VALUE', 'iss')
  if (findClaim(payload, 'sub') !== clientId) throw refuse('ERR_TOKEN_CLAIM_VALUE', 'sub')
  // For anybody else as well, it could be sent on to us by them; for our token endpoint, by whoever gave out its URL for theirs.
  const [audience, another] = readTextList(payload, 'aud') ?? []
  if (audience !== issuer || another !== undefined) throw refuse('ERR_TOKEN_AUDIENCE', 'aud')
  const times = { clockToleranceSeconds, maxTokenAgeSeconds: undefined, maxTokenLifetimeSeconds: undefined }
  checkTime(payload, { ...times, runtime })
  const expires = readDate(payload, 'exp') ?? Infinity
  if (expires > runtime.now() / 1_000 + MAX_LIFETIME_SECONDS + clockToleranceSeconds)
    throw refuse('ERR_TOKEN_LIFETIME', 'exp')
}

async function checkFirstUse(payload: Claims, clientId: string, rules: AssertionRules): Promise<void> {
  const { clockToleranceSeconds, runtime, replayStore } = rules
  const jti = readText(payload, 'jti')
  if (jti === undefined) throw refuse('ERR_TOKEN_CLAIM_MISSING', 'jti')
  if (jti.length > MAX_JTI_LENGTH) throw refuse('ERR_TOKEN_CLAIM_VALUE', 'jti')
  const expires = readDate(payload, 'exp') ?? 0
  const earliest = Math.max(expires - MAX_LIFETIME_SECONDS, readDate(payload, 'iat') ?? 0) - clockToleranceSeconds
  const endsAtMs = (expires + clockToleranceSeconds) * 1_000
  const lifetime = { madeAfterMs: earliest * 1_000 - CLOCK_SKEW_MS, endsAtMs, nonce: undefined }
  const fresh = await claimFirstUse(toReplayId('client', clientId, jti), lifetime, { replayStore, runtime })
  if (!fresh) throw new TokenError('ERR_STS_CLIENT_REPLAYED')
}

let nobody: KeyObject | undefined

/** For whoever has no key to verify with: takes about as long, so that time does not tell which clients there are. */
export function verifyForNobody({ signingInput }: Decoded): void {
  nobody ??= generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  verify('sha256', signingInput, { key: nobody, dsaEncoding: 'ieee-p1363' }, Buffer.alloc(64, 1))
}

function refuse(
  reason: 'ERR_TOKEN_CLAIM_VALUE' | 'ERR_TOKEN_CLAIM_MISSING' | 'ERR_TOKEN_AUDIENCE' | 'ERR_TOKEN_LIFETIME',
  claim: string,
): AuthenticationError {
  return new AuthenticationError(reason, { detail: { claim } })
}
