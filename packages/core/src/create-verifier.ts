import { setTold, toPolicyEntry } from './audit-verdict.js'
import { isAuthRequest, toAuthRequest } from './auth-request.js'
import type { AuthRequest, FetchRequest, IncomingRequest } from './auth-request.js'
import type { Policy } from './authenticate.js'
import { explainPolicy } from './explain.js'
import { explainToken } from './explain-token.js'
import { toRefusal } from './http/challenge.js'
import { toChallengeRules, toNonceHeaders, toProofPolicy } from './http/schemes.js'
import { createIssuerDirectory } from './issuers/directory.js'
import { createIssuerList } from './issuers/list.js'
import { checkReadiness } from './issuers/readiness.js'
import { createIssuers } from './issuers/issuers.js'
import { isTemplate } from './issuers/template.js'
import { judge, setEntry } from './judge.js'
import { createProofKeys } from './keys/proof-keys.js'
import { flag, optional, readTable } from './options/kinds.js'
import type { OptionTable } from './options/kinds.js'
import type { VerifierOptions } from './options/options.js'
import { resolveOptions } from './options/resolve.js'
import type { Claims } from './principal.js'
import { recordLater } from './record.js'
import { createRefusalLog } from './refusal-log.js'
import { createHeaderCache } from './stores/header-cache.js'
import { createTokenCache } from './stores/token-cache.js'
import { readCredentials } from './steps/credentials.js'
import type { Verifier } from './verifier.js'

const VERIFY_TABLE: OptionTable<{ readonly dangerouslySkipBinding: boolean }> = {
  dangerouslySkipBinding: optional(flag, false),
}

/**
 * Creates a verifier: one policy for tokens of many issuers. Nothing is fetched until the first token, or `ready()`.
 *
 * @throws ConfigurationError naming the option, what it got, what it wants and the fix
 */
export function createVerifier<C = Claims>(options: VerifierOptions<C>): Verifier<C> {
  const resolved = resolveOptions<C>(options)
  const { rules, ask, schema, tokenCache, revocations } = resolved
  const listed = createIssuerList(resolved.issuers, rules)
  const directory = ask === undefined ? undefined : createIssuerDirectory(ask, rules)
  const cache = tokenCache === undefined ? undefined : createTokenCache<C>(tokenCache.maxEntries)
  const issuers = createIssuers(listed, directory, rules)
  const memory = { cache, proofKeys: createProofKeys(), headers: createHeaderCache(resolved.issuers.length) }
  const logRefusal = createRefusalLog(rules)
  const policy: Policy<C> = Object.freeze({ rules, issuers, schema, revocations, logRefusal, ...memory })
  const { dpop, runtime } = rules
  const publicUrl = rules.publicUrls[0]
  const trustHost = rules.dangerouslyTrustRequestHost
  const view = (request: IncomingRequest | FetchRequest, target?: string): AuthRequest =>
    toAuthRequest(request, { publicUrl, trustHost, target })
  const challenge = toChallengeRules(rules, resolved.issuers)
  let resourceMetadataUrl: string | undefined
  const verifier = Object.freeze<Verifier<C>>({
    publicUrl,
    authorizationServers: listed.all
      .map(({ issuer }) => issuer)
      .filter((issuer) => /^https?:\/\//.test(issuer) && !isTemplate(issuer)),
    proofs: toProofPolicy(challenge),
    advertise: (url) => void (resourceMetadataUrl = url),
    async verify(token, verifyOptions) {
      const bare = { scheme: 'Bearer', token, request: undefined } as const
      if (verifyOptions === undefined) return judge(() => bare, policy)
      const skipsBinding = readTable(VERIFY_TABLE, verifyOptions, 'verify()').dangerouslySkipBinding
      return judge(() => ({ ...bare, skipsBinding }), policy)
    },
    async authenticate(request) {
      let seen: AuthRequest | undefined
      const read = (): AuthRequest => (seen = isAuthRequest(request) ? request : view(request))
      return judge(
        () => readCredentials(read(), rules),
        policy,
        () => seen,
      )
    },
    toAuthRequest: view,
    ready: () => checkReadiness(listed.all),
    health: () => listed.all.map(({ issuer, keys }) => ({ issuer, ...keys.health() })),
    explain: explainer(() => explainPolicy(resolved), policy),
    refuse: (error, scheme) => toRefusal(error, { ...challenge, resourceMetadataUrl }, scheme),
    responseHeaders: (request) => toNonceHeaders(request, dpop?.nonces, runtime),
    close: async () => {
      for (const { keys } of listed.all) keys.close()
      directory?.close()
      cache?.clear()
    },
  })
  setEntry(verifier, (request) =>
    judge(
      () => readCredentials(request, rules),
      policy,
      () => request,
    ),
  )
  setTold(verifier, { audit: rules.audit, logRefusal })
  recordLater(rules.audit, () => toPolicyEntry(verifier.explain()))
  return verifier
}

function explainer<C>(explain: () => Readonly<Record<string, unknown>>, policy: Policy<C>): Verifier<C>['explain'] {
  return ((token?: string) => (token === undefined ? explain() : explainToken(token, policy))) as Verifier<C>['explain']
}
