import type { FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { CountersignOptions } from './options.js'
import { plugin } from './plugin.js'

export { protectedResourceMetadata } from '@countersign/core'
export type { MountOptions } from '@countersign/core/adapter'
export { findAuth, getAuth } from './auth.js'
export { authenticate } from './authenticate.js'
export { errorHandler } from './error-handler.js'
export type { ErrorHandler, FailedReply, FailedRequest } from './error-handler.js'
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
export type { AsyncGuardHook, GuardHook, GuardHookComposition, GuardHookFactory } from './guard-hook.js'
export type { Hook, HookReply, HookRequest } from './hook.js'
export { mount } from './mount.js'
export type { CountersignOptions, RouteDefaults } from './options.js'
export type { RouteAuth } from './route-auth.js'

/**
 * The plugin that judges every request to a route of its context and of the contexts in it, with a verifier or the
 * options of a new one. A route says more in `config.auth`; a path without a route stays 404.
 *
 * A refusal sets its headers on the response and is thrown. Preflight requests are neither answered nor skipped: CORS
 * comes first.
 *
 * Not covered: contexts that were registered before it. Fastify gives those no hook of it, as of no other plugin.
 *
 * @throws ConfigurationError at registration, and for a wrong `config.auth` where the route is declared
 * @see RFC 6750 section 3
 */
export const countersign: FastifyPluginAsync<CountersignOptions> = fastifyPlugin(plugin, {
  name: '@countersign/fastify',
  fastify: '5.x',
})

export default countersign
