import type { JSONWebKeySet, JWK } from 'jose'
import type { RefusedAlgorithm, TestAlgorithm } from './algorithms.js'
import { createTestKey } from './keys.js'
import type { TestKey } from './keys.js'

/** Which of the issuer's own keys is to sign. */
export interface KeyChoice {
  readonly alg?: TestAlgorithm | RefusedAlgorithm | undefined
  readonly kid?: string | null | undefined
}

/** How {@link KeyRing.rotate} rotates. */
export interface RotateOptions {
  /** Whether what was published stays in the set next to the new keys; by default `true`. */
  readonly keep?: boolean | undefined
  /** By default the algorithms of the last rotation. */
  readonly algorithms?: readonly TestAlgorithm[] | undefined
}

/** The keys that an issuer holds, and the set that it shows of them. */
export interface KeyRing {
  /** Every key pair this ring ever made, the oldest first, withdrawn ones too. */
  readonly keys: readonly TestKey[]
  readonly algorithms: readonly TestAlgorithm[]
  /** The published set: a copy. */
  toJwks(): JSONWebKeySet
  /** Finds the key that signs: by `kid` among all keys, else the newest published one for `alg`. */
  find(choice: KeyChoice): TestKey
  rotate(options?: RotateOptions): Promise<readonly TestKey[]>
  withdraw(kid: string): void
  publish(jwk: JWK | Readonly<Record<string, unknown>>): void
}

/** Creates a ring with one key for each algorithm, named `es256-1`, `rs256-1`, … and after a rotation `es256-2`. */
export async function createKeyRing(firstAlgorithms: readonly TestAlgorithm[]): Promise<KeyRing> {
  let algorithms = firstAlgorithms
  let generation = 0
  let published: JWK[] = []
  const keys: TestKey[] = []

  const isPublished = (key: TestKey) => published.some((jwk) => jwk.kid === key.kid)

  const ring: KeyRing = {
    keys,
    get algorithms() {
      return algorithms
    },
    toJwks: () => structuredClone({ keys: published }),
    find({ alg, kid }) {
      const named = keys.find((key) => key.kid === kid && (alg === undefined || key.alg === alg))
      if (named !== undefined) return named
      const wanted = alg ?? algorithms[0]
      const found = keys.findLast((key) => key.alg === wanted && isPublished(key))
      if (found !== undefined) return found
      throw new TypeError(`This issuer publishes no key for ${String(wanted)}; it has ${toList(keys)}`)
    },
    async rotate(options = {}) {
      const next = checkAlgorithms(options.algorithms ?? algorithms)
      const suffix = String(generation + 1)
      generation += 1
      const made = await Promise.all(next.map((alg) => createTestKey(alg, { kid: `${alg.toLowerCase()}-${suffix}` })))
      const jwks = made.map((key) => key.publicJwk)
      algorithms = next
      keys.push(...made)
      published = options.keep === false ? jwks : [...published, ...jwks]
      return made
    },
    withdraw(kid) {
      const kept = published.filter((jwk) => jwk.kid !== kid)
      if (kept.length === published.length) {
        throw new TypeError(`No published key is named ${JSON.stringify(kid)}; there are ${toList(published)}`)
      }
      published = kept
    },
    publish(jwk) {
      published = [...published, structuredClone(jwk) as JWK]
    },
  }
  await ring.rotate()
  return ring
}

function checkAlgorithms(algorithms: readonly TestAlgorithm[]): readonly TestAlgorithm[] {
  if (algorithms.length === 0) throw new TypeError('algorithms wants at least one algorithm')
  if (new Set(algorithms).size !== algorithms.length) throw new TypeError('algorithms names one algorithm twice')
  return algorithms
}

function toList(keys: readonly { readonly kid?: string | undefined }[]): string {
  return keys.length === 0 ? 'none' : keys.map((key) => String(key.kid)).join(', ')
}
