import { hash, timingSafeEqual } from 'node:crypto'

/** A secret as it is kept: it can be compared, and not be sent. */
export type SecretDigest = Buffer

/** Stands in for the secrets of a client that does not exist. */
const NOBODY: readonly SecretDigest[] = [Buffer.alloc(32)]

/** The digest of a secret. Secrets are long and random, so that a plain hash does. */
export function toSecretDigest(secret: string): SecretDigest {
  return hash('sha256', secret, 'buffer')
}

/**
 * Whether a secret is one of these, in time that tells nothing of either, nor of whether there are any.
 *
 * @see RFC 6749 section 10.10
 */
export function isSecret(secret: string, digests: readonly SecretDigest[] | undefined): boolean {
  const digest = toSecretDigest(secret)
  let found = 0
  for (const known of digests ?? NOBODY) found |= Number(timingSafeEqual(digest, known))
  return digests !== undefined && found === 1
}
