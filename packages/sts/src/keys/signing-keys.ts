import type { KeyObject } from 'node:crypto'

/** Algorithms that the service signs with, by their fully specified names. */
export type SigningAlgorithm = 'ES256' | 'ES384' | 'Ed25519' | 'RS256' | 'PS256'

/**
 * Where a key stands. `pending`: published, not signing. `active`: signing. `retiring`: published, its private part destroyed.
 * `removed`: no longer published. `revoked`: dropped at once, and never accepted again.
 */
export type SigningKeyState = 'pending' | 'active' | 'retiring' | 'removed' | 'revoked'

/** A key that signs now. */
export interface Signer {
  /** RFC 7638 thumbprint, SHA-256. */
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: KeyObject
}

/** A key that verifies our own tokens. */
export interface OwnKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly publicKey: KeyObject
}

/** One key as an operator sees it. Times in milliseconds since the epoch. */
export interface SigningKeyHealth {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly state: SigningKeyState
  readonly sinceMs: number
  readonly nextChangeMs: number | undefined
}

/** The signing keys of one token service, on any number of replicas. Whoever creates them closes them. */
export interface SigningKeys {
  readonly algorithms: readonly SigningAlgorithm[]
  /** The longest life of a token that they sign, in seconds: so long a key verifies after it signed last. No target's tokens live longer. */
  readonly maxTokenLifetimeSeconds: number
  /**
   * The active key of an algorithm. Synchronous work alone once loaded; rejects with UpstreamError where the store has not
   * been heard for longer than the keys at hand may be used.
   */
  findSigner(algorithm: SigningAlgorithm): Promise<Signer>
  /** A published key by its `kid`; `undefined` for any other, revoked ones above all. */
  findKey(kid: string): Promise<OwnKey | undefined>
  /** The key set as it is published, RFC 7517 section 5: public members alone, never empty. */
  jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>
  /** Drops a key now, and lets the pending one sign. Recorded before it counts. */
  revoke(kid: string): Promise<void>
  /**
   * `ok`: there is a key that signs now, and no algorithm has lost its own; one that is new may yet wait for its first. Revoked keys are
   * so as far as this process knows.
   */
  health(): { readonly ok: boolean; readonly version: number | undefined; readonly keys: readonly SigningKeyHealth[] }
  /** Loads, or makes, the keys. Rejects where the store does not answer. */
  ready(): Promise<void>
  close(): Promise<void>
}
