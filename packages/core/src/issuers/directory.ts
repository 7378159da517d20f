import { LRUCache } from 'lru-cache'
import { toElapsedMs, toMoment } from '../elapsed.js'
import type { Moment } from '../elapsed.js'
import { ConfigurationError, CountersignError, InternalError, toPlainDetail, UpstreamError } from '../errors.js'
import { isPlainUrl } from '../http/fetch-url.js'
import { toLoggedError } from '../options/fail.js'
import { toFingerprint } from '../options/resolve-issuer.js'
import type { ResolvedIssuer } from '../options/resolve-issuer.js'
import type { Rules } from '../rules.js'
import type { IssuerSource, TrustedIssuer } from './trusted-issuer.js'
import { createGate } from './gate.js'
import type { Gate } from './gate.js'
import { toTrustedIssuer } from './list.js'
import { createNames } from './names.js'

/** Asks the application for an issuer, and reads its answer as an entry of `issuers` is read. */
export type AskForIssuer = (issuer: string) => Promise<ResolvedIssuer | undefined>

/** An answer is used without asking for so long; then it is asked for anew in the background. */
const FRESH_MS = 60_000
/** No answer is used for longer, whether the application can be asked or not. */
const HELD_MS = 300_000
const DENIED_MS = 30_000
/** A refresh that failed is not tried again sooner: one issuer's trouble must not use up the budget of the others. */
const RETRY_MS = 5_000
const MAX_DENIED = 1_000

interface Held {
  readonly trusted: TrustedIssuer
  readonly resolved: ResolvedIssuer
  readonly answeredAt: Moment
  askedAt: Moment
}

/** The issuers that the application names on demand. */
export interface IssuerDirectory extends IssuerSource {
  find(issuer: string): TrustedIssuer | undefined | Promise<TrustedIssuer | undefined>
  close(): void
}

/**
 * Creates the source behind `resolveIssuer`. One call per issuer at a time, behind a gate; what was answered is held for
 * a minute and at most five, what was denied for half of one, apart from each other so that made-up names push out no
 * real tenant, and who signs apart from both, so that real names in unsigned tokens push out none either. An answer that has not changed keeps its keys. A machine that slept has held its answers all that time.
 *
 * Only https URLs of at most 2,048 characters are asked for: whatever else a token says never reaches the application.
 */
export function createIssuerDirectory(ask: AskForIssuer, rules: Rules): IssuerDirectory {
  const { runtime, logger } = rules
  const held = createNames<Held>()
  const denied = new LRUCache<string, Moment>({ max: MAX_DENIED })
  const pending = new Map<string, Promise<TrustedIssuer | undefined>>()
  const gate = createGate(runtime)
  let isClosed = false

  const askAgain = async (issuer: string, pass: Gate['pass']): Promise<TrustedIssuer | undefined> => {
    const resolved = await pass(() => ask(issuer))
    const before = held.find(issuer)
    if (isClosed) throw closed()
    if (resolved === undefined) {
      before?.trusted.keys.close()
      held.delete(issuer)
      denied.set(issuer, toMoment(runtime))
      return undefined
    }
    const trusted = toSuccessor(before, resolved, rules)
    const answeredAt = toMoment(runtime)
    held.set(issuer, { trusted, resolved, answeredAt, askedAt: answeredAt })
    return trusted
  }
  const askOnce = (issuer: string, pass: Gate['pass']): Promise<TrustedIssuer | undefined> => {
    const underway = pending.get(issuer)
    if (underway !== undefined) return underway
    const asked = askAgain(issuer, pass)
      .catch(toOutage)
      .finally(() => pending.delete(issuer))
    pending.set(issuer, asked)
    return asked
  }
  const isPast = (since: Moment, ms: number): boolean => toElapsedMs(runtime, since) >= ms
  const refresh = (issuer: string, known: Held): void => {
    if (!isPast(known.askedAt, known.askedAt === known.answeredAt ? FRESH_MS : RETRY_MS)) return
    known.askedAt = toMoment(runtime)
    askOnce(issuer, gate.passKnown).catch((error: CountersignError) => {
      logger.warn('An issuer cannot be asked for anew', { issuer, reason: error.reason, ...toPlainDetail(error) })
    })
  }
  /** Whoever signs does not stand in line with names that were merely heard of, but once in five seconds where there is no answer. */
  const toPass = (issuer: string, known: Held | undefined): Gate['pass'] => {
    if (known === undefined || !held.isVouched(issuer) || !isPast(known.askedAt, RETRY_MS)) return gate.pass
    known.askedAt = toMoment(runtime)
    return gate.passKnown
  }
  return {
    find(issuer) {
      const known = held.find(issuer)
      if (known !== undefined && !isPast(known.answeredAt, HELD_MS)) {
        refresh(issuer, known)
        return known.trusted
      }
      const refusedAt = denied.get(issuer)
      if ((refusedAt !== undefined && !isPast(refusedAt, DENIED_MS)) || !isAskable(issuer)) return undefined
      return isClosed ? Promise.reject(closed()) : askOnce(issuer, toPass(issuer, known))
    },
    vouch: held.vouch,
    close() {
      isClosed = true
      for (const { trusted } of held.values()) trusted.keys.close()
      held.clear()
    },
  }
}

/** Whoever still asks does so while the application stops. */
function closed(): UpstreamError {
  return new UpstreamError('ERR_ISSUER_UNAVAILABLE', { detail: { closed: true } })
}

/** What an issuer that publishes keys can be called; its characters are a stranger's. `https://acme.example@evil.example` begins like another. */
function isAskable(issuer: string): boolean {
  return isPlainUrl(issuer) && /^https:\/\/[^?#{}@/]+(\/[^?#{}]*)?$/.test(issuer)
}

/** The same answer is the same issuer, cached verdicts and all; other rules over the same keys keep the keys. */
function toSuccessor(before: Held | undefined, resolved: ResolvedIssuer, rules: Rules): TrustedIssuer {
  if (before === undefined) return toTrustedIssuer(resolved, rules)
  if (before.resolved.fingerprint === resolved.fingerprint) return before.trusted
  if (toFingerprint(before.resolved.location) === toFingerprint(resolved.location)) {
    return { ...resolved.rules, keys: before.trusted.keys }
  }
  const trusted = toTrustedIssuer(resolved, rules)
  before.trusted.keys.close()
  return trusted
}

/** The application could not say whether it trusts the issuer: that is an outage, and no verdict on the token. An answer that is wrong is a mistake of its own. */
function toOutage(error: unknown): never {
  if (error instanceof ConfigurationError) throw toLoggedError(error)
  if (error instanceof CountersignError && !(error instanceof InternalError)) throw error
  throw new UpstreamError('ERR_ISSUER_UNAVAILABLE', { cause: error, traced: true })
}
