import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Verdict } from '../principal.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import type { Verified } from '../steps/signature.js'

/** What is remembered of a token: everything but the token. */
export interface Remembered<C> {
  readonly verified: Verified
  readonly issuer: TrustedIssuer
  /** Absent where the schema's output cannot be shared between requests: it is then made anew. */
  readonly verdict: Verdict<C> | undefined
}

/** Verdicts by the hash of the token: bounded, and no bearer token stays in the heap. */
export interface TokenCache<C> {
  find(key: string): Remembered<C> | undefined
  remember(key: string, entry: Remembered<C>): void
  forget(key: string): void
  clear(): void
}

/**
 * Creates the cache. An entry is worth no more than a fresh verdict: whoever finds one still checks what time can change.
 *
 * Once it is full, a token displaces another one only when it comes a second time: tokens that come once, or in turns of more than
 * the cache holds, would otherwise push each other out, and none would ever be found.
 */
export function createTokenCache<C>(maxEntries: number): TokenCache<C> {
  const entries = new LRUCache<string, Remembered<C>>({ max: maxEntries })
  /** Those that came once lately, and found no place. */
  const candidates = new Set<string>()
  return {
    find: (key) => entries.get(key),
    remember(key, entry) {
      if (entries.size < maxEntries || entries.has(key) || candidates.delete(key)) {
        entries.set(key, entry)
        return
      }
      if (candidates.size === maxEntries) candidates.clear()
      candidates.add(key)
    },
    forget: (key) => void entries.delete(key),
    clear() {
      entries.clear()
      candidates.clear()
    },
  }
}

/** The key of a token: the SHA-256 of its whole text, so that two tokens never meet in one entry (CVE-2026-35039). */
export function toCacheKey(token: string): string {
  return hash('sha256', token, 'base64url')
}
