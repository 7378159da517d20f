import type { AlgorithmName } from '../algorithms.js'
import type { DropReason } from '../diagnostics.js'
import { AuthenticationError, UpstreamError } from '../errors.js'
import type { KeySelector, VerificationKey } from '../ports.js'
import { importJwk, isKeyFamily, toKeyFamily } from './jwk.js'
import type { ImportedKey } from './jwk.js'

/** Keys of one set that are used at most; those that are of no use to us do not count. */
const MAX_KEYS = 100
/** So few keys are looked through: among ten thousand issuers, a Map for each would never be in the processor's cache (2 us a token). */
const FEW_KEYS = 8
/** Keys that a token without `kid` may make us try. */
const MAX_TRIED = 4

/** One issuer's keys as they were read at one time. Immutable: a newer set replaces it whole. */
export interface KeySet {
  readonly keys: readonly ImportedKey[]
  /** Members that are not used, by why. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
  /**
   * The keys that may have signed a token: the one of that `kid`, or without a `kid` all that fit, at most 4. `undefined`: none.
   *
   * @throws AuthenticationError `ERR_KEY_AMBIGUOUS`, `ERR_KEY_MISMATCH`
   */
  select(selector: KeySelector): readonly VerificationKey[] | undefined
  has(key: VerificationKey): boolean
}

/** The set as we index it, for the next one to take unchanged keys from. */
class IndexedKeySet implements KeySet {
  readonly keys: readonly ImportedKey[]
  readonly dropped: KeySet['dropped']
  readonly byText: ReadonlyMap<string, ImportedKey>
  /** The key of a set that has one: not to look it up in the list is 0.6 us of a token among ten thousand issuers. */
  readonly #only: ImportedKey | undefined
  readonly #held: ReadonlySet<VerificationKey> | undefined
  /** A Map, because `kid` is a stranger's text: `__proto__` is a name like any other. Absent for few keys. */
  readonly #byKid: ReadonlyMap<string, readonly ImportedKey[]> | undefined
  /** What a token without `kid` may be tried with, per algorithm; at most as many as there are algorithms. */
  readonly #byAlgorithm = new Map<AlgorithmName, readonly ImportedKey[]>()

  constructor(keys: readonly ImportedKey[], byText: ReadonlyMap<string, ImportedKey>, dropped: KeySet['dropped']) {
    this.keys = keys
    this.byText = byText
    this.dropped = dropped
    this.#only = keys.length === 1 ? keys[0] : undefined
    this.#held = keys.length > FEW_KEYS ? new Set(keys) : undefined
    this.#byKid = keys.length > FEW_KEYS ? groupByKid(keys) : undefined
  }

  has(key: VerificationKey): boolean {
    return this.#held?.has(key) ?? this.keys.some((one) => one === key)
  }

  select({ kid, algorithm }: KeySelector): readonly VerificationKey[] | undefined {
    if (kid === undefined) return this.#selectByAlgorithm(algorithm)
    const found = this.#only === undefined ? this.#findNamed(kid, algorithm) : this.#only
    if (found === undefined || found.kid !== kid) return undefined
    if (!found.isFor(algorithm)) throw new AuthenticationError('ERR_KEY_MISMATCH', { detail: { algorithm } })
    return found.isImportable() ? [found] : undefined
  }

