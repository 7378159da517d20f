import { AuthenticationError } from '@countersign/core'
import type { Claims } from '@countersign/core'
import {
  checkTime,
  decodeJws,
  findClaim,
  readDate,
  readText,
  readTextList,
  verifySignature,
} from '@countersign/core/server'
import type { TokenHeader } from '@countersign/core/server'
import type { ServiceContext } from '../service-context.js'
import { TOKEN_LIMITS } from '../tokens/limits.js'
import type { Identity } from './party.js'
import { checkStanding } from './standing.js'
import type { TokenNames } from './standing.js'

/** An access token of this service, its signature, its time and, where there are revocations, its standing checked. */
export interface OwnToken {
  readonly header: TokenHeader
  readonly payload: Claims
  readonly identity: Identity
  /** Whom it is about in the first place: `sub_id`, where the service had given them another name. */
  readonly origin: Identity
  readonly clientId: string
  readonly tokenId: string
  readonly audience: readonly string[]
  readonly scopes: readonly string[]
  /** Seconds since the epoch. */
  readonly expiresAtSeconds: number
}

/** What it takes to verify our own tokens. */
export type OwnTokenContext = Pick<
  ServiceContext,
  'issuer' | 'signingKeys' | 'revocations' | 'clockToleranceSeconds' | 'runtime'
>

const ACCESS_TOKEN_TYPES: ReadonlySet<string | undefined> = new Set(['at+jwt', 'application/at+jwt'])

/**
 * Verifies an access token that this service issued: by its `kid` among the published keys, and no other key.
 *
 * @throws AuthenticationError `ERR_TOKEN_*`, `ERR_KEY_NOT_FOUND`
 * @throws UpstreamError where keys or revocations cannot be had
 *
 * Not checked: who the token is meant for, who presents it, and possession of the key that it is bound to.
 * @see RFC 9068 section 4
 */
export async function verifyOwnToken(token: string, context: OwnTokenContext): Promise<OwnToken> {
  const decoded = decodeJws(token, TOKEN_LIMITS)
  const { header } = decoded
  // A grant for another domain is signed by the same keys, and is no access token (RFC 8725 section 3.12).
  if (!ACCESS_TOKEN_TYPES.has(header.type)) throw refuse('ERR_TOKEN_TYPE', 'typ')
  const key = header.kid === undefined ? undefined : await context.signingKeys.findKey(header.kid)
  if (key === undefined) throw new AuthenticationError('ERR_KEY_NOT_FOUND')
  // The key keeps its own algorithm: a header that names another one has no key that fits.
  const candidate = {
    kid: key.kid,
    family: header.algorithm.family,
    algorithm: key.algorithm,
    keyObject: key.publicKey,
  }
  const { payload } = verifySignature(decoded, [candidate])
  if (findClaim(payload, 'iss') !== context.issuer) throw refuse('ERR_TOKEN_ISSUER', 'iss')
  checkTime(payload, { ...context, maxTokenAgeSeconds: undefined, maxTokenLifetimeSeconds: undefined })
  const own = toOwnToken(header, payload, context.issuer)
  await checkStanding(toTokenNames(own), context)
  return own
}

function toOwnToken(header: TokenHeader, payload: Claims, issuer: string): OwnToken {
  const identity = { issuer, subject: requireText(payload, 'sub') }
  return Object.freeze({
    header,
    payload,
    identity,
    origin: readOrigin(payload) ?? identity,
    clientId: requireText(payload, 'client_id'),
    tokenId: requireText(payload, 'jti'),
    audience: readTextList(payload, 'aud') ?? [],
    scopes: (readText(payload, 'scope') ?? '').split(' ').filter(Boolean),
    expiresAtSeconds: readDate(payload, 'exp') ?? 0,
  })
}

/** RFC 9493 section 3.2.3. Only in our own tokens is it our own word. */
function readOrigin(payload: Claims): Identity | undefined {
  const id = findClaim(payload, 'sub_id')
  if (id === undefined) return undefined
  const { format, iss, sub } = (id ?? {}) as Readonly<Record<string, unknown>>
  if (format === 'iss_sub' && typeof iss === 'string' && typeof sub === 'string') return { issuer: iss, subject: sub }
  throw refuse('ERR_TOKEN_CLAIM_TYPE', 'sub_id')
}

/** The token itself, and for whom it was made: a subject that its own issuer has put out takes these tokens with it. */
function toTokenNames({ payload, identity, origin, tokenId }: OwnToken): readonly TokenNames[] {
  const about = { sessionId: readText(payload, 'sid'), iat: readDate(payload, 'iat') }
  const names = { ...identity, ...about, tokenId }
  return origin === identity ? [names] : [names, { ...origin, ...about, tokenId: undefined }]
}

function requireText(payload: Claims, claim: string): string {
  const value = readText(payload, claim)
  if (value === undefined) throw refuse('ERR_TOKEN_CLAIM_MISSING', claim)
  return value
}

function refuse(
  reason: 'ERR_TOKEN_TYPE' | 'ERR_TOKEN_ISSUER' | 'ERR_TOKEN_CLAIM_MISSING' | 'ERR_TOKEN_CLAIM_TYPE',
  claim: string,
): AuthenticationError {
  return new AuthenticationError(reason, { detail: { claim } })
}
