import { createVerifier } from '@countersign/core'
import type { Verifier, VerifierOptions } from '@countersign/core'
import { createTestClock, createTestIssuer } from '@countersign/testing'
import type { TestClock, TestIssuer, TestIssuerOptions } from '@countersign/testing'
import { onTestFinished } from 'vitest'

export const audience = 'https://api.example.com'

/** The deadline of fetches that are to end by it, in real time, and the slack in which that is still on time. */
export const TIMEOUT_MS = 500
export const SLACK_MS = 500

/** Lifetime of a set where the issuer says nothing, stale window and longest backoff, as they are by default. */
export const LIFETIME_MS = 300_000
export const STALE_MS = 3_600_000
export const BACKOFF_MS = 60_000
export const COOLDOWN_MS = 5_000

/** What came of a token: the principal's subject, or the refusal as a client would get it. */
export type Outcome =
  | { readonly subject: string | undefined }
  | { readonly reason: string; readonly status: number; readonly headers: Readonly<Record<string, string>> }

export interface World {
  readonly clock: TestClock
  readonly verifier: Verifier
  /** Listens on loopback; real connections all the way. */
  readonly issuer: TestIssuer
  judge(token: string): Promise<Outcome>
}

export interface WorldOptions {
  readonly issuer?: TestIssuerOptions
  readonly verifier?: Partial<VerifierOptions>
  /** Issuers beside the world's own. */
  readonly others?: readonly TestIssuer[]
  readonly clock?: TestClock
  /** Default: 3,000, as it is in production. */
  readonly timeoutMs?: number
}

/** Starts an issuer that listens on loopback, on the given clock. */
export async function startIssuer(clock: TestClock, options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const issuer = await createTestIssuer({ clock, ...options })
  await issuer.listen()
  onTestFinished(() => issuer.close())
  return issuer
}

/** A verifier that trusts one real issuer, on a clock that stands still until a test moves it; deadlines are real time. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const clock = options.clock ?? createTestClock()
  const issuer = await startIssuer(clock, options.issuer)
  const verifier: Verifier = createVerifier({
    audience,
    issuers: [issuer.issuer, ...(options.others ?? []).map((other) => other.issuer)],
    network: { allowInsecureLoopback: true, timeoutMs: options.timeoutMs ?? 3_000 },
    runtime: { now: () => clock.now(), monotonicNow: () => clock.monotonicNow() },
    ...options.verifier,
  })
  onTestFinished(() => verifier.close())
  return { clock, verifier, issuer, judge: (token) => judge(verifier, token) }
}

/** Judges a token and turns a refusal into the response it becomes. */
export async function judge(verifier: Verifier, token: string): Promise<Outcome> {
  try {
    return { subject: (await verifier.verify(token)).subject }
  } catch (error) {
    const { status, headers } = verifier.refuse(error)
    return { reason: (error as { reason: string }).reason, status, headers }
  }
}

/** How many requests for one document reached the issuer. */
export function countRequests({ requests }: TestIssuer, endpoint: 'discovery' | 'jwks'): number {
  return requests.filter((request) => request.endpoint === endpoint).length
}

/** Milliseconds of real time that something took. */
export async function measure(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