  /** The key of that name which is for an algorithm, or else one of that name. */
  #findNamed(kid: string, algorithm: AlgorithmName): ImportedKey | undefined {
    const candidates = this.#byKid === undefined ? this.keys : (this.#byKid.get(kid) ?? [])
    let named: ImportedKey | undefined
    let found: ImportedKey | undefined
    for (const key of candidates) {
      if (key.kid !== kid) continue
      named = key
      if (!key.isFor(algorithm)) continue
      // Which of the two signed cannot be told, and trying both would let either stand in for the other.
      if (found !== undefined) throw new AuthenticationError('ERR_KEY_AMBIGUOUS', { detail: { algorithm } })
      found = key
    }
    return found ?? named
  }

  #selectByAlgorithm(algorithm: AlgorithmName): readonly VerificationKey[] | undefined {
    let fitting = this.#byAlgorithm.get(algorithm)
    if (fitting === undefined) {
      fitting = this.keys.filter((key) => key.isFor(algorithm))
      // Each try is a signature verification that a stranger asks for; an import before it costs up to 1.5 ms, so that
      // the keys are counted first.
      if (fitting.length > MAX_TRIED) {
        throw new AuthenticationError('ERR_KEY_AMBIGUOUS', {
          detail: { algorithm, keys: fitting.length, most: MAX_TRIED },
        })
      }
      fitting = fitting.filter((key) => key.isImportable())
      this.#byAlgorithm.set(algorithm, fitting)
    }
    return fitting.length === 0 ? undefined : fitting
  }
}

function groupByKid(keys: readonly ImportedKey[]): ReadonlyMap<string, readonly ImportedKey[]> {
  const byKid = new Map<string, ImportedKey[]>()
  for (const key of keys) {
    if (key.kid === undefined) continue
    const same = byKid.get(key.kid)
    if (same === undefined) byKid.set(key.kid, [key])
    else same.push(key)
  }
  return byKid
}

/**
 * Makes a key set of a parsed JWKS, RFC 7517 section 5. What cannot be used is dropped and counted. A key whose JWK did not change since
 * `previous` stays the very same object, so that verdicts which remember it stay good.
 *
 * @throws UpstreamError `ERR_KEYS_MALFORMED`, `ERR_KEYS_EMPTY`
 */
export function toKeySet(jwks: unknown, previous?: KeySet): KeySet {
  const members = typeof jwks === 'object' && jwks !== null ? (jwks as { keys?: unknown }).keys : undefined
  if (!Array.isArray(members))
    throw new UpstreamError('ERR_KEYS_MALFORMED', { detail: { wants: 'an object with an array "keys"' } })
  const known = previous instanceof IndexedKeySet ? previous.byText : undefined
  const keys: ImportedKey[] = []
  const byText = new Map<string, ImportedKey>()
  const dropped: Partial<Record<DropReason, number>> = {}
  let judged = 0
  for (const jwk of members as readonly unknown[]) {
    const family = toKeyFamily(jwk)
    let key: ImportedKey | DropReason
    if (!isKeyFamily(family)) key = family
    // Bad points are counted too: judging one costs more than holding it.
    else if (judged++ >= MAX_KEYS) key = 'limit'
    else {
      const text = toText(jwk as object)
      key = known?.get(text) ?? importJwk(jwk as object, family)
      if (typeof key !== 'string') byText.set(text, key)
    }
    if (typeof key === 'string') dropped[key] = (dropped[key] ?? 0) + 1
    else keys.push(key)
  }
  if (keys.length === 0)
    throw new UpstreamError('ERR_KEYS_EMPTY', { detail: { members: members.length, dropped: toDroppedText(dropped) } })
  return new IndexedKeySet(keys, byText, dropped)
}

/** Why members of a set are not used, for logs and messages: `weak 1, use 2`. */
export function toDroppedText(dropped: KeySet['dropped'], without: readonly DropReason[] = []): string {
  return Object.entries(dropped)
    .filter(([reason]) => !without.includes(reason as DropReason))
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ')
}

/** Everything of a JWK that we use; what else it says (a certificate, a date) may change without making it another key. */
function toText(jwk: object): string {
  const { kty, crv, kid, alg, issuer, n, e, x, y } = jwk as Readonly<Record<string, unknown>> as Readonly<
    Record<'kty' | 'crv' | 'kid' | 'alg' | 'issuer' | 'n' | 'e' | 'x' | 'y', unknown>
  >
  return JSON.stringify([kty, crv, kid, alg, issuer, n, e, x, y])
}
