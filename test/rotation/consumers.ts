import { createVerifier } from '@countersign/core'
import type { CountersignError, Verifier } from '@countersign/core'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import type { Answer } from './replicas.js'

/** Reads the key set from whichever replica comes up. */
export type ReadKeys = () => Promise<Answer>

/** What became of one verification. `unavailable`: no verdict. */
export type Outcome = 'good' | 'bad' | 'unavailable'

/** Somebody who trusts the tokens. */
export type Consumer = (token: string) => Promise<Outcome>

/**
 * The slowest there is: has the key set from an HTTP cache, which keeps it for 300 s, and keeps it for 600 s more, as jose does; what
 * is not in it is bad, and nothing makes it look again sooner.
 */
export function createSlowConsumer(read: ReadKeys, now: () => number): Consumer {
  let held: { readonly set: JSONWebKeySet; readonly readAtMs: number } | undefined
  return async (token) => {
    if (held === undefined || now() - held.readAtMs >= 900_000) {
      const readAtMs = now()
      const { status, body } = await read()
      if (status !== 200) return 'unavailable'
      held = { set: body as unknown as JSONWebKeySet, readAtMs }
    }
    return verify(token, held.set, now)
  }
}

/** One that reads the key set anew for every look, a few a second: for a token that is about to end. */
export function createFreshConsumer(read: ReadKeys, now: () => number): Consumer {
  let held: { readonly set: JSONWebKeySet; readonly readAt: number } | undefined
  return async (token) => {
    if (held === undefined || performance.now() - held.readAt > 50) {
      const readAt = performance.now()
      const { status, body } = await read()
      if (status !== 200) return 'unavailable'
      held = { set: body as unknown as JSONWebKeySet, readAt }
    }
    return verify(token, held.set, now)
  }
}

async function verify(token: string, set: JSONWebKeySet, now: () => number): Promise<Outcome> {
  try {
    await jwtVerify(token, createLocalJWKSet(set), { currentDate: new Date(now()), clockTolerance: 5 })
    return 'good'
  } catch {
    return 'bad'
  }
}

/** This suite's own verifier, on the same clock. */
export function createOwnConsumer(
  jwksUri: string,
  { issuer, audience }: { readonly issuer: string; readonly audience: string },
  runtime: { readonly now: () => number; readonly monotonicNow: () => number },
): { readonly verifier: Verifier; readonly consumer: Consumer } {
  const verifier = createVerifier({
    audience,
    issuers: [{ issuer, keys: { jwksUri }, algorithms: ['ES256'] }],
    network: { allowInsecureLoopback: true },
    tokenCache: false,
    runtime,
  })
  const consumer: Consumer = async (token) =>
    verifier.verify(token).then(
      () => 'good',
      (error: CountersignError) => (error.status === 503 ? 'unavailable' : 'bad'),
    )
  return { verifier, consumer }
}
