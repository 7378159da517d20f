import type { TestAlgorithm } from './algorithms.js'

/** A form of discovery document: OpenID Connect Discovery section 4, RFC 8414 section 3, RFC 8414 section 5. */
export type DiscoveryForm = 'oidc' | 'oauth' | 'oidc-inserted'

/**
 * Where an issuer's discovery document of one form stands.
 *
 * OpenID Connect appends to the issuer, RFC 8414 inserts between host and path; both drop a terminating slash first.
 */
export function toDiscoveryUrl(issuer: string, form: DiscoveryForm): string {
  const base = toBase(issuer)
  const { origin } = new URL(base)
  const path = base.slice(origin.length)
  switch (form) {
    case 'oidc':
      return `${base}/.well-known/openid-configuration`
    case 'oauth':
      return `${origin}/.well-known/oauth-authorization-server${path}`
    case 'oidc-inserted':
      return `${origin}/.well-known/openid-configuration${path}`
  }
}

/** Where an issuer keeps its key set unless it is told otherwise. */
export function toDefaultJwksUri(issuer: string): string {
  return `${toBase(issuer)}/jwks`
}

/** What both discovery documents say by default: RFC 8414 section 2, OpenID Connect Discovery section 3. */
export function toMetadata(
  issuer: string,
  jwksUri: string,
  algorithms: readonly TestAlgorithm[],
): Readonly<Record<string, unknown>> {
  const base = toBase(issuer)
  return {
    issuer,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    jwks_uri: jwksUri,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'client_credentials'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
    code_challenge_methods_supported: ['S256'],
  }
}

function toBase(issuer: string): string {
  return issuer.endsWith('/') ? issuer.slice(0, -1) : issuer
}
