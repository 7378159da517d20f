import { findPrincipal } from '../../src/http/attachment.js'
import { Principal } from '../../src/principal.js'
import { withPrincipal } from '../../src/testing.js'
import type { PrincipalDescription } from '../../src/testing.js'

/** A principal for guards to judge: who has nothing but what is said here. `nowSeconds` is the clock of its verifier. */
export function toPrincipal(description: PrincipalDescription = {}, nowSeconds?: number): Principal<unknown> {
  const principal = findPrincipal(withPrincipal({}, description))
  if (principal === undefined) throw new Error('Nobody is signed in')
  if (nowSeconds === undefined) return principal
  const { issuer, subject, clientId, audience, scopes, roles, permissions, groups, tenant, actor, actorHistory } =
    principal
  const { authenticatedAtSeconds, acr, amr, expiresAtSeconds, claims, attributes, confirmation, header, payload } =
    principal
  const names = { issuer, subject, clientId, audience, scopes, roles, permissions, groups, tenant, actor, actorHistory }
  const rest = { authenticatedAtSeconds, acr, amr, expiresAtSeconds, claims, attributes, confirmation, header, payload }
  return new Principal({ ...names, ...rest, cut: undefined }, 'token', 'Bearer', () => nowSeconds * 1_000)
}
