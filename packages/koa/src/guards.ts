import * as core from '@countersign/core'
import type { Principal } from '@countersign/core'
import { toComposition, toFactory, toMiddleware } from './guard-middleware.js'
import type { AsyncGuardMiddleware, GuardMiddlewareComposition, GuardMiddlewareFactory } from './guard-middleware.js'
import type { Context } from './middleware.js'

/**
 * Demands every one of these scopes, as a route middleware: otherwise 403, with all of them in the challenge. As
 * `requireScopes` of core.
 */
export const requireScopes: GuardMiddlewareFactory<typeof core.requireScopes> = toFactory(core.requireScopes)

/** Demands at least one of these scopes; otherwise as {@link requireScopes}. As `requireAnyScope` of core. */
export const requireAnyScope: GuardMiddlewareFactory<typeof core.requireAnyScope> = toFactory(core.requireAnyScope)

/** Demands every one of these roles, otherwise 403. As `requireRoles` of core. */
export const requireRoles: GuardMiddlewareFactory<typeof core.requireRoles> = toFactory(core.requireRoles)

/** Demands at least one of these roles, otherwise 403. As `requireAnyRole` of core. */
export const requireAnyRole: GuardMiddlewareFactory<typeof core.requireAnyRole> = toFactory(core.requireAnyRole)

/** Demands every one of these permissions, otherwise 403. As `requirePermissions` of core. */
export const requirePermissions: GuardMiddlewareFactory<typeof core.requirePermissions> = toFactory(
  core.requirePermissions,
)

/** Demands membership in every one of these groups, otherwise 403. As `requireGroups` of core. */
export const requireGroups: GuardMiddlewareFactory<typeof core.requireGroups> = toFactory(core.requireGroups)

/** Demands that a claim has this value, or one of these, otherwise 403. As `requireClaim` of core. */
export const requireClaim: GuardMiddlewareFactory<typeof core.requireClaim> = toFactory(core.requireClaim)

/** Demands that one of these issuers vouches for the subject, otherwise 403. As `requireIssuer` of core. */
export const requireIssuer: GuardMiddlewareFactory<typeof core.requireIssuer> = toFactory(core.requireIssuer)

/** Demands that one of these acts for the subject now, otherwise 403. As `requireActor` of core. */
export const requireActor: GuardMiddlewareFactory<typeof core.requireActor> = toFactory(core.requireActor)

/**
 * Demands an authentication of a certain strength or age, otherwise a step-up challenge (RFC 9470). As
 * `requireAuthentication` of core.
 */
export const requireAuthentication: GuardMiddlewareFactory<typeof core.requireAuthentication> = toFactory(
  core.requireAuthentication,
)

/**
 * Demands one authorization detail that allows all of this (RFC 9396), otherwise 403. As `requireAuthorizationDetails`
 * of core.
 */
export const requireAuthorizationDetails: GuardMiddlewareFactory<typeof core.requireAuthorizationDetails> = toFactory(
  core.requireAuthorizationDetails,
)

/**
 * Demands what a function of the application says, awaited; only `true` itself allows. As `requireThat` of core.
 *
 * `ctx` is the framework's own: say its type where you name it, nothing checks that.
 */
export function requireThat<R extends Context = Context>(
  predicate: (principal: Principal, ctx: R) => boolean | Promise<boolean>,
): AsyncGuardMiddleware {
  return toMiddleware(core.requireThat(predicate))
}

/** Demands that every guard holds; the first that does not decides the answer, a step-up last. As `allOf` of core. */
export const allOf: GuardMiddlewareComposition = toComposition(core.allOf)

/**
 * Demands that at least one guard holds. Only a denial falls through to the next guard; an error does not. As `anyOf` of
 * core.
 */
export const anyOf: GuardMiddlewareComposition = toComposition(core.anyOf)
