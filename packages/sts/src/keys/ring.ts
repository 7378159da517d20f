import type { SigningAlgorithm, SigningKeyState } from './signing-keys.js'

/** The public members of a key, RFC 7517 section 4 and RFC 7518 section 6, and nothing else. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: string; readonly x: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }

/** A key that was just made, and is in no ring yet. */
export interface NewKey {
  /** RFC 7638 thumbprint, SHA-256. */
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly publicJwk: PublicJwk
  /** PKCS #8 DER, in base64url. */
  readonly privateKey: string
}

/** States in which a ring holds a key: one that was removed is no longer in it. */
export type HeldState = Exclude<SigningKeyState, 'removed'>

/** One key as the ring holds it. */
export interface KeyRecord {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly state: HeldState
  /** When it came into this state, in milliseconds since the epoch. */
  readonly sinceMs: number
  /** Absent of a revoked key: what is not there cannot be published. */
  readonly publicJwk: PublicJwk | undefined
  /** PKCS #8 DER, in base64url. Pending and active keys alone have one. */
  readonly privateKey: string | undefined
}

/** All keys of one token service: one document, one version. */
export interface Ring {
  /** Grows by one with each change, from 1; 0 of a ring that was never written. */
  readonly version: number
  readonly records: readonly KeyRecord[]
}

/** The ring of a service that never had a key. */
export const EMPTY_RING: Ring = Object.freeze({ version: 0, records: Object.freeze([]) })

/** How long keys stay in each state, in milliseconds. */
export interface RotationRules {
  readonly algorithms: readonly SigningAlgorithm[]
  /** Published before it signs. */
  readonly pendingMs: number
  readonly activeMs: number
  /** Published after it signed last. */
  readonly retiringMs: number
  /** How long a revoked `kid` stays on the deny list. */
  readonly denyMs: number
  /** How far behind the newest ring a replica may be, clocks included: a state ends no sooner than so much later. */
  readonly marginMs: number
}

/** A key that changes its state. */
export interface KeyChange {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly from: HeldState | undefined
  readonly to: SigningKeyState
}

/** The keys of an algorithm in a state, oldest first. */
export function findRecords(
  records: readonly KeyRecord[],
  algorithm: SigningAlgorithm,
  state: HeldState,
): readonly KeyRecord[] {
  return records
    .filter((record) => record.algorithm === algorithm && record.state === state)
    .toSorted((left, right) => left.sinceMs - right.sinceMs)
}

/** When a key leaves its state at the earliest, in milliseconds since the epoch. */
export function toDueMs({ state, sinceMs }: KeyRecord, rules: RotationRules): number {
  switch (state) {
    case 'pending':
      return sinceMs + rules.pendingMs + rules.marginMs
    case 'active':
      return sinceMs + rules.activeMs
    case 'retiring':
      return sinceMs + rules.retiringMs + rules.marginMs
    case 'revoked':
      return sinceMs + rules.denyMs
  }
}
