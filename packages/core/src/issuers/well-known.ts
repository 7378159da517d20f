/**
 * Where an issuer's metadata may be, in the order in which it is looked for: OpenID Connect Discovery section 4 (appended), RFC 8414
 * section 3 (inserted between host and path), and the OpenID Connect suffix inserted (RFC 8414 section 5). One terminating slash is dropped first.
 * An issuer without a path has the first and the last in one place.
 */
export function toMetadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.endsWith('/') ? pathname.slice(0, -1) : pathname
  return [
    ...new Set([
      `${origin}${path}/.well-known/openid-configuration`,
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}/.well-known/openid-configuration${path}`,
    ]),
  ]
}
