export { protectedResourceMetadata } from '@countersign/core'
export type { MiddlewareOptions, MountOptions } from '@countersign/core/adapter'
export { findAuth, getAuth } from './auth.js'
export { countersign } from './countersign.js'
export { errorHandler } from './error-handler.js'
export {
  allOf,
  anyOf,
  requireActor,
  requireAnyRole,
  requireAnyScope,
  requireAuthentication,
  requireAuthorizationDetails,
  requireClaim,
  requireGroups,
  requireIssuer,
  requirePermissions,
  requireRoles,
  requireScopes,
  requireThat,
} from './guards.js'
export type {
  AsyncGuardMiddleware,
  GuardMiddleware,
  GuardMiddlewareComposition,
  GuardMiddlewareFactory,
} from './guard-middleware.js'
export type { Context, Middleware } from './middleware.js'
export { mount } from './mount.js'
