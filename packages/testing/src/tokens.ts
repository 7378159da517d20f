import { randomUUID } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { isAsymmetric, signBytes } from './algorithms.js'
import type { RefusedAlgorithm, TestAlgorithm } from './algorithms.js'
import type { Clock } from './clock.js'
import type { KeyRing } from './key-ring.js'
import type { TestKey } from './keys.js'

/** Claims of a token; one given as `undefined` is left out, and any may have a wrong type. */
export interface TestClaims {
  readonly iss?: unknown
  readonly sub?: unknown
  readonly client_id?: unknown
  readonly aud?: unknown
  readonly iat?: unknown
  readonly exp?: unknown
  readonly jti?: unknown
  readonly scope?: unknown
  readonly [claim: string]: unknown
}

/** Which key signs, under which algorithm. */
export interface SigningOptions {
  /** By default that of `key` or `kid`, else the issuer's first. */
  readonly alg?: TestAlgorithm | RefusedAlgorithm | undefined
  /** Another key than the issuer's: a forger's, or for HMAC the bytes of a secret. */
  readonly key?: TestKey | KeyObject | Uint8Array | undefined
}

/** How a token departs from an ordinary access token. */
export interface TokenOptions extends SigningOptions {
  /**
   * The `kid` in the header; a key of the issuer that has this name signs, a withdrawn one too.
   * A name that the issuer does not know stands in the header, and the usual key signs. `null` leaves it out.
   */
  readonly kid?: string | null | undefined
  /** By default `at+jwt`; `null` leaves it out. */
  readonly typ?: string | null | undefined
  /** Further header members; they win over all others, and one given as `undefined` is left out. */
  readonly header?: Readonly<Record<string, unknown>> | undefined
  /** From now to `exp`; by default 300. Where it is not positive the token was issued 300 s before it expired. */
  readonly expiresInSeconds?: number | undefined
}

/** The two parts of a token, as text, bytes, or an object to be written as JSON. */
export interface RawToken extends SigningOptions {
  readonly header: string | object
  readonly payload: string | object
  /** Which of the issuer's keys signs; by default the newest published one for `alg`. Says nothing of the header. */
  readonly kid?: string | undefined
}

/** Which of the issuer's keys signs a text that {@link TokenSigner.signEncoded} is given. */
export interface EncodedSigningOptions extends SigningOptions {
  readonly kid?: string | undefined
}

/** Signs tokens, good and hostile. */
export interface TokenSigner {
  token(claims?: TestClaims, options?: TokenOptions): Promise<string>
  signRaw(raw: RawToken): Promise<string>
  signEncoded(signingInput: string, options?: EncodedSigningOptions): Promise<string>
}

/** What a signer reads of its issuer, at each token. */
export interface TokenSource {
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly clock: Clock
  readonly ring: KeyRing
}

const LIFETIME_SECONDS = 300

/** Creates the part of a test issuer that signs. */
export function createTokenSigner(source: TokenSource): TokenSigner {
  const signer: TokenSigner = {
    async token(claims = {}, options = {}) {
      checkOptions(options)
      const { alg, key, kid } = toSigningKey(source.ring, options)
      const header = {
        alg,
        kid: options.kid === undefined ? kid : (options.kid ?? undefined),
        typ: options.typ === undefined ? 'at+jwt' : (options.typ ?? undefined),
        ...options.header,
      }
      const payload = { ...toDefaultClaims(source, options.expiresInSeconds ?? LIFETIME_SECONDS), ...claims }
      return sign(`${encode(header)}.${encode(payload)}`, alg, key)
    },
    async signRaw({ header, payload, ...options }) {
      return signer.signEncoded(`${encode(header)}.${encode(payload)}`, options)
    },
    async signEncoded(signingInput, options = {}) {
      const { alg, key } = toSigningKey(source.ring, options)
      return sign(signingInput, alg, key)
    },
  }
  return signer
}

const OPTIONS: readonly string[] = [
  'alg',
  'key',
  'kid',
  'typ',
  'header',
  'expiresInSeconds',
] satisfies (keyof TokenOptions)[]

/** A test whose token is another than it says proves nothing: what is misspelt must not pass for what is left out. */
function checkOptions(options: TokenOptions): void {
  const given: unknown = options
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(`token() wants its options as an object, got ${inspect(given)}`)
  const unknown = Object.keys(given).find((name) => !OPTIONS.includes(name))
  if (unknown !== undefined)
    throw new TypeError(
      `token() knows no option ${JSON.stringify(unknown)}; the options there are: ${OPTIONS.join(', ')}`,
    )
  const { expiresInSeconds } = options
  // Added to a time, the text '60' would be put behind its digits.
  if (expiresInSeconds !== undefined && !Number.isFinite(expiresInSeconds))
    throw new TypeError(`expiresInSeconds wants a finite number, got ${inspect(expiresInSeconds)}`)
}

function toDefaultClaims({ issuer, audience, clock }: TokenSource, expiresInSeconds: number): TestClaims {
  const nowSeconds = Math.floor(clock.now() / 1000)
  const exp = nowSeconds + expiresInSeconds
  const iat = expiresInSeconds > 0 ? nowSeconds : exp - LIFETIME_SECONDS
  return { iss: issuer, sub: 'user-1', client_id: 'client-1', aud: audience, iat, exp, jti: randomUUID() }
}

interface SigningKey {
  readonly alg: TestAlgorithm | RefusedAlgorithm
  readonly key: KeyObject | Uint8Array
  readonly kid: string
}

function toSigningKey(ring: KeyRing, options: TokenOptions): SigningKey {
  const { alg, key, kid } = options
  if (key === undefined) {
    if (alg === 'none') return { alg, key: new Uint8Array(), kid: ring.find({ kid }).kid }
    if (alg !== undefined && !isAsymmetric(alg)) throw new TypeError(`${alg} signs with a secret: pass it as key`)
    const own = ring.find({ alg, kid })
    return { alg: own.alg, key: own.privateKey, kid: own.kid }
  }
  if ('privateKey' in key) return { alg: alg ?? key.alg, key: key.privateKey, kid: key.kid }
  const imitated = ring.find({ kid })
  return { alg: alg ?? imitated.alg, key, kid: imitated.kid }
}

function sign(signingInput: string, alg: TestAlgorithm | RefusedAlgorithm, key: KeyObject | Uint8Array): string {
  return `${signingInput}.${Buffer.from(signBytes(alg, key, Buffer.from(signingInput))).toString('base64url')}`
}

function encode(part: string | object): string {
  if (part instanceof Uint8Array) return Buffer.from(part).toString('base64url')
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}
