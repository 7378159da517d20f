import { hash } from 'node:crypto'
import type { AuditEntry, AuditTokenRef } from './audit-event.js'
import type { AuthRequest, IncomingRequest } from './auth-request.js'
import { AuthorizationError, CountersignError, InternalError } from './errors.js'
import type { AuditRecorder } from './ports.js'
import type { Principal, Verdict } from './principal.js'
import { deferRecord, recordLater } from './record.js'
import type { RefusalLog } from './refusal-log.js'
import type { Credentials } from './steps/credentials.js'
import type { Verifier } from './verifier.js'

interface Told {
  readonly audit: AuditRecorder | undefined
  readonly logRefusal: RefusalLog
}

/** A request that a verifier has seen, as far as it has a view of it. */
interface Judged {
  readonly verifier: Verifier<unknown>
  readonly request: AuthRequest | undefined
}

const listeners = new WeakMap<Verifier<unknown>, Told>()

/** Says who is told of what guards refuse, for requests that this verifier judged. */
export function setTold<C>(verifier: Verifier<C>, told: Told): void {
  listeners.set(verifier as Verifier<unknown>, told)
}

/** Records that a request, or a bare token, was accepted: as often as the trail wants to hear of it. */
export function recordAcceptance<C>(
  audit: AuditRecorder,
  verdict: Verdict<C>,
  { token, request }: Credentials,
  durationMs: number,
): void {
  const rate = readRate(audit)
  if (rate < 1 && Math.random() >= rate) return
  // Of the request, which changes as the application works on it, what is needed is read now.
  const seen = request && { method: request.method, url: request.url, remoteAddress: request.remoteAddress }
  deferRecord(audit, () => ({
    type: 'authn.success',
    outcome: 'success',
    ...toParties(verdict),
    tokens: { subject: toTokenRef(audit, verdict, token) },
    request: seen && toRequest(seen),
    durationMs,
    sampled: rate < 1 ? { rate } : undefined,
  }))
}

/** A trail that cannot say hears of all. */
function readRate(audit: AuditRecorder): number {
  try {
    return audit.sampleRate?.('authn.success') ?? 1
  } catch {
    return 1
  }
}

/** Records that a request, or a bare token, was refused. Of the token nothing is told: nobody has vouched for it. */
export function recordRefusal(
  audit: AuditRecorder,
  { reason, status }: CountersignError,
  request: AuthRequest | undefined,
  durationMs?: number,
): void {
  const isReplay = reason === 'ERR_PROOF_REPLAYED'
  recordLater(audit, () => ({
    type: isReplay ? 'replay.detected' : 'authn.failure',
    outcome: status >= 500 ? 'error' : isReplay ? 'denied' : 'failure',
    reason,
    request: request && toRequest(request),
    durationMs,
  }))
}

/** Records that a guard refused a request that middleware had let pass with nothing to judge. */
export function recordAnonymous(missing: CountersignError, { verifier, request }: Judged): void {
  const told = listeners.get(verifier)
  told?.logRefusal(missing)
  if (told?.audit !== undefined) recordRefusal(told.audit, missing, request)
}

/** Records that a guard refused somebody, or failed. */
export function recordDenial<C>(
  error: unknown,
  principal: Principal<C>,
  { verifier, request }: Judged,
  raw: object,
): void {
  const told = listeners.get(verifier)
  const refusal = error instanceof CountersignError ? error : new InternalError('ERR_GUARD_FAILED', { cause: error })
  const { reason } = refusal
  told?.logRefusal(refusal)
  recordLater(told?.audit, () => ({
    type: 'authz.denied',
    outcome: error instanceof AuthorizationError ? 'denied' : 'error',
    reason,
    ...toParties(principal),
    request: request === undefined ? findRequest(verifier, raw) : toRequest(request),
  }))
}

/** The policy that holds from now on, by the digest of what `explain()` says of it. */
export function toPolicyEntry(policy: Readonly<Record<string, unknown>>): AuditEntry {
  const digest = hash('sha256', JSON.stringify(policy), 'base64url')
  const id = `verifier:${String(policy['realm'])}`
  return { type: 'trust.changed', outcome: 'success', policy: { id, hash: `sha256:${digest}`, mode: 'enforce' } }
}

type Parties = Pick<AuditEntry, 'subject' | 'actor' | 'client'>

function toParties<C>(verdict: Verdict<C> | Principal<C>): Parties {
  const { issuer, subject, clientId, actor, actorHistory, acr, amr, authenticatedAtSeconds, payload } = verdict
  const { sid } = payload
  const actors = actor === undefined ? undefined : [actor, ...actorHistory]
  return {
    subject: {
      iss: issuer,
      sub: subject,
      sid: typeof sid === 'string' ? sid : undefined,
      acr,
      amr: amr.length === 0 ? undefined : amr,
      authTime: authenticatedAtSeconds,
    },
    actor: actors?.map((each) => ({ iss: each.issuer ?? issuer, sub: each.subject ?? each.clientId ?? '' })),
    client: clientId === undefined ? undefined : { id: clientId },
  }
}

function toTokenRef<C>(
  audit: AuditRecorder,
  { header, payload, issuer, expiresAtSeconds, confirmation }: Verdict<C>,
  token: string,
): AuditTokenRef {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  const { iat } = payload
  return {
    fp: audit.fingerprint(token),
    jti: text(payload['jti']),
    iss: issuer,
    kid: text(header['kid']),
    alg: text(header['alg']),
    iat: typeof iat === 'number' ? iat : undefined,
    exp: expiresAtSeconds,
    cnf: toBinding(confirmation),
  }
}

/** How a token is bound, whether that was looked at or left to the caller. */
function toBinding(confirmation: Verdict['confirmation']): AuditTokenRef['cnf'] {
  if (confirmation === undefined) return undefined
  return Object.hasOwn(confirmation, 'jkt') ? 'dpop' : 'mtls'
}

type Seen = Pick<AuthRequest, 'method' | 'url' | 'remoteAddress'>

function toRequest({ method, url, remoteAddress }: Seen): NonNullable<AuditEntry['request']> {
  const route = url !== undefined && URL.canParse(url) ? new URL(url).pathname : undefined
  return { method, route, ip: remoteAddress }
}

/** No request may be such that what it did is not recorded. */
function findRequest(verifier: Verifier<unknown>, raw: object): AuditEntry['request'] {
  try {
    return toRequest(verifier.toAuthRequest(raw as IncomingRequest))
  } catch {
    return undefined
  }
}
