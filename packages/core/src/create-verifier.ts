import { isAuthRequest, toAuthRequest } from './auth-request.js'
import type { AuthRequest, FetchRequest, IncomingRequest } from './auth-request.js'
import { authenticate } from './authenticate.js'
import type { Accepted, Policy } from './authenticate.js'
import { hasVerdictSubscribers, publishVerdictEvent } from './diagnostics.js'
import { ConfigurationError, CountersignError, InternalError } from './errors.js'
import { explainPolicy } from './explain.js'
import { explainToken } from './explain-token.js'
import { toRefusal } from './http/challenge.js'
import { toChallengeRules, toNonceHeaders, toProofPolicy } from './http/schemes.js'
import { createIssuerDirectory } from './issuers/directory.js'
import { createIssuerList } from './issuers/list.js'
import { checkReadiness } from './issuers/readiness.js'
import { createIssuers } from './issuers/issuers.js'
import { isTemplate } from './issuers/template.js'
import { createProofKeys } from './keys/proof-keys.js'
import type { VerifierOptions } from './options/options.js'
import { resolveOptions } from './options/resolve.js'
import { Principal } from './principal.js'
import type { Claims } from './principal.js'
import { createHeaderCache } from './stores/header-cache.js'
import { createTokenCache } from './stores/token-cache.js'
import { readCredentials } from './steps/credentials.js'
import type { Credentials } from './steps/credentials.js'
import type { Verifier } from './verifier.js'

/**
 * Creates a verifier: one policy for tokens of many issuers. Nothing is fetched until the first token, or `ready()`.
 *
 * @throws ConfigurationError naming the option, what it got, what it wants and the fix
 */
export function createVerifier<C = Claims>(options: VerifierOptions<C>): Verifier<C> {
  const { rules, issuers: resolved, ask, schema, tokenCache, revocations } = resolveOptions<C>(options)
  const listed = createIssuerList(resolved, rules)
  const directory = ask === undefined ? undefined : createIssuerDirectory(ask, rules)
  const cache = tokenCache === undefined ? undefined : createTokenCache<C>(tokenCache.maxEntries)
  const issuers = createIssuers(listed, directory, rules)
  const memory = { cache, proofKeys: createProofKeys(), headers: createHeaderCache() }
  const policy: Policy<C> = Object.freeze({ rules, issuers, schema, revocations, ...memory })
  const { dpop, runtime } = rules
  const publicUrl = rules.publicUrls[0]
  const trustHost = rules.dangerouslyTrustRequestHost
  const view = (request: IncomingRequest | FetchRequest, target?: string): AuthRequest =>
    toAuthRequest(request, { publicUrl, trustHost, target })
  const challenge = toChallengeRules(rules, resolved)
  let resourceMetadataUrl: string | undefined
  return Object.freeze<Verifier<C>>({
    publicUrl,
    authorizationServers: listed.all
      .map(({ issuer }) => issuer)
      .filter((issuer) => /^https?:\/\//.test(issuer) && !isTemplate(issuer)),
    proofs: toProofPolicy(challenge),
    advertise: (url) => void (resourceMetadataUrl = url),
    verify: (token) => judge(() => ({ scheme: 'Bearer', token, request: undefined }), policy),
    authenticate: (request) =>
      judge(() => readCredentials(isAuthRequest(request) ? request : view(request), rules), policy),
    toAuthRequest: view,
    ready: () => checkReadiness(listed.all),
    health: () => listed.all.map(({ issuer, keys }) => ({ issuer, ...keys.health() })),
    explain: explainer(() => explainPolicy(rules, resolved), policy),
    refuse: (error, scheme) => toRefusal(error, { ...challenge, resourceMetadataUrl }, scheme),
    responseHeaders: (request) => toNonceHeaders(request, dpop?.nonces, runtime),
    close: async () => {
      for (const { keys } of listed.all) keys.close()
      directory?.close()
      cache?.clear()
    },
  })
}

function explainer<C>(explain: () => Readonly<Record<string, unknown>>, policy: Policy<C>): Verifier<C>['explain'] {
  return ((token?: string) => (token === undefined ? explain() : explainToken(token, policy))) as Verifier<C>['explain']
}

/** Judges, tells whoever listens, and lets nothing out but errors of this suite. */
async function judge<C>(read: () => Credentials, policy: Policy<C>): Promise<Principal<C>> {
  const { now, monotonicNow } = policy.rules.runtime
  const startedAtMs = hasVerdictSubscribers() ? monotonicNow() : undefined
  try {
    const credentials = read()
    const accepted = await authenticate(credentials, policy)
    if (startedAtMs !== undefined) publishAcceptance(accepted, credentials, monotonicNow() - startedAtMs)
    return new Principal(accepted.verdict, credentials.token, credentials.scheme, now)
  } catch (error) {
    const refusal = toRefusable(error, policy)
    policy.issuers.nearMisses.tell(refusal)
    if (startedAtMs !== undefined) {
      const { code, reason, detail } = refusal
      publishVerdictEvent({ outcome: 'refused', code, reason, detail, durationMs: monotonicNow() - startedAtMs })
    }
    throw refusal
  }
}

/** A failure nobody foresaw is ours (500), never the token's; and so is an answer of `resolveIssuer` that cannot be. */
function toRefusable<C>(error: unknown, { rules }: Policy<C>): CountersignError {
  if (error instanceof ConfigurationError)
    rules.logger.error('resolveIssuer gave an answer that cannot be', { ...error.detail })
  else if (error instanceof CountersignError) return error
  return new InternalError('ERR_UNEXPECTED', { cause: error })
}

function publishAcceptance<C>({ verdict, cached }: Accepted<C>, { scheme }: Credentials, durationMs: number): void {
  const { issuer, subject, clientId, cut } = verdict
  publishVerdictEvent({ outcome: 'accepted', issuer, subject, clientId, scheme, cached, cut, durationMs })
}
