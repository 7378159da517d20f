import { CountersignError, toPlainDetail } from '../errors.js'
import type { TrustedIssuer } from './trusted-issuer.js'
import type { IssuerReadiness, Readiness } from '../verifier.js'

/** How many issuers load at once: enough to start quickly, too few to look like an attack to a shared provider. */
const CONCURRENCY = 8

/** Loads the keys of every issuer. Never rejects: an issuer that is away at start-up may be back before it is needed. */
export async function checkReadiness(issuers: readonly TrustedIssuer[]): Promise<Readiness> {
  const found: IssuerReadiness[] = []
  const queue = issuers.entries()
  const work = async (): Promise<void> => {
    for (const [index, issuer] of queue) found[index] = await load(issuer)
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, issuers.length) }, work))
  return { ok: found.every(({ ok }) => ok), issuers: found }
}

async function load({ issuer, keys }: TrustedIssuer): Promise<IssuerReadiness> {
  try {
    await keys.load()
    return { issuer, ok: true, reason: undefined, detail: undefined }
  } catch (error) {
    if (!(error instanceof CountersignError)) return { issuer, ok: false, reason: 'ERR_UNEXPECTED', detail: undefined }
    return { issuer, ok: false, reason: error.reason, detail: toPlainDetail(error) }
  }
}
