import { createVerifier, CountersignError } from '@countersign/core'
import type { IssuerOptions, Verifier, VerifierOptions } from '@countersign/core'
import { createTestClock, createTestIssuer } from '@countersign/testing'
import type { TestAlgorithm, TestIssuer } from '@countersign/testing'

/** When everything takes place, in seconds since the epoch. */
export const NOW_SECONDS = 1_800_000_000

export const ISSUER = 'https://login.acme.example'
export const AUDIENCE = 'https://api.example.com'

/** An issuer, and verifiers that trust it. */
export interface Party {
  readonly issuer: TestIssuer
  /** A verifier that holds the issuer's keys as they are now, and whose network has nobody to answer. */
  verifier(issuer?: Partial<IssuerOptions>, options?: Partial<VerifierOptions>): Verifier
  /** Why a token is refused, or `'accepted'`. */
  reason(token: string, issuer?: Partial<IssuerOptions>, options?: Partial<VerifierOptions>): Promise<string>
}

/** Creates an issuer with one key for each algorithm, the first of which signs where nothing is said. */
export async function createParty(algorithms: readonly TestAlgorithm[] = ['ES256', 'RS256']): Promise<Party> {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  const issuer = await createTestIssuer({ issuer: ISSUER, algorithms, clock, audience: AUDIENCE })
  const party: Party = {
    issuer,
    verifier: (own = {}, options = {}) =>
      createVerifier({
        audience: AUDIENCE,
        issuers: [{ issuer: ISSUER, keys: { jwks: issuer.jwks }, ...own }],
        runtime: { ...issuer.runtime, fetch: (url) => Promise.reject(new Error(`Nobody may fetch ${url}`)) },
        ...options,
      }),
    reason: (token, own, options) => reasonOf(party.verifier(own, options).verify(token)),
  }
  return party
}

/** The reason with which something is refused, or `'accepted'`. */
export async function reasonOf(judging: Promise<unknown>): Promise<string> {
  try {
    await judging
  } catch (error) {
    if (error instanceof CountersignError) return error.reason
    throw error
  }
  return 'accepted'
}

/** One segment of a token: an object as JSON, text as UTF-8, bytes as they are. */
export function encode(part: object | string): string {
  if (part instanceof Uint8Array) return Buffer.from(part).toString('base64url')
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

/** The claims of an ordinary token, some of them replaced; one given as `undefined` is left out. */
export function claims(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const ordinary = { iss: ISSUER, sub: 'user-1', client_id: 'client-1', aud: AUDIENCE, jti: 'id-1' }
  return { ...ordinary, iat: NOW_SECONDS - 10, exp: NOW_SECONDS + 300, ...changes }
}
