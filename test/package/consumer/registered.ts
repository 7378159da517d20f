// The claims of a whole application, said once.
import type { IncomingMessage } from 'node:http'
import { requireThat } from '@countersign/core'
import type { Claims, Principal, Verifier } from '@countersign/core'
import * as express from '@countersign/express'
import * as fastify from '@countersign/fastify'
import * as koa from '@countersign/koa'
import type { FastifyRequest } from 'fastify'

declare module '@countersign/core' {
  interface Register {
    claims: { department: string }
  }
}

declare const req: IncomingMessage
declare const request: FastifyRequest
declare const other: Verifier<{ level: number }>
declare const plain: Verifier

const departments: string[] = [
  express.getAuth(req).claims.department,
  fastify.getAuth(request).claims.department,
  koa.getAuth({ req }).claims.department,
  express.findAuth(req)?.claims.department ?? 'none',
]
// A verifier that is named has the last word.
const level: number = fastify.getAuth(request, other).claims.level
const payload: Claims = koa.getAuth({ req }, plain).claims
const principal: Principal<{ department: string }> = express.getAuth(req)
const mine = requireThat(({ claims }) => claims.department === 'sales')
express.requireThat(({ claims }) => claims.department === 'sales')
// @ts-expect-error -- what is registered is all there is
void express.getAuth(req).claims.level
// @ts-expect-error -- in predicates too
fastify.requireThat(({ claims }) => claims.level > 1)

export { departments, level, mine, payload, principal }
