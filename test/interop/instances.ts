import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createVerifier, memoryReplayStore } from '@countersign/core'
import type { DpopOptions, ReplayStore, Verifier } from '@countersign/core'
import * as forExpress from '@countersign/express'
import * as forFastify from '@countersign/fastify'
import * as forKoa from '@countersign/koa'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { api } from './provider.js'

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

/** Builds an API around a verifier. */
export type CreateApi = (verifier: Verifier) => Promise<Listener>

/** An API that answers with who is calling, on each framework: GET and POST of `/orders`. */
export const frameworks: readonly (readonly [name: string, create: CreateApi])[] = [
  [
    'Express',
    async (verifier) => {
      const app = express()
      app.use(forExpress.countersign(verifier))
      app.get('/orders', forExpress.requireScopes('orders:read'), (req, res) => void res.json(forExpress.getAuth(req)))
      app.post('/orders', (req, res) => void res.status(201).json(forExpress.getAuth(req)))
      app.use(forExpress.errorHandler())
      return app
    },
  ],
  [
    'Fastify',
    async (verifier) => {
      const app = fastify()
      app.setErrorHandler(forFastify.errorHandler())
      await app.register(forFastify.countersign, { verifier })
      const read = { config: { auth: { scopes: ['orders:read'] } } }
      app.get('/orders', read, async (request) => forFastify.getAuth(request))
      app.post('/orders', async (request, reply) => reply.code(201).send(forFastify.getAuth(request)))
      await app.ready()
      return (req, res) => app.routing(req, res)
    },
  ],
  [
    'Koa',
    async (verifier) => {
      const app = new Koa()
      app.use(forKoa.errorHandler())
      app.use(forKoa.countersign(verifier))
      app.use((ctx) => {
        ctx.status = ctx.method === 'POST' ? 201 : 200
        ctx.body = forKoa.getAuth(ctx)
      })
      return app.callback()
    },
  ],
]

/** One instance of an API, whose public URL is where it listens, or another one's. */
export interface Instance {
  readonly url: string
  close(): Promise<void>
}

/** How an instance departs from one that takes bound tokens alone and remembers proofs by itself. */
export interface InstanceOptions {
  readonly issuer: string
  readonly audience?: string
  readonly dpop?: Partial<DpopOptions>
  readonly replayStore?: ReplayStore
  /** How far its clock is ahead, in milliseconds. */
  readonly aheadMs?: () => number
  readonly publicUrl?: string
}

/** Starts an instance on a free port. */
export async function startInstance(
  create: CreateApi,
  { issuer, audience = api, dpop, replayStore = memoryReplayStore(), aheadMs = () => 0, publicUrl }: InstanceOptions,
): Promise<Instance> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const verifier = createVerifier({
    audience,
    issuers: [issuer],
    network: { allowInsecureLoopback: true },
    publicUrl: publicUrl ?? url,
    dpop: { mode: 'required', ...dpop },
    replayStore,
    runtime: { now: () => Date.now() + aheadMs() },
  })
  const listener = await create(verifier)
  server.on('request', (req, res) => void listener(req, res))
  return {
    url,
    async close() {
      server.close()
      server.closeAllConnections()
      await verifier.close()
    },
  }
}
