import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import corsOfFastify from '@fastify/cors'
import corsOfKoa from '@koa/cors'
import cors from 'cors'
import express5 from 'express'
import express4 from 'express4'
import fastify from 'fastify'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import type { Verifier } from '@countersign/core'
import * as forExpress from '@countersign/express'
import * as forFastify from '@countersign/fastify'
import * as forKoa from '@countersign/koa'

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

/** Whose scripts may call, and what they may read, by the package that people use for it. */
export interface CorsOptions {
  readonly origin: string
  readonly exposedHeaders: string[]
}

/** The smallest application on each framework: any GET is answered with the principal. */
export const bareApps: readonly {
  readonly name: string
  readonly create: (verifier: Verifier, cors?: CorsOptions) => Promise<Listener>
}[] = [
  { name: 'Express 4', create: async (verifier, options) => createExpressApp(express4, verifier, options) },
  { name: 'Express 5', create: async (verifier, options) => createExpressApp(express5, verifier, options) },
  { name: 'Fastify 5', create: createFastifyApp },
  { name: 'Koa 2', create: async (verifier, options) => createKoaApp(Koa2, verifier, options) },
  { name: 'Koa 3', create: async (verifier, options) => createKoaApp(Koa3, verifier, options) },
]

/** Runs a listener on a free port. */
export async function serve(listener: Listener): Promise<{ readonly port: number; close(): void }> {
  const server: Server = createServer((req, res) => void listener(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() }
}

function createExpressApp(express: typeof express5, verifier: Verifier, options?: CorsOptions): Listener {
  const app = express()
  if (options !== undefined) app.use(cors(options))
  app.use(forExpress.countersign(verifier))
  app.use((req, res) => void res.json(forExpress.getAuth(req)))
  return app
}

async function createFastifyApp(verifier: Verifier, options?: CorsOptions): Promise<Listener> {
  const app = fastify()
  if (options !== undefined) await app.register(corsOfFastify, options)
  await app.register(forFastify.countersign, { verifier })
  app.get('/*', async (request) => forFastify.getAuth(request))
  await app.ready()
  return (req, res) => app.routing(req, res)
}

function createKoaApp(Koa: typeof Koa3, verifier: Verifier, options?: CorsOptions): Listener {
  const app = new Koa()
  if (options !== undefined) app.use(corsOfKoa({ origin: options.origin, exposeHeaders: options.exposedHeaders }))
  app.use(forKoa.countersign(verifier))
  app.use((ctx) => void (ctx.body = forKoa.getAuth(ctx)))
  return app.callback()
}
