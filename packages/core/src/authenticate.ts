import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Issuers } from './issuers/issuers.js'
import type { ProofKeys } from './keys/proof-keys.js'
import { isPending } from './maybe.js'
import type { Maybe } from './maybe.js'
import type { RevocationStore } from './ports.js'
import type { Verdict } from './principal.js'
import type { Rules } from './rules.js'
import type { TrustedIssuer } from './issuers/trusted-issuer.js'
import type { HeaderCache } from './stores/header-cache.js'
import { toCacheKey } from './stores/token-cache.js'
import type { Remembered, TokenCache } from './stores/token-cache.js'
import { checkBinding } from './steps/binding.js'
import { checkClaims, checkTime } from './steps/claims.js'
import type { Credentials } from './steps/credentials.js'
import { decode } from './steps/decode.js'
import { findIssuer } from './steps/issuer.js'
import { findKeys } from './steps/key.js'
import { toVerdict } from './steps/principal.js'
import { verifySignature } from './steps/signature.js'
import type { Verified } from './steps/signature.js'
import { checkStatus } from './steps/status.js'

/** What a verifier judges by: fixed at construction. The cache belongs to this one policy and no other. */
export interface Policy<C> {
  readonly rules: Rules
  readonly issuers: Issuers
  readonly schema: StandardSchemaV1<unknown, C> | undefined
  readonly cache: TokenCache<C> | undefined
  readonly revocations: RevocationStore | undefined
  readonly proofKeys: ProofKeys
  readonly headers: HeaderCache
}

/** A token that was accepted. */
export interface Accepted<C> {
  readonly verdict: Verdict<C>
  /** Whether its signature was verified for an earlier request. */
  readonly cached: boolean
}

/**
 * The pipe. Reading order is execution order; each step takes what the one before returned. A verdict that is remembered
 * skips the proof and nothing else, and waits for nothing unless a store has to be asked.
 */
export function authenticate<C>(credentials: Credentials, policy: Policy<C>): Maybe<Accepted<C>> {
  const key = findCacheKey(credentials.token, policy)
  const known = key === undefined ? undefined : recall(key, policy)
  if (known === undefined || isPending(known) || known.verdict === undefined) {
    return authenticateLater(credentials, policy, key, known)
  }
  const accepted = { verdict: known.verdict, cached: true }
  const used = checkUse(known, credentials, policy)
  return isPending(used) ? used.then(() => accepted) : accepted
}

async function authenticateLater<C>(
  credentials: Credentials,
  policy: Policy<C>,
  key: string | undefined,
  recalled: Maybe<Remembered<C> | undefined>,
): Promise<Accepted<C>> {
  const known = await recalled
  const proven = known ?? (await prove(credentials, policy))
  await checkUse(proven, credentials, policy)
  if (known?.verdict !== undefined) return { verdict: known.verdict, cached: true }
  const { verified, issuer } = proven
  const { verdict, shareable } = await toVerdict(verified, issuer, policy.schema)
  if (key !== undefined) policy.cache?.remember(key, { verified, issuer, verdict: shareable ? verdict : undefined })
  return { verdict, cached: known !== undefined }
}

/** What is checked of each request, however often its token was seen. */
function checkUse<C>({ verified, issuer }: Proven, credentials: Credentials, policy: Policy<C>): Maybe<void> {
  const bound = checkBinding(verified, issuer, credentials, policy) // RFC 7800 section 3.1, RFC 9449 section 7
  if (isPending(bound)) return bound.then(() => checkStatus(verified, issuer, policy.revocations))
  return checkStatus(verified, issuer, policy.revocations)
}

/** From text to what a trusted issuer really said, to us, now. */
async function prove<C>(credentials: Credentials, policy: Policy<C>): Promise<Proven> {
  const decoded = decode(credentials, policy.rules, policy.headers) // RFC 7515 section 5.2, RFC 7519 section 7.2
  const issuer = await findIssuer(decoded, policy.issuers) // trusted before anything is fetched
  const keys = await findKeys(decoded, issuer) // RFC 7515 section 4.1.4
  const verified = verifySignature(decoded, keys) // RFC 7515 section 5.2
  policy.headers.remember(decoded.headerText, decoded.header)
  checkClaims(verified, issuer, policy.rules) // RFC 7519 section 4.1, RFC 9068 section 4
  return { verified, issuer }
}

/**
 * What was proven of this very token before, if it still stands: its issuer is trusted by the same rules, its key is in
 * the set, its time has not run out. Otherwise it is judged afresh, so that the reason is the true one.
 */
function recall<C>(key: string, policy: Policy<C>): Maybe<Remembered<C> | undefined> {
  const known = policy.cache?.find(key)
  if (known === undefined) return undefined
  const trusted = policy.issuers.find(String(known.verified.payload['iss']))
  if (isPending(trusted)) return trusted.then((issuer) => checkStanding(key, known, issuer, policy))
  return checkStanding(key, known, trusted, policy)
}

function checkStanding<C>(
  key: string,
  known: Remembered<C>,
  trusted: TrustedIssuer | undefined,
  { cache, rules }: Policy<C>,
): Remembered<C> | undefined {
  const { verified, issuer } = known
  if (trusted !== issuer || !issuer.keys.holds(verified.key)) {
    cache?.forget(key)
    return undefined
  }
  checkTime(verified.payload, rules)
  return known
}

/** What decoding would refuse is not even hashed: bytes have the hash of their text, and a text may be of any length. */
function findCacheKey<C>(token: string, { cache, rules }: Policy<C>): string | undefined {
  if (cache === undefined || typeof token !== 'string' || token.length > rules.limits.tokenBytes) return undefined
  return toCacheKey(token)
}

interface Proven {
  readonly verified: Verified
  readonly issuer: TrustedIssuer
}
