import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express5 from 'express'
import type { Express } from 'express'
import express4 from 'express4'
import fastify from 'fastify'
import Koa3 from 'koa'
import mountKoa from 'koa-mount'
import Koa2 from 'koa2'
import type { HttpHandler } from '@countersign/core'
import * as express from '@countersign/express'
import type { MountOptions } from '@countersign/express'
import * as fast from '@countersign/fastify'
import * as koa from '@countersign/koa'
import type { World } from '../world.js'

/** An application in which an endpoint stands at a path, beside a route `/me` that wants a token. */
export interface MountedHost {
  readonly name: string
  start(world: World, endpoint: HttpHandler, more?: MountedOptions): Promise<MountedServer>
}

/** What differs from one test to another. */
export interface MountedOptions extends MountOptions {
  /** Where the endpoint stands; by default below `/api`. */
  readonly at?: string
  /** Whether something has read the body before the endpoint could: all of it, and kept as `rawBody` or not. */
  readonly parsed?: 'lost' | 'kept'
}

/** Where it listens, and what its error handler was given. */
export interface MountedServer {
  readonly port: number
  readonly errors: unknown[]
  close(): Promise<void>
}

export const mountedHosts: readonly MountedHost[] = [
  { name: 'Express 4', start: (world, endpoint, more) => startExpress(express4, world, endpoint, more) },
  { name: 'Express 5', start: (world, endpoint, more) => startExpress(express5, world, endpoint, more) },
  { name: 'Koa 2', start: (world, endpoint, more) => startKoa(Koa2, world, endpoint, more) },
  { name: 'Koa 3', start: (world, endpoint, more) => startKoa(Koa3, world, endpoint, more) },
  { name: 'Fastify 5', start: startFastify },
]

/** Node's request, as middleware that reads bodies treats it. */
async function readAway(req: IncomingMessage, kept: boolean): Promise<void> {
  const chunks: Uint8Array[] = []
  for await (const chunk of req) chunks.push(chunk as Uint8Array)
  if (kept) Reflect.set(req, 'rawBody', Buffer.concat(chunks))
}

async function startExpress(
  create: () => Express,
  world: World,
  endpoint: HttpHandler,
  { parsed, at = '/api', ...options }: MountedOptions = {},
): Promise<MountedServer> {
  const errors: unknown[] = []
  const app = create()
  if (parsed !== undefined) {
    app.use(async (req, _res, next) => {
      await readAway(req, parsed === 'kept')
      next()
    })
  }
  app.use(at, express.mount(endpoint, options))
  app.use(express.countersign(world.api))
  app.get('/me', (req, res) => void res.json(express.getAuth(req)))
  app.use((error: unknown, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
    errors.push(error)
    next(error)
  })
  app.set('env', 'test')
  return listen(app as RequestListener, errors)
}

async function startKoa(
  Application: typeof Koa3,
  world: World,
  endpoint: HttpHandler,
  { parsed, at = '/api', ...options }: MountedOptions = {},
): Promise<MountedServer> {
  const errors: unknown[] = []
  const app = new Application()
  app.on('error', (error) => errors.push(error))
  if (parsed !== undefined) {
    app.use(async (ctx, next) => {
      await readAway(ctx.req, parsed === 'kept')
      await next()
    })
  }
  app.use(mountKoa(at, koa.mount(endpoint, options)))
  app.use(koa.countersign(world.api))
  app.use((ctx) => void (ctx.path === '/me' && (ctx.body = koa.getAuth(ctx))))
  return listen(app.callback(), errors)
}

async function startFastify(
  world: World,
  endpoint: HttpHandler,
  { parsed, at = '/api', ...options }: MountedOptions = {},
): Promise<MountedServer> {
  const errors: unknown[] = []
  const app = fastify({ forceCloseConnections: true })
  app.addHook('onError', async (_request, _reply, error) => void errors.push(error))
  if (parsed !== undefined) app.addHook('onRequest', (request) => readAway(request.raw, parsed === 'kept'))
  await app.register(fast.countersign, { verifier: world.api })
  await app.register(fast.mount(endpoint, options), { prefix: at })
  app.get('/me', async (request) => fast.getAuth(request))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: (app.server.address() as AddressInfo).port, errors, close: () => app.close() }
}

async function listen(listener: (...args: Parameters<RequestListener>) => unknown, errors: unknown[]) {
  const server = createServer((req, res) => void listener(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port, errors, close }
}
