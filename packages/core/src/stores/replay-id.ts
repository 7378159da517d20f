import { createHash } from 'node:crypto'

/**
 * Makes the id under which something is remembered as used: 16 bytes of SHA-256 over the parts, each with its length before
 * it, so that no two lists of parts read alike. 22 characters.
 */
export function toReplayId(...parts: readonly string[]): string {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(`${Buffer.byteLength(part)}:`).update(part)
  return digest.digest().subarray(0, 16).toString('base64url')
}
