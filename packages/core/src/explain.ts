import { toLoggedUrl } from './http/fetch-url.js'
import type { ResolvedIssuer } from './options/resolve-issuer.js'
import type { Resolved } from './options/resolve.js'
import type { KeysLocation } from './keys/key-source.js'
import { toThumbprint } from './keys/proof-keys.js'
import type { IssuerRules, Rules } from './rules.js'

/**
 * The resolved policy as plain data: what holds, defaults included. Of code that the application gives it says that there is some. Holds
 * no key but its thumbprint, no header value and no query of a URL.
 */
export function explainPolicy<C>(resolved: Resolved<C>): Readonly<Record<string, unknown>> {
  const { rules, issuers, ask, schema, tokenCache, revocations } = resolved
  const { realm, clockToleranceSeconds, maxTokenAgeSeconds, maxTokenLifetimeSeconds, limits, network, keyCache } = rules
  return {
    realm,
    clockToleranceSeconds,
    maxTokenAgeSeconds: maxTokenAgeSeconds ?? null,
    maxTokenLifetimeSeconds: maxTokenLifetimeSeconds ?? null,
    publicUrls: [...rules.publicUrls],
    dangerouslyTrustRequestHost: rules.dangerouslyTrustRequestHost,
    dangerouslyTrustResolvedHosts: resolved.dangerouslyTrustResolvedHosts,
    dpop: explainDpop(rules.dpop),
    limits: { ...limits },
    network: {
      timeoutMs: network.timeoutMs,
      maxBytes: network.maxBytes,
      allowInsecureLoopback: network.allowInsecureLoopback,
      dangerouslyAllowHttpHosts: [...network.dangerouslyAllowHttpHosts],
      certificateAuthorities: network.ca === undefined ? 'of the runtime' : network.ca.length,
      proxied: network.proxyUrl !== undefined,
    },
    keyCache: { ...keyCache },
    tokenCache: tokenCache === undefined ? false : { ...tokenCache },
    revocationStore: revocations !== undefined,
    claims: schema !== undefined,
    audit: rules.audit !== undefined,
    resolveIssuer: ask !== undefined,
    issuers: issuers.map(explainIssuer),
  }
}

function explainDpop(dpop: Rules['dpop']): Readonly<Record<string, unknown>> | null {
  if (dpop === undefined) return null
  const { mode, algorithms, maxAgeSeconds, futureSkewSeconds, nonces, replayStore } = dpop
  const shared = replayStore.shared ? 'shared' : 'of this process'
  return {
    mode,
    algorithms: [...algorithms],
    maxAgeSeconds,
    futureSkewSeconds,
    nonces: nonces !== undefined,
    replayStore: shared,
  }
}

function explainIssuer({ rules, location }: ResolvedIssuer): Readonly<Record<string, unknown>> {
  const {
    issuer,
    acceptedIssuers,
    audience,
    algorithms,
    tokenProfile,
    clientIds,
    requiredClaims,
    mapping,
    grants,
    dpopMode,
  } = rules
  return {
    issuer,
    acceptedIssuers: [...acceptedIssuers],
    keys: explainKeys(location),
    audience: {
      aud: [...audience.values],
      match: audience.match,
      claim: audience.claim === undefined ? null : { ...audience.claim },
    },
    algorithms: [...algorithms],
    tokenProfile,
    clientIds: [...clientIds],
    mapping: typeof mapping === 'function' ? 'a function' : (mapping ?? 'the standard claims'),
    grants: explainGrants(grants),
    dpop: dpopMode,
    requiredClaims: requiredClaims.map(({ path, oneOf }) => ({ claim: [...path], oneOf: oneOf ? [...oneOf] : null })),
  }
}

/** `null`: without a bound. */
function explainGrants({
  scopes,
  roles,
  permissions,
  groups,
  tenants,
}: IssuerRules['grants']): Readonly<Record<string, unknown>> {
  const show = (bound: ReadonlySet<string> | undefined): readonly string[] | null =>
    bound === undefined ? null : [...bound]
  return {
    scopes: show(scopes),
    roles: show(roles),
    permissions: show(permissions),
    groups: show(groups),
    tenants: show(tenants),
  }
}

function explainKeys(location: KeysLocation): Readonly<Record<string, unknown>> {
  if (location.kind === 'jwks') {
    const members = location.jwks.keys as readonly Readonly<Record<string, unknown>>[]
    // RFC 7638, so that another key is another policy.
    return { jwks: members.map((jwk) => toThumbprint(jwk) ?? null) }
  }
  if (location.kind === 'jwks-uri')
    return { jwksUri: toLoggedUrl(location.url), headers: Object.keys(location.headers ?? {}) }
  return { discovery: location.url === undefined ? 'from the issuer' : toLoggedUrl(location.url) }
}
