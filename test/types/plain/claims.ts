import type { IncomingMessage } from 'node:http'
import { type } from 'arktype'
import type { FastifyRequest } from 'fastify'
import * as v from 'valibot'
import { z } from 'zod'
import { createVerifier } from '@countersign/core'
import type { AsyncGuard, Claims, Guard, Principal } from '@countersign/core'
import * as express from '@countersign/express'
import * as fastify from '@countersign/fastify'
import * as koa from '@countersign/koa'

/** Compiles only where both types are one and the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_same: Same<A, B>): void {}

declare const req: IncomingMessage
declare const request: FastifyRequest
declare const ctx: { req: IncomingMessage }

const issuers = ['https://login.acme.example']
const zod = createVerifier({ audience: 'a', issuers, claims: z.object({ department: z.string() }) })
const valibot = createVerifier({
  audience: 'a',
  issuers,
  claims: v.object({ level: v.pipe(v.string(), v.transform(Number)) }),
})
const arktype = createVerifier({ audience: 'a', issuers, claims: type({ level: 'string.numeric.parse' }) })
const plain = createVerifier({ audience: 'a', issuers })

interface Department {
  department: string
}
interface Level {
  level: number
}

// With a verifier: the output of its own schema.
same<ReturnType<typeof express.getAuth<Department>>, Principal<Department>>(true)
const departments: readonly string[] = [
  express.getAuth(req, zod).claims.department,
  fastify.getAuth(request, zod).claims.department,
  koa.getAuth(ctx, zod).claims.department,
]
const levels: readonly number[] = [
  express.getAuth(req, valibot).claims.level,
  fastify.getAuth(request, valibot).claims.level,
  koa.getAuth(ctx, valibot).claims.level,
  koa.getAuth(ctx, arktype).claims.level,
]
same<(typeof levels)[number], Level['level']>(true)
// @ts-expect-error -- the schema has no such claim
void express.getAuth(req, zod).claims.level
// @ts-expect-error -- claims are read, not written
express.getAuth(req, zod).claims = { department: departments[0] ?? '' }

// Without one, or without a schema: the payload, whose members are unknown.
const payload: Claims = express.getAuth(req).claims
same<typeof payload, ReturnType<typeof plainClaims>>(true)
function plainClaims() {
  return express.getAuth(req, plain).claims
}
// @ts-expect-error -- nobody has checked it
const department: string = koa.getAuth(ctx).claims['department']
// @ts-expect-error -- findAuth may find nobody
void fastify.findAuth(request).subject

// Guards: a composition that holds an AsyncGuard has no check, so that a forgotten await does not compile.
declare const later: AsyncGuard
const sync: Guard = express.allOf(express.requireScopes('a'), fastify.requireScopes('b'))
const mixed: AsyncGuard = express.anyOf(sync, later)
sync.check(undefined)
// @ts-expect-error -- it must be awaited
express.allOf(express.requireScopes('a'), later).check(undefined)
// @ts-expect-error -- it must be awaited
koa.anyOf(later).check(undefined)
// @ts-expect-error -- it must be awaited
fastify.allOf(mixed).check(undefined)
// @ts-expect-error -- an AsyncGuard is no Guard
const guard: Guard = koa.allOf(later)
// @ts-expect-error -- a principal is made by a verifier, not by writing its members
sync.check({ scopes: ['a'] })

export { department, guard }
