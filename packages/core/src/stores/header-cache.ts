import { LRUCache } from 'lru-cache'
import type { VerificationKey } from '../ports.js'
import type { TokenHeader } from '../steps/header.js'

/** Headers by their encoded text: an issuer signs millions of tokens under the same one. */
export interface HeaderCache {
  find(text: string): TokenHeader | undefined
  /** @param key whose signature held under it */
  remember(text: string, header: TokenHeader, key: VerificationKey): void
}

const LEAST_HEADERS = 500
const MOST_HEADERS = 20_000

/**
 * Creates the memory, with room for two keys in use of each issuer, within bounds: 500 headers for 10,000 issuers would be
 * work for nothing. Only headers of tokens whose signature held belong in it, or strangers would fill it.
 */
export function createHeaderCache(issuers = 0): HeaderCache {
  const max = Math.min(Math.max(LEAST_HEADERS, 2 * issuers), MOST_HEADERS)
  const headers = new LRUCache<string, TokenHeader>({ max })
  return {
    find: (text) => headers.get(text),
    remember(text, header, { kid }) {
      // The key's own `kid`: to compare it is then to compare an address, which is 0.8 us of a token among ten thousand issuers.
      const shared = header.kid === kid ? { ...header, kid } : header
      // A copy: a slice would keep the whole token it was cut from in memory.
      headers.set(Buffer.from(text, 'latin1').toString('latin1'), shared)
    },
  }
}
