import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { getAuth as getExpressAuth, requireScopes } from '@countersign/express'
import { getAuth as getFastifyAuth } from '@countersign/fastify'
import { getAuth as getKoaAuth } from '@countersign/koa'

declare module '@countersign/core' {
  interface Register {
    claims: { department: string }
  }
}

declare const req: IncomingMessage
declare const request: FastifyRequest

const departments: readonly string[] = [
  getExpressAuth(req).claims.department,
  getFastifyAuth(request).claims.department,
  getKoaAuth({ req }).claims.department,
]
// @ts-expect-error -- what is registered is all there is
void getExpressAuth(req).claims.level

requireScopes('a').check(getExpressAuth(req))

export { departments }
