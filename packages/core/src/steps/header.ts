import { ALGORITHMS } from '../algorithms.js'
import type { Algorithm } from '../algorithms.js'
import { AuthenticationError } from '../errors.js'
import type { Reason } from '../error-table.js'

/** What is used of a JOSE header. `jwk`, `jku`, `x5c` and `x5u` are not even read: a token does not bring its own key. */
export interface TokenHeader {
  readonly algorithm: Algorithm
  readonly kid: string | undefined
  /** In lower case, as media types are compared (RFC 7515 section 4.1.9). */
  readonly type: string | undefined
  /** The whole header as parsed, frozen. */
  readonly members: Readonly<Record<string, unknown>>
}

/** Members that belong to encryption or compression: refused before anything is inflated or derived. */
const ENCRYPTION_MEMBERS = ['enc', 'zip', 'p2c', 'p2s', 'epk'] as const

/**
 * Reads a parsed JOSE header.
 *
 * @throws AuthenticationError `ERR_TOKEN_ALGORITHM`, `ERR_TOKEN_CRITICAL`, `ERR_TOKEN_ENCRYPTED`, `ERR_TOKEN_HEADER`
 *
 * Not checked: whether the issuer allows the algorithm or the type.
 * @see RFC 7515 sections 4.1.1, 4.1.4, 4.1.9 and 4.1.11, RFC 7797 section 7
 */
export function toHeader(members: Readonly<Record<string, unknown>>): TokenHeader {
  const { alg, kid, typ } = members
  if (typeof alg !== 'string') throw refuse('ERR_TOKEN_HEADER', 'alg')
  const algorithm = ALGORITHMS.get(alg)
  if (algorithm === undefined) throw refuse('ERR_TOKEN_ALGORITHM', 'alg')
  // No extension is understood, so whatever is critical is not (RFC 7515 section 4.1.11).
  if (Object.hasOwn(members, 'crit')) throw refuse('ERR_TOKEN_CRITICAL', 'crit')
  if (Object.hasOwn(members, 'b64') && members['b64'] !== true) throw refuse('ERR_TOKEN_CRITICAL', 'b64')
  for (const name of ENCRYPTION_MEMBERS) {
    if (Object.hasOwn(members, name)) throw refuse('ERR_TOKEN_ENCRYPTED', name)
  }
  if (kid !== undefined && typeof kid !== 'string') throw refuse('ERR_TOKEN_HEADER', 'kid')
  if (typ !== undefined && typeof typ !== 'string') throw refuse('ERR_TOKEN_HEADER', 'typ')
  return { algorithm, kid, type: typ?.toLowerCase(), members }
}

function refuse(reason: Reason, member: string): AuthenticationError {
  return new AuthenticationError(reason, { detail: { member } })
}
