import express5 from 'express'
import type { ErrorRequestHandler } from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import type { Context } from 'koa'
import Koa2 from 'koa2'
import { afterAll, describe, expect, it } from 'vitest'
import { createExpressApp } from './hosts/express-app.js'
import { createFastifyApp } from './hosts/fastify-app.js'
import type { FastifyErrorHandler } from './hosts/fastify-app.js'
import { listen } from './hosts/host.js'
import type { RunningHost } from './hosts/host.js'
import { createKoaApp } from './hosts/koa-app.js'
import { createWorld } from './world.js'

// Error handlers that know nothing of us, as applications have them.

const world = await createWorld()
afterAll(() => world.close())

const express: Readonly<Record<string, ErrorRequestHandler>> = {
  'answers by itself': (error: { status: number }, _req, res, _next) =>
    void res.status(error.status).json({ own: true }),
  'writes the head itself': (error: { status: number }, _req, res, _next) => {
    res.writeHead(error.status, { 'Content-Type': 'text/plain' }).end()
  },
  'freezes the error': (error: Error, _req, _res, next) => next(Object.freeze(error)),
  'drops every header': (error: Error, _req, res, next) => {
    for (const name of res.getHeaderNames()) res.removeHeader(name)
    next(error)
  },
  'throws the error again': (error: Error) => {
    throw error
  },
}
// Express tells an error handler by its four parameters.
Object.values(express).forEach((handler) => Object.defineProperty(handler, 'length', { value: 4 }))

const koa: Readonly<Record<string, (error: Error & { status: number }, ctx: Context) => void>> = {
  'answers by itself': (error, ctx) => {
    ctx.status = error.status
    ctx.body = { own: true }
  },
  'writes the head itself': (error, ctx) => {
    ctx.respond = false
    ctx.res.writeHead(error.status, { 'Content-Type': 'text/plain' }).end()
  },
  'throws it through http-errors': (error, ctx) => ctx.throw(error.status, error),
  'throws the error again': (error) => {
    throw error
  },
}

const fastify: Readonly<Record<string, FastifyErrorHandler>> = {
  'answers by itself': (error, _request, reply) => reply.code(error.statusCode ?? 500).send({ own: true }),
  'answers by itself, later': async (error, _request, reply) => reply.code(error.statusCode ?? 500).send({ own: true }),
  'takes the response from Fastify': (error, _request, reply) => {
    reply.hijack()
    reply.raw.writeHead(error.statusCode ?? 500, { 'Content-Type': 'text/plain' }).end()
  },
  'freezes the error': (error) => {
    Object.freeze(error)
    throw error
  },
  'throws the error again': (error) => {
    throw error
  },
}

const applications: [name: string, start: () => Promise<RunningHost>][] = []
for (const [name, handler] of Object.entries(express)) {
  applications.push([`Express 4 ${name}`, () => listen(createExpressApp(express4, world, handler))])
  applications.push([`Express 5 ${name}`, () => listen(createExpressApp(express5, world, handler))])
}
for (const [name, handler] of Object.entries(koa)) {
  const first: Koa3.Middleware = (ctx, next) => next().catch((error: Error & { status: number }) => handler(error, ctx))
  applications.push([`Koa 2 ${name}`, () => listen(createKoaApp(Koa2, world, first).callback())])
  applications.push([`Koa 3 ${name}`, () => listen(createKoaApp(Koa3, world, first).callback())])
}
for (const [name, handler] of Object.entries(fastify)) {
  const start = async () => {
    const app = createFastifyApp(world, handler)
    await app.ready()
    return listen(app.routing)
  }
  applications.push([`Fastify 5 ${name}`, start])
}

describe('the challenge outlives an application whose error handler', () => {
  it.each(applications)('on %s', async (_, start) => {
    const host = await start()
    const fields = [['Authorization', `Bearer ${world.tokens.acmeInner}`]] as const
    const answers = [
      await host.send({ method: 'GET', path: '/me', fields: [] }),
      await host.send({ method: 'GET', path: '/shop/orders/1', fields }),
    ]
    await host.close()
    expect(answers.map(({ status }) => status)).toEqual([401, 403])
    expect(answers.map((answer) => answer.fields['cache-control'])).toEqual([['no-store'], ['no-store']])
    expect(answers.map((answer) => answer.fields['www-authenticate'])).toEqual([
      ['Bearer realm="api"'],
      [
        'Bearer realm="api", error="insufficient_scope", error_description="The request requires higher privileges than the access token provides", scope="orders:read"',
      ],
    ])
  })
})
