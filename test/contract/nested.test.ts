import Router from '@koa/router'
import express5 from 'express'
import type { Express, Request, RequestHandler, Response } from 'express'
import express4 from 'express4'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier } from '@countersign/core'
import type { Principal, Verifier } from '@countersign/core'
import * as express from '@countersign/express'
import * as fast from '@countersign/fastify'
import * as koa from '@countersign/koa'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import type { ExpressFactory } from './hosts/express-app.js'
import { listen, reach } from './hosts/host.js'
import type { RunningHost } from './hosts/host.js'

const OUTER = 'https://api.example.com'
const INNER = 'https://inner.example.com'

const clock = createTestClock()
const acme = await createTestIssuer({ issuer: 'https://login.acme.example', clock })
const runtime = testRuntime(acme)
const offline = { ...runtime, fetch: () => Promise.reject(new Error('The key server is down')) }

/** Read the same token differently: another audience, and roles from another claim. */
const verifiers = {
  outer: createVerifier({ audience: OUTER, issuers: [acme.issuer], realm: 'outer', runtime }),
  inner: createVerifier({
    audience: INNER,
    issuers: [{ issuer: acme.issuer, mapping: { roles: { claim: ['inner_roles'] } } }],
    realm: 'inner',
    runtime,
  }),
  down: createVerifier({ audience: OUTER, issuers: [acme.issuer], realm: 'down', runtime: offline }),
}
afterAll(() => Promise.all(Object.values(verifiers).map((verifier) => verifier.close())))

const both = [OUTER, INNER]
const tokens = {
  outerAdmin: await acme.token({ aud: both, roles: ['admin'], inner_roles: ['guest'] }),
  innerAdmin: await acme.token({ aud: both, roles: ['guest'], inner_roles: ['admin'] }),
  outerAlone: await acme.token({ aud: OUTER, roles: ['admin'], inner_roles: ['admin'] }),
  innerAlone: await acme.token({ aud: INNER, roles: ['admin'], inner_roles: ['admin'] }),
}

const show = ({ roles }: Principal<unknown>) => roles.join(' ')

/** `/role` under each of the verifiers, all of them under the outer one; `/swapped` asks for the outer one's principal inside. */
const hosts: readonly (readonly [string, (optional: boolean) => Promise<RunningHost>])[] = [
  ['Express 4', async (optional) => listen(createExpressApp(express4, optional))],
  ['Express 5', async (optional) => listen(createExpressApp(express5, optional))],
  ['Koa 2', async (optional) => listen(createKoaApp(Koa2, optional).callback())],
  ['Koa 3', async (optional) => listen(createKoaApp(Koa3, optional).callback())],
  ['Fastify 5', (optional) => startFastify(optional)],
]

function createExpressApp(create: ExpressFactory, optional: boolean): Express {
  const app = create()
  const role: RequestHandler = (req: Request, res: Response) => void res.send(show(express.getAuth(req)))
  app.use(express.countersign(verifiers.outer, { optional }))
  for (const name of ['inner', 'down'] as const) {
    const router = create.Router()
    router.use(express.countersign(verifiers[name], { optional }))
    router.get('/role', express.requireRoles('admin'), role)
    router.get('/swapped', (req, res) => void res.send(show(express.getAuth(req, verifiers.outer))))
    app.use(`/${name}`, router)
  }
  app.get('/outer/role', express.requireRoles('admin'), role)
  return app
}

function createKoaApp(Application: typeof Koa3, optional: boolean): Koa3 {
  const app = new Application()
  app.silent = true
  const role: Koa3.Middleware = (ctx) => void (ctx.body = show(koa.getAuth(ctx)))
  app.use(koa.countersign(verifiers.outer, { optional }))
  for (const name of ['inner', 'down'] as const) {
    const router = new Router({ prefix: `/${name}` })
    router.use(koa.countersign(verifiers[name], { optional }))
    router.get('/role', koa.requireRoles('admin'), role)
    router.get('/swapped', (ctx) => void (ctx.body = show(koa.getAuth(ctx, verifiers.outer))))
    app.use(router.routes())
  }
  app.use(new Router().get('/outer/role', koa.requireRoles('admin'), role).routes())
  return app
}

async function startFastify(optional: boolean): Promise<RunningHost> {
  const app = fastify()
  const auth = { config: { auth: { roles: ['admin'] } } }
  const scope = (child: FastifyInstance, verifier: Verifier) => {
    child.register(fast.countersign, { verifier, optional })
    child.get('/role', auth, async (request) => show(fast.getAuth(request)))
    child.get('/swapped', async (request) => show(fast.getAuth(request, verifiers.outer)))
  }
  app.register(fast.countersign, { verifier: verifiers.outer, optional })
  for (const name of ['inner', 'down'] as const) {
    app.register(async (child) => scope(child, verifiers[name]), { prefix: `/${name}` })
  }
  app.get('/outer/role', auth, async (request) => show(fast.getAuth(request)))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return reach((app.server.address() as { port: number }).port, () => app.close())
}

describe.each(hosts)('a verifier inside another on %s', (name, start) => {
  let strict: RunningHost
  let lenient: RunningHost
  beforeAll(async () => {
    strict = await start(false)
    lenient = await start(true)
  })
  afterAll(() => Promise.all([strict.close(), lenient.close()]))

  async function call(path: string, token?: keyof typeof tokens, host = strict): Promise<string> {
    const fields = token === undefined ? [] : [['Authorization', `Bearer ${tokens[token]}`] as const]
    const { status, fields: received, body } = await host.send({ method: 'GET', path, fields })
    const [, realm = '-', error = '-'] =
      /realm="(\w+)"(?:, error="(\w+)")?/.exec(String(received['www-authenticate'])) ?? []
    return status === 200 ? body : `${status} ${realm} ${error}`
  }

  it('alone decides what its guards see', async () => {
    expect(await call('/outer/role', 'outerAdmin')).toBe('admin')
    expect(await call('/inner/role', 'outerAdmin')).toBe('403 inner insufficient_scope')
    expect(await call('/outer/role', 'innerAdmin')).toBe('403 outer insufficient_scope')
    expect(await call('/inner/role', 'innerAdmin')).toBe('admin')
  })

  it('refuses what the one around it has accepted', async () => {
    expect(await call('/outer/role', 'outerAlone')).toBe('admin')
    expect(await call('/inner/role', 'outerAlone')).toBe('401 inner invalid_token')
    expect(await call('/inner/role', 'outerAlone', lenient)).toBe('401 inner invalid_token')
  })

  it('makes no exception for what the one around it refuses, where that judges at all', async () => {
    expect(await call('/outer/role', 'innerAlone')).toBe('401 outer invalid_token')
    // Fastify runs the hook of the innermost context alone.
    expect(await call('/inner/role', 'innerAlone')).toBe(name === 'Fastify 5' ? 'admin' : '401 outer invalid_token')
  })

  it('that cannot judge leaves nobody signed in', async () => {
    expect(await call('/down/role', 'outerAdmin')).toBe('503 - -')
    expect(await call('/down/role', 'outerAdmin', lenient)).toBe('503 - -')
  })

  it('that lets nobody pass has nobody for its guards', async () => {
    expect(await call('/inner/role', undefined, lenient)).toBe('401 inner -')
    expect(await call('/outer/role', undefined, lenient)).toBe('401 outer -')
  })

  it('does not show its principal under the name of the one around it', async () => {
    expect(await call('/inner/swapped', 'innerAdmin')).toBe('500 - -')
  })
})
