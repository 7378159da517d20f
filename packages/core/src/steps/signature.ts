import { AuthenticationError } from '../errors.js'
import type { VerificationKey } from '../ports.js'
import type { Decoded } from './decode.js'
import type { TokenHeader } from './header.js'

declare const signatureHeld: unique symbol

/** What a token says, once its signature held; without the token, so that a cache may keep it. The brand cannot be written elsewhere: mapping an unverified token does not compile. */
export interface Verified {
  readonly [signatureHeld]: true
  readonly header: TokenHeader
  readonly payload: Readonly<Record<string, unknown>>
  readonly key: VerificationKey
}

/**
 * Verifies the signature with each candidate key in turn, synchronously: a thread hop costs more than RSA itself.
 *
 * @throws AuthenticationError `ERR_TOKEN_SIGNATURE`, one text whatever went wrong
 *
 * Not checked: every claim.
 * @see RFC 7515 section 5.2, RFC 8725 section 3.3
 */
export function verifySignature(decoded: Decoded, keys: readonly VerificationKey[]): Verified {
  const { header, signingInput, signature, unverified } = decoded
  for (const key of keys) {
    if (!fits(key, header) || !holds(decoded, key, signingInput, signature)) continue
    return { header, payload: unverified, key } as Verified
  }
  throw new AuthenticationError('ERR_TOKEN_SIGNATURE')
}

/** A key source may be anybody's: a key is used only with an algorithm of its own family, and its own `alg` where it has one. */
function fits(key: VerificationKey, { algorithm }: TokenHeader): boolean {
  return key.family === algorithm.family && (key.algorithm === undefined || key.algorithm === algorithm.name)
}

function holds({ header }: Decoded, key: VerificationKey, data: Buffer, signature: Buffer): boolean {
  try {
    return header.algorithm.verify(data, key.keyObject, signature)
  } catch {
    // OpenSSL throws for some malformed signatures instead of refusing them.
    return false
  }
}
