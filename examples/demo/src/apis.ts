import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CountersignError, createVerifier } from '@countersign/core'
import type { IssuerHealth, KeyCacheOptions, ReplayStore, Verifier, VerifierOptions } from '@countersign/core'
import * as forExpress from '@countersign/express'
import * as forFastify from '@countersign/fastify'
import * as forKoa from '@countersign/koa'
import express from 'express'
import type { NextFunction, Request, Response } from 'express'
import fastify from 'fastify'
import Koa from 'koa'

/** What every API of the demo calls itself: the `aud` of the tokens it takes. */
export const AUDIENCE = 'https://api.example.com'

/** One API, on one framework. All of them have the same three routes. */
export interface Api {
  readonly framework: string
  readonly url: string
  /** How its keys stand, issuer by issuer. */
  health(): readonly IssuerHealth[]
  close(): Promise<void>
}

/** Hears why a request was refused. Clients never do. */
export type OnRefusal = (framework: string, reason: string) => void

/** Starts the same API on each framework, each with a verifier of its own. */
export async function startApis(
  issuers: readonly string[],
  onRefusal: OnRefusal,
  keyCache?: KeyCacheOptions,
): Promise<readonly Api[]> {
  const options = { issuers, keyCache }
  return [
    await startApi('Express', listenWithExpress, options, onRefusal),
    await startApi('Fastify', listenWithFastify, options, onRefusal),
    await startApi('Koa', listenWithKoa, options, onRefusal),
  ]
}

/** Starts two instances of an API that takes bound tokens alone, each with its own way to the memory that both share. */
export async function startInstances(
  issuer: string,
  openStore: () => Promise<ReplayStore>,
  onRefusal: OnRefusal,
): Promise<readonly [Api, Api]> {
  // Clients know one URL, whichever instance a load balancer sends them to.
  const options = { issuers: [issuer], publicUrl: AUDIENCE, dpop: { mode: 'required' } } as const
  return [
    await startApi('Express', listenWithExpress, { ...options, replayStore: await openStore() }, onRefusal),
    await startApi('Fastify', listenWithFastify, { ...options, replayStore: await openStore() }, onRefusal),
  ]
}

async function startApi(
  framework: string,
  listen: (verifier: Verifier, refused: (error: unknown) => void) => Promise<Server>,
  options: Omit<VerifierOptions, 'audience'>,
  onRefusal: OnRefusal,
): Promise<Api> {
  const verifier = createVerifier({ audience: AUDIENCE, network: { allowInsecureLoopback: true }, ...options })
  const server = await listen(verifier, (error) => {
    if (error instanceof CountersignError) onRefusal(framework, error.reason)
  })
  return {
    framework,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    health: () => verifier.health(),
    async close() {
      server.close()
      server.closeAllConnections()
      await verifier.close()
    },
  }
}

async function listenWithExpress(verifier: Verifier, refused: (error: unknown) => void): Promise<Server> {
  const { countersign, errorHandler, getAuth, requireScopes } = forExpress
  const app = express()
  app.get('/ready', async (_request, response) => {
    const readiness = await verifier.ready()
    response.status(readiness.ok ? 200 : 503).json(readiness)
  })
  app.use(countersign(verifier))
  app.get('/orders', requireScopes('orders:read'), (request, response) => {
    response.json(getAuth(request))
  })
  app.post('/orders', requireScopes('orders:write'), (request, response) => {
    response.status(201).json(getAuth(request))
  })
  app.use((error: unknown, _request: Request, _response: Response, next: NextFunction) => {
    refused(error)
    next(error)
  })
  app.use(errorHandler())
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function listenWithFastify(verifier: Verifier, refused: (error: unknown) => void): Promise<Server> {
  const { countersign, errorHandler, getAuth } = forFastify
  const app = fastify()
  app.addHook('onError', async (_request, _reply, error) => refused(error))
  app.setErrorHandler(errorHandler())
  await app.register(countersign, { verifier })
  app.get('/ready', { config: { auth: false } }, async (_request, reply) => {
    const readiness = await verifier.ready()
    return reply.code(readiness.ok ? 200 : 503).send(readiness)
  })
  app.get('/orders', { config: { auth: { scopes: ['orders:read'] } } }, async (request) => getAuth(request))
  app.post('/orders', { config: { auth: { scopes: ['orders:write'] } } }, async (request, reply) => {
    reply.code(201)
    return getAuth(request)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return app.server
}

async function listenWithKoa(verifier: Verifier, refused: (error: unknown) => void): Promise<Server> {
  const { countersign, errorHandler, getAuth, requireScopes } = forKoa
  const app = new Koa()
  const requireRead = requireScopes('orders:read')
  const requireWrite = requireScopes('orders:write')
  app.use(errorHandler())
  app.use(async (_ctx, next) => {
    try {
      await next()
    } catch (error) {
      refused(error)
      throw error
    }
  })
  app.use(async (ctx, next) => {
    if (ctx.path !== '/ready') return next()
    const readiness = await verifier.ready()
    ctx.status = readiness.ok ? 200 : 503
    ctx.body = readiness
  })
  app.use(countersign(verifier))
  app.use(async (ctx) => {
    if (ctx.path !== '/orders') return
    await (ctx.method === 'POST' ? requireWrite : requireRead)(ctx, async () => {
      ctx.status = ctx.method === 'POST' ? 201 : 200
      ctx.body = getAuth(ctx)
    })
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
