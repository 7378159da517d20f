import type { AuthRequest } from './auth-request.js'
import { recordAcceptance, recordRefusal } from './audit-verdict.js'
import { authenticate, checkStanding } from './authenticate.js'
import type { Accepted, Policy } from './authenticate.js'
import { hasVerdictSubscribers, publishVerdictEvent } from './diagnostics.js'
import { ConfigurationError, CountersignError, InternalError } from './errors.js'
import { isPending } from './maybe.js'
import type { Maybe } from './maybe.js'
import type { AuditRecorder } from './ports.js'
import { Principal } from './principal.js'
import type { Credentials } from './steps/credentials.js'
import type { Verifier } from './verifier.js'

/**
 * Judges, tells whoever listens, and lets nothing out but errors of this suite. Throws or rejects; waits for nothing where
 * the token was verified before and no store has to be asked.
 */
export function judge<C>(
  read: () => Credentials,
  policy: Policy<C>,
  findRequest?: () => AuthRequest | undefined,
): Maybe<Principal<C>> {
  const { audit, runtime } = policy.rules
  const startedAtMs = audit !== undefined || hasVerdictSubscribers() ? runtime.monotonicNow() : undefined
  try {
    const credentials = read()
    const accepted = authenticate(credentials, policy)
    if (isPending(accepted)) return judgeLater(accepted, credentials, policy, startedAtMs)
    return accept(accepted, credentials, policy, startedAtMs)
  } catch (error) {
    throw refuse(error, policy, startedAtMs, findRequest?.())
  }
}

async function judgeLater<C>(
  pending: PromiseLike<Accepted<C>>,
  credentials: Credentials,
  policy: Policy<C>,
  startedAtMs: number | undefined,
): Promise<Principal<C>> {
  try {
    const accepted = await pending
    checkStanding(accepted.proven, policy.rules)
    return accept(accepted, credentials, policy, startedAtMs)
  } catch (error) {
    throw refuse(error, policy, startedAtMs, credentials.request)
  }
}

function accept<C>(
  accepted: Accepted<C>,
  credentials: Credentials,
  { rules }: Policy<C>,
  startedAtMs: number | undefined,
): Principal<C> {
  const { now, monotonicNow } = rules.runtime
  if (startedAtMs !== undefined) tellAcceptance(accepted, credentials, rules.audit, monotonicNow() - startedAtMs)
  return new Principal(accepted.verdict, credentials.token, credentials.scheme, now)
}

function tellAcceptance<C>(
  { verdict, cached }: Accepted<C>,
  credentials: Credentials,
  audit: AuditRecorder | undefined,
  durationMs: number,
): void {
  if (audit !== undefined) recordAcceptance(audit, verdict, credentials, durationMs)
  if (!hasVerdictSubscribers()) return
  const { issuer, subject, clientId, cut } = verdict
  const { scheme } = credentials
  publishVerdictEvent({ outcome: 'accepted', issuer, subject, clientId, scheme, cached, cut, durationMs })
}

function refuse<C>(
  error: unknown,
  policy: Policy<C>,
  startedAtMs: number | undefined,
  request: AuthRequest | undefined,
): CountersignError {
  const refusal = toRefusable(error, policy)
  policy.issuers.nearMisses.tell(refusal)
  policy.logRefusal(refusal)
  if (startedAtMs !== undefined) {
    const { code, reason, detail } = refusal
    const { audit, runtime } = policy.rules
    const durationMs = runtime.monotonicNow() - startedAtMs
    if (audit !== undefined) recordRefusal(audit, refusal, request, durationMs)
    if (hasVerdictSubscribers()) publishVerdictEvent({ outcome: 'refused', code, reason, detail, durationMs })
  }
  return refusal
}

/** A failure nobody foresaw is ours (500), never the token's; and so is an answer of `resolveIssuer` that is not valid. */
function toRefusable<C>(error: unknown, { rules }: Policy<C>): CountersignError {
  if (error instanceof ConfigurationError)
    rules.logger.error('resolveIssuer answered with options that are not valid', { ...error.detail })
  else if (error instanceof CountersignError) return error
  return new InternalError('ERR_UNEXPECTED', { cause: error })
}

type Authenticate<C> = (request: AuthRequest) => Maybe<Principal<C>>

const entries = new WeakMap<Verifier<never>, Authenticate<unknown>>()

/** Says how a verifier of ours judges without a promise. */
export function setEntry<C>(verifier: Verifier<C>, authenticateRequest: Authenticate<C>): void {
  entries.set(verifier as Verifier<never>, authenticateRequest)
}

/**
 * As `verifier.authenticate`, without the promise where none is needed: a third of what a hot request adds to a server of
 * Express. An object that an application made in the image of a verifier is asked by its own method.
 */
export function authenticateNow<C>(verifier: Verifier<C>, request: AuthRequest): Maybe<Principal<C>> {
  const entry = entries.get(verifier as Verifier<never>) as Authenticate<C> | undefined
  return entry === undefined ? verifier.authenticate(request) : entry(request)
}
