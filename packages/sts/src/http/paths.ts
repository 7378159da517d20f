/** The URL of each endpoint of a service. */
export interface EndpointUrls {
  readonly token: string
  readonly jwks: string
  readonly introspection: string
  readonly revocation: string
}

/** The path of everything that a service answers. */
export interface EndpointPaths {
  readonly token: string
  readonly jwks: string
  readonly introspection: string
  readonly revocation: string
  readonly health: string
  /** RFC 8414 section 3.1: the well-known part stands before the path of the issuer. */
  readonly serverMetadata: string
  /** OpenID Connect Discovery section 4 has it after the path, RFC 8414 section 5 before. */
  readonly openidMetadata: readonly string[]
}

/** Where the endpoints of an issuer are. */
export function toEndpointPaths(issuer: string): EndpointPaths {
  const base = toBasePath(issuer)
  const openid = '/.well-known/openid-configuration'
  return Object.freeze({
    token: `${base}/token`,
    jwks: `${base}/jwks`,
    introspection: `${base}/introspect`,
    revocation: `${base}/revoke`,
    health: `${base}/health`,
    serverMetadata: `/.well-known/oauth-authorization-server${base}`,
    openidMetadata: Object.freeze([...new Set([`${base}${openid}`, `${openid}${base}`])]),
  })
}

/** What clients are told to call. */
export function toEndpointUrls(issuer: string): EndpointUrls {
  const { origin } = new URL(issuer)
  const { token, jwks, introspection, revocation } = toEndpointPaths(issuer)
  return Object.freeze({
    token: origin + token,
    jwks: origin + jwks,
    introspection: origin + introspection,
    revocation: origin + revocation,
  })
}

function toBasePath(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, '')
}
