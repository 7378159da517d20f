import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Principal, Verifier } from '@countersign/core'
import { checkGuard, findPrincipal } from '@countersign/core/adapter'
import { readOptions } from './options.js'
import type { CountersignOptions } from './options.js'
import { toThrow } from './refuse.js'
import { findRegistration, judge, setRegistration } from './registration.js'
import { readRouteAuth } from './route-auth.js'
import type { RoutePolicy } from './route-auth.js'

const policies = new WeakMap<object, RoutePolicy>()

/**
 * The plugin's body: one `onRequest` hook that reads the route's demands when a request comes, so that routes declared
 * before it stay closed too.
 */
export async function plugin(fastify: FastifyInstance, options: CountersignOptions): Promise<void> {
  const registration = readOptions(options)
  const { verifier, owned } = registration

  // With a callback, not with a promise: where nothing is awaited that saves 0.9 of the 5 us that a request costs.
  function enforce(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    let pending: void | PromiseLike<unknown>
    try {
      pending = check(request, reply)
    } catch (error) {
      return done(toThrow(error, reply))
    }
    if (pending === undefined) return done()
    settle(pending, reply, done)
  }

  function check(request: FastifyRequest, reply: FastifyReply): void | PromiseLike<unknown> {
    // An inner registration has its own hook on this route, and its verdict alone counts.
    if (findRegistration(request.server) !== registration || request.is404) return
    const policy = toPolicy(request.routeOptions.config, verifier)
    if (policy === undefined ? registration.default === 'open' : policy.open) return
    const judged = judge(registration, request, reply, policy?.optional ?? registration.optional)
    const guard = policy?.guard
    if (guard === undefined) return judged
    if (judged !== undefined) return judged.then(() => checkGuard(request.raw, guard, request))
    return checkGuard(request.raw, guard, request)
  }

  setRegistration(fastify, registration)
  fastify.addHook('onRegister', (child) => setRegistration(child, registration))
  fastify.addHook('onRoute', ({ config }) => void readRouteAuth(toAuth(config)))
  fastify.addHook('onRequest', enforce)
  if (owned) fastify.addHook('onClose', () => verifier.close())
  if (!fastify.hasRequestDecorator('auth')) {
    fastify.decorateRequest('auth', { getter: findAuthOf })
  }
}

/**
 * Hands on once the work is done. Without `async`, which makes two promises more: under load every request comes this way, and it is
 * 3 % of its CPU.
 */
function settle(work: PromiseLike<unknown>, reply: FastifyReply, done: (error?: Error) => void): void {
  void work.then(
    () => handOn(reply, done),
    (error: unknown) => handOn(reply, done, { error }),
  )
}

/** Nothing escapes: a rejection that nobody answers for ends the process. */
function handOn(reply: FastifyReply, done: (error?: Error) => void, refused?: { readonly error: unknown }): void {
  try {
    done(refused && toThrow(refused.error, reply))
  } catch {
    reply.raw.destroy()
  }
}

/** A getter: what `request.auth` shows cannot differ from what the guards see. */
function findAuthOf(this: FastifyRequest): Principal | undefined {
  return findPrincipal(this.raw)
}

/**
 * Read at the first request, because other plugins may change a route's configuration after ours has checked it, and a
 * route that was declared before the plugin was never checked. What is wrong closes the route.
 */
function toPolicy(config: object, verifier: Verifier<unknown>): RoutePolicy | undefined {
  let policy = policies.get(config)
  if (policy !== undefined) return policy
  try {
    policy = readRouteAuth(toAuth(config))
  } catch (error) {
    throw verifier.refuse(error)
  }
  if (policy !== undefined) policies.set(config, policy)
  return policy
}

function toAuth(config: object | undefined): unknown {
  return (config as { readonly auth?: unknown } | undefined)?.auth
}
