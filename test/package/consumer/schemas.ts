// Claims typed by three schema libraries.
import { createVerifier } from '@countersign/core'
import type { Verifier } from '@countersign/core'
import { getAuth } from '@countersign/express'
import { type } from 'arktype'
import type { IncomingMessage } from 'node:http'
import * as v from 'valibot'
import { z } from 'zod'

declare const req: IncomingMessage

const audience = 'https://api.example.com'
const issuers = ['https://login.acme.example']
const zod = createVerifier({
  audience,
  issuers,
  claims: z.object({ department: z.string(), level: z.string().transform(Number) }),
})
const valibot = createVerifier({
  audience,
  issuers,
  claims: v.object({ department: v.string(), level: v.pipe(v.string(), v.transform(Number)) }),
})
const arktype = createVerifier({
  audience,
  issuers,
  claims: type({ department: 'string', level: 'string.numeric.parse' }),
})

interface Typed {
  department: string
  level: number
}
const verifiers: readonly Verifier<Typed>[] = [zod, valibot, arktype]
const levels: number[] = [
  getAuth(req, zod).claims.level,
  getAuth(req, valibot).claims.level,
  getAuth(req, arktype).claims.level,
]
// @ts-expect-error -- the schema has no such claim
void getAuth(req, zod).claims.role
// @ts-expect-error -- the schema has no such claim
void getAuth(req, valibot).claims.role
// @ts-expect-error -- the schema has no such claim
void getAuth(req, arktype).claims.role

export { levels, verifiers }
