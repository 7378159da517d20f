import { UpstreamError } from '@countersign/core'
import type { AuditEntry, AuditParty, AuditType } from '@countersign/core'
import type { Delegation } from '../delegation/decide-delegation.js'
import { DENIALS, REPLAYS } from '../error-table.js'
import { TokenError } from '../errors.js'
import { findObserved } from '../policy/decide.js'
import type { Decision } from '../policy/decide.js'
import type { GrantedScopes } from '../policy/grant-scopes.js'
import type { Policy } from '../policy/read-policy.js'
import type { GrantName } from '../policy/rule.js'
import type { Target } from '../policy/targets.js'
import type { ServiceContext } from '../service-context.js'
import type { PresentedToken } from '../subject/verify-party.js'
import type { ActorIdentity, VerifiedParty } from '../subject/party.js'
import type { TokenParameters, TokenRequest } from '../token-request.js'
import { TOKEN_FORMS } from '../tokens/forms.js'
import type { TokenFormName } from '../tokens/forms.js'
import type { Binding } from '../tokens/binding.js'
import type { IssuedToken } from '../tokens/issue-token.js'

/** Collects what becomes known of one request, so that its one event says how far it came. */
export interface Trail {
  /** Before it is verified: a refused token can then be searched for. */
  notePresented(role: 'subject' | 'actor', presented: PresentedToken): void
  noteParty(role: 'subject' | 'actor', party: VerifiedParty): void
  noteTarget(target: Target, form: TokenFormName, parameters: Pick<TokenParameters, 'resources'>): void
  notePolicy(policy: Policy, decision: Decision): void
  noteDelegation(delegation: Delegation): void
  noteBinding(binding: Binding): void
  noteScopes(scopes: GrantedScopes): void
}

/** A trail that ends in an event. */
export interface RecordedTrail extends Trail {
  /** @throws TokenError `ERR_STS_AUDIT_UNAVAILABLE`: the token must then not be given out */
  recordIssue(issued: IssuedToken): Promise<void>
  /** @throws TokenError `ERR_STS_AUDIT_UNAVAILABLE` */
  recordRefusal(refusal: TokenError): Promise<void>
}

type Draft = { -readonly [K in keyof AuditEntry]: AuditEntry[K] }

const PROFILES = {
  'token-exchange': 'rfc8693',
  'jwt-bearer': 'rfc7523',
  'client-credentials': 'client-credentials',
} as const

/** Begins the trail of one request. Nothing that nobody has verified goes into it, but for what the request asks for. */
export function createTrail(grant: GrantName, request: TokenRequest, service: ServiceContext): RecordedTrail {
  const { parameters, client } = request
  const grantType = grant === 'token-exchange' ? 'token.exchange' : 'token.grant'
  const requested = parameters.scopes ?? []
  let exchange: NonNullable<AuditEntry['exchange']> = { profile: PROFILES[grant], mode: 'none', depth: 0 }
  let tokens: NonNullable<AuditEntry['tokens']> = {}
  const draft: Partial<Draft> = {
    request: { id: request.id, method: 'POST', ip: request.remoteAddress },
    client: { id: client.registration.clientId, authMethod: client.method, keyId: client.keyId },
    target: { audience: parameters.audiences, resource: parameters.resources },
    scope: { requested, granted: [], dropped: [] },
  }
  const record = async (entry: Pick<AuditEntry, 'outcome' | 'reason'>, type: AuditType = grantType): Promise<void> => {
    const durationMs = Math.max(0, service.runtime.now() - request.startedAtMs)
    try {
      await service.audit.record({ ...draft, type, exchange, tokens, ...entry, durationMs })
    } catch (cause) {
      const retryAfterSeconds = cause instanceof UpstreamError ? cause.retryAfterSeconds : undefined
      throw new TokenError('ERR_STS_AUDIT_UNAVAILABLE', { cause, retryAfterSeconds })
    }
  }
  return {
    notePresented(role, { tokenType, fingerprint }) {
      tokens = { ...tokens, [role]: { fp: fingerprint } }
      exchange = { ...exchange, [`${role}TokenType`]: tokenType }
    },
    noteParty(role, party) {
      if (party.token !== undefined) tokens = { ...tokens, [role]: party.token }
      // An identity assertion grant shows what it is only once it is read.
      exchange = { ...exchange, [`${role}TokenType`]: party.tokenType }
      if (role === 'subject') {
        draft.subject = toParty(party)
        draft.txn = party.transactionId
      } else draft.actor = [toParty(party)]
    },
    noteTarget(target, form, { resources }) {
      draft.target = { name: target.name, audience: [target.audience], resource: resources }
      if (grant === 'token-exchange') exchange = { ...exchange, profile: TOKEN_FORMS[form].profile }
    },
    notePolicy({ id, hash }, decision) {
      const rules = findObserved(decision)
      const observed = rules.length === 0 ? undefined : rules
      draft.policy = {
        id,
        hash,
        rule: decision.rule?.id,
        observed,
        mode: observed === undefined ? 'enforce' : 'observe',
      }
    },
    noteDelegation({ mode, actors }) {
      exchange = { ...exchange, mode, depth: actors.length }
      if (actors.length > 0) draft.actor = actors.map(toActorParty)
    },
    noteBinding({ subject }) {
      if (subject !== 'unbound' && tokens.subject !== undefined)
        tokens = { ...tokens, subject: { ...tokens.subject, possession: subject } }
    },
    noteScopes(scopes) {
      draft.scope = { requested, ...scopes }
    },
    recordIssue({ response, token, transactionId }) {
      tokens = { ...tokens, issued: token }
      exchange = { ...exchange, issuedTokenType: response.issued_token_type }
      draft.txn = transactionId
      return record({ outcome: 'success' })
    },
    recordRefusal(refusal) {
      const { rootReason: reason, status } = refusal
      const kind = DENIALS.has(refusal.reason) ? 'denied' : 'failure'
      const outcome = status >= 500 ? 'error' : kind
      return record({ outcome, reason }, REPLAYS.has(reason) ? 'replay.detected' : grantType)
    },
  }
}

/** Under the name that they had first: whoever searches for somebody finds every exchange that was about them. */
function toParty(party: VerifiedParty): AuditParty {
  const { origin, sessionId, acr, amr, authenticatedAtSeconds, tokenType } = party
  return {
    iss: origin.issuer,
    sub: origin.subject,
    sid: sessionId,
    acr,
    amr: amr.length === 0 ? undefined : amr,
    authTime: authenticatedAtSeconds,
    kind: tokenType === undefined ? 'service' : undefined,
  }
}

function toActorParty({ issuer, subject, clientId }: ActorIdentity): AuditParty {
  return { iss: issuer, sub: subject ?? clientId ?? '' }
}
