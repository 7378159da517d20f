import { LRUCache } from 'lru-cache'
import type { TokenHeader } from '../steps/header.js'

/** Headers by their encoded text: an issuer signs millions of tokens under the same one. */
export interface HeaderCache {
  find(text: string): TokenHeader | undefined
  remember(text: string, header: TokenHeader): void
}

/** More than any set of issuers has keys in use at once. */
const MAX_HEADERS = 500

/** Creates the memory. Only headers of tokens whose signature held belong in it, or strangers would fill it. */
export function createHeaderCache(): HeaderCache {
  const headers = new LRUCache<string, TokenHeader>({ max: MAX_HEADERS })
  return {
    find: (text) => headers.get(text),
    remember(text, header) {
      // A copy: a slice would keep the whole token it was cut from in memory.
      if (headers.get(text) !== header) headers.set(Buffer.from(text, 'latin1').toString('latin1'), header)
    },
  }
}
