import { AuthorizationError } from '../errors.js'
import { createGuard } from './create-guard.js'
import { SCOPE_TOKENS, toNames } from './arguments.js'
import type { Guard } from './guard.js'

/**
 * Demands every one of these scopes. Compared whole and case-sensitively (RFC 6749 section 3.3); the challenge lists them all.
 *
 * @throws TypeError at construction for no scope, a non-string, or one that is not a scope-token
 */
export function requireScopes(...scopes: readonly string[]): Guard {
  const wanted = toNames('requireScopes', scopes, SCOPE_TOKENS)
  return createGuard((principal) => {
    if (!wanted.every((scope) => principal.scopes.includes(scope))) throw insufficient(wanted)
  })
}

/** Demands at least one of these scopes; otherwise as {@link requireScopes}. */
export function requireAnyScope(...scopes: readonly string[]): Guard {
  const wanted = toNames('requireAnyScope', scopes, SCOPE_TOKENS)
  return createGuard((principal) => {
    if (!wanted.some((scope) => principal.scopes.includes(scope))) throw insufficient(wanted)
  })
}

function insufficient(wanted: readonly string[]): AuthorizationError {
  return new AuthorizationError('ERR_SCOPE_INSUFFICIENT', {
    challenge: { scope: wanted.join(' ') },
    detail: { wants: wanted },
  })
}
