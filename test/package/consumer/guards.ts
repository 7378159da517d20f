// Guards of core and of every adapter, and what they and getAuth are typed as, with nothing registered.
import type { IncomingMessage } from 'node:http'
import * as core from '@countersign/core'
import type { AsyncGuard, Claims, Guard, Principal, Verifier, VerifierOptions } from '@countersign/core'
import * as express from '@countersign/express'
import * as fastify from '@countersign/fastify'
import * as koa from '@countersign/koa'
import type { FastifyRequest } from 'fastify'
import { verifier } from './service.js'

/** Compiles only where both types are one and the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_same: Same<A, B>): void {}

interface Department {
  department: string
}

declare const req: IncomingMessage
declare const request: FastifyRequest
declare const ctx: { req: IncomingMessage }
declare const typed: Verifier<Department>

// Without a verifier the claims are the payload; with one, the output of its schema.
same<ReturnType<typeof readPlain>, Principal<Claims>>(true)
function readPlain() {
  return express.getAuth(req)
}
const subjects: string[] = [express.getAuth(req).subject, fastify.getAuth(request).subject, koa.getAuth(ctx).subject]
const departments: string[] = [
  express.getAuth(req, typed).claims.department,
  fastify.getAuth(request, typed).claims.department,
  koa.getAuth(ctx, typed).claims.department,
]
same<(typeof departments)[number], string>(true)
const unknownClaim: unknown = koa.getAuth(ctx, verifier).claims['department']
// @ts-expect-error -- the schema has no such claim
void express.getAuth(req, typed).claims.level
// @ts-expect-error -- nobody has checked the payload
const department: string = fastify.getAuth(request).claims['department']
// @ts-expect-error -- findAuth may find nobody
void koa.findAuth(ctx).subject

// A schema of any library: what comes out of it is what claims are.
const schema: NonNullable<VerifierOptions<Department>['claims']> = {
  '~standard': { version: 1, vendor: 'own', validate: () => ({ value: { department: 'sales' } }) },
}
const inferred = core.createVerifier({ audience: 'a', issuers: ['https://login.acme.example'], claims: schema })
same<typeof inferred, Verifier<Department>>(true)

// The same names, the same arguments; what an adapter makes is a guard of core too.
const guards: Guard[] = [
  core.requireScopes('a', 'b'),
  express.requireAnyScope('a'),
  fastify.requireRoles('a'),
  koa.requireAnyRole('a', 'b'),
  express.requirePermissions('a'),
  fastify.requireGroups('a'),
  koa.requireClaim(['a', 'b'], ['x', 1, true]),
  core.requireClaim('/a/b', 'x'),
  express.requireIssuer('https://login.acme.example'),
  fastify.requireActor('a', { subject: 'b', issuer: undefined }),
  koa.requireAuthentication({ acr: ['gold'], maxAgeSeconds: undefined }),
  core.requireAuthorizationDetails({ type: 'a', actions: ['b'], where: ({ type }) => type === 'a' }),
  express.allOf(core.requireScopes('a'), fastify.requireRoles('b')),
  koa.anyOf(core.requireScopes('a'), express.requireRoles('b')),
]
const later: AsyncGuard[] = [
  core.requireThat(async ({ scopes }) => scopes.includes('a')),
  express.requireThat((principal, request: IncomingMessage) => request.method === principal.subject),
  fastify.requireThat(() => true),
  koa.requireThat((_principal, context: { req: IncomingMessage; state: object }) => 'x' in context.state),
  core.allOf(
    core.requireScopes('a'),
    core.requireThat(() => true),
  ),
  express.anyOf(
    core.requireThat(() => true),
    core.requireScopes('a'),
  ),
]
same<ReturnType<typeof express.requireRoles>, express.GuardHandler>(true)
same<ReturnType<typeof express.requireThat>, express.AsyncGuardHandler>(true)
same<Parameters<typeof koa.requireAuthentication>, Parameters<typeof core.requireAuthentication>>(true)
same<Parameters<typeof fastify.requireClaim>, Parameters<typeof core.requireClaim>>(true)

export async function judge(principal: Principal): Promise<void> {
  for (const guard of guards) guard.check(principal)
  for (const guard of later) await guard.checkAsync(principal, req)
}

const [sync, awaited] = [core.requireScopes('a'), core.requireThat(() => true)] as const
// @ts-expect-error -- what needs awaiting has no check
awaited.check(undefined)
const mixed = koa.allOf(sync, awaited)
// @ts-expect-error -- nor has what holds it
mixed.check(undefined)
// @ts-expect-error -- and it is no Guard
const guard: Guard = express.anyOf(awaited)
// @ts-expect-error -- a predicate answers true or false, or a promise of that
core.requireThat(() => 'yes')
// @ts-expect-error -- a where is not awaited
express.requireAuthorizationDetails({ type: 'a', where: async () => true })
// @ts-expect-error -- a composition of nothing
fastify.allOf()
// @ts-expect-error -- the factory, not its guard
koa.anyOf(koa.requireRoles)
// @ts-expect-error -- a value to compare with
core.requireClaim(['a'], { b: 1 })
// @ts-expect-error -- a dotted string is no path
fastify.requireClaim('a.b', 1)
// @ts-expect-error -- roles are arguments of their own
express.requireRoles(['a', 'b'])
// @ts-expect-error -- an age is a number of seconds
koa.requireAuthentication({ maxAgeSeconds: '5m' })
// @ts-expect-error -- a principal is made by a verifier, not by writing its members
sync.check({ issuer: 'a', subject: 'b', scopes: ['a'] })

export { department, guard, subjects, unknownClaim }
