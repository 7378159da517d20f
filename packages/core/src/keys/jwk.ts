import { createPublicKey } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { ALGORITHMS } from '../algorithms.js'
import type { AlgorithmName, KeyFamily } from '../algorithms.js'
import type { DropReason } from '../diagnostics.js'
import type { VerificationKey } from '../ports.js'
import { isOnCurve, isSoundEd25519Point } from './curves.js'
import { toSpki } from './spki.js'
import { hasRocaFingerprint } from './weak-moduli.js'

/** A public key that was judged good; OpenSSL sees it when a token first asks for it. */
export class ImportedKey implements VerificationKey {
  readonly kid: string | undefined
  readonly family: KeyFamily
  readonly algorithm: AlgorithmName | undefined
  readonly issuer: string | undefined
  readonly #publicJwk: JsonWebKey
  #keyObject: KeyObject | undefined
  #isBroken = false

  constructor({ kid, family, algorithm, issuer }: Omit<VerificationKey, 'keyObject'>, publicJwk: JsonWebKey) {
    this.kid = kid
    this.family = family
    this.algorithm = algorithm
    this.issuer = issuer
    this.#publicJwk = publicJwk
  }

  /** Equal for the same key, whatever its JWK says besides: its name, what it is for. */
  get material(): string {
    const { kty, crv, n, e, x, y } = this.#publicJwk
    return JSON.stringify([kty, crv, n, e, x, y])
  }

  get keyObject(): KeyObject {
    if (this.#keyObject === undefined) {
      const spki = toSpki(this.#publicJwk)
      this.#keyObject = createPublicKey(
        spki === undefined ? { key: this.#publicJwk, format: 'jwk' } : { key: spki, format: 'der', type: 'spki' },
      )
    }
    return this.#keyObject
  }

  /** What passed our checks and not OpenSSL's counts as absent. */
  isImportable(): boolean {
    if (this.#keyObject !== undefined) return true
    if (this.#isBroken) return false
    try {
      return this.keyObject.type === 'public'
    } catch {
      this.#isBroken = true
      return false
    }
  }

  /** One key is good for one algorithm: its own `alg` where it has one, else any of its family. Names are compared exactly. */
  isFor(algorithm: AlgorithmName): boolean {
    return this.algorithm === undefined
      ? ALGORITHMS.get(algorithm)?.family === this.family
      : this.algorithm === algorithm
  }
}

type Members = Readonly<Record<string, unknown>>

/** The members that make a JWK private or symmetric: RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

const CURVE_FAMILIES: ReadonlyMap<unknown, 'P-256' | 'P-384' | 'P-521'> = new Map([
  ['P-256', 'P-256'],
  ['P-384', 'P-384'],
  ['P-521', 'P-521'],
])

/**
 * Decides from a JWK's own members what it is good for, cheaply and before any cryptography: RFC 7517 section 4, RFC 7518 section 6.
 * Answers why it is dropped instead of throwing, because one bad member of a set must not cost the others.
 * Not checked: `x5c`, `x5t` and `x5u`, which are never used, and whether a point is on its curve or a modulus long enough: {@link importJwk}.
 */
export function toKeyFamily(jwk: unknown): KeyFamily | DropReason {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return 'malformed'
  const members = jwk as Members
  const { kty, crv, kid, use, alg } = members as {
    kty?: unknown
    crv?: unknown
    kid?: unknown
    use?: unknown
    alg?: unknown
  }
  const operations = members['key_ops']
  // A symmetric key that is published is no secret, and what it signs proves nothing.
  if (kty === 'oct') return 'symmetric'
  const family =
    kty === 'RSA'
      ? 'RSA'
      : kty === 'EC'
        ? CURVE_FAMILIES.get(crv)
        : kty === 'OKP' && crv === 'Ed25519'
          ? 'Ed25519'
          : undefined
  if (family === undefined) return 'type'
  if (use !== undefined && use !== 'sig') return 'use'
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return 'use'
  if (kid !== undefined && typeof kid !== 'string') return 'malformed'
  if (alg !== undefined && (typeof alg !== 'string' || ALGORITHMS.get(alg)?.family !== family)) return 'algorithm'
  // Whoever can read the set can sign with this key: to trust it is to trust everybody.
  if (PRIVATE_MEMBERS.some((name) => members[name] !== undefined)) return 'private'
  return family
}

const FAMILIES: ReadonlySet<KeyFamily | DropReason> = new Set<KeyFamily>(['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'])

/** Whether {@link toKeyFamily} told a family, and not why a key is dropped. */
export function isKeyFamily(told: KeyFamily | DropReason): told is KeyFamily {
  return FAMILIES.has(told)
}

/**
 * Makes a key of a JWK whose family {@link toKeyFamily} told, from its public members alone.
 * RSA: 2,048 to 8,192 bits, not of a library whose keys can be factored, exponent odd, at least 3 and under 2^32. EC: on its curve. Ed25519: canonical, not of small order.
 */
export function importJwk(jwk: object, family: KeyFamily): ImportedKey | DropReason {
  const { kid, alg, issuer, n, e, x, y } = jwk as Readonly<
    Record<'kid' | 'alg', string | undefined> & Record<'issuer' | 'n' | 'e' | 'x' | 'y', unknown>
  >
  const algorithm = ALGORITHMS.get(alg ?? '')?.name
  const about = { kid, family, algorithm, issuer: typeof issuer === 'string' ? issuer : undefined }
  if (family === 'RSA') {
    const modulus = decodeMember(n)
    const exponent = decodeMember(e)
    if (modulus === undefined || exponent === undefined) return 'malformed'
    if (!isStrongModulus(modulus) || !isSoundExponent(exponent)) return 'weak'
    return new ImportedKey(about, { kty: 'RSA', n: String(n), e: String(e) })
  }
  const first = decodeMember(x)
  if (first === undefined) return 'malformed'
  if (family === 'Ed25519') {
    if (!isSoundEd25519Point(first)) return 'off-curve'
    return new ImportedKey(about, { kty: 'OKP', crv: family, x: String(x) })
  }
  const second = decodeMember(y)
  if (second === undefined) return 'malformed'
  if (!isOnCurve(family, first, second)) return 'off-curve'
  return new ImportedKey(about, { kty: 'EC', crv: family, x: String(x), y: String(y) })
}

function decodeMember(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' && /^[\w-]{1,1400}$/.test(value) ? Buffer.from(value, 'base64url') : undefined
}

function isStrongModulus(modulus: Uint8Array): boolean {
  const first = modulus.findIndex((byte) => byte !== 0)
  if (first < 0) return false
  const bits = (modulus.length - first) * 8 - Math.clz32(modulus[first] ?? 0) + 24
  const odd = ((modulus.at(-1) ?? 0) & 1) === 1
  return bits >= 2_048 && bits <= 8_192 && odd && !hasRocaFingerprint(modulus)
}

/** An exponent of 1 makes every message its own signature; a long one makes each verification a denial of service. */
function isSoundExponent(exponent: Uint8Array): boolean {
  if (exponent.length > 8) return false
  const value = BigInt(`0x${Buffer.from(exponent).toString('hex')}`)
  return value >= 3n && value < 2n ** 32n && (value & 1n) === 1n
}
