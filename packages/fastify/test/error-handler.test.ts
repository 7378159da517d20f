import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { requireScopes as requireCoreScopes } from '@countersign/core'
import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/fastify'
import { caller, issuer, verifier } from './service.js'

const token = await issuer.token({ scope: 'orders:read' })

/** An application with our error handler, and the lines of its log at level `error`. */
function createApp() {
  const lines: string[] = []
  const app = fastify({ logger: { level: 'error', stream: { write: (line: string) => void lines.push(line) } } })
  app.setErrorHandler(errorHandler())
  return { app, lines }
}

describe('app.log as the logger', () => {
  it('keeps why a request was refused, although it wants its arguments the other way round', async () => {
    const lines: Record<string, unknown>[] = []
    const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
    const app = fastify({ logger: { level: 'debug', stream } })
    await app.register(countersign, { audience: 'a', issuers: ['https://login.example'], logger: app.log })
    app.get('/', () => 'ok')
    expect((await app.inject({ url: '/', headers: { authorization: 'Bearer x.y.z' } })).statusCode).toBe(401)
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'A request was refused',
        status: 401,
        reason: expect.stringMatching(/^ERR_TOKEN_/),
      }),
    )
    await app.close()
  })
})

describe('errorHandler', () => {
  it('answers a refusal as JSON, and logs no error', async () => {
    const { app, lines } = createApp()
    app.register(countersign, { verifier })
    app.get('/', { schema: { response: { '4xx': { type: 'object', properties: {} } } } }, async () => 'in')
    const { status, headers, body } = await caller(app)('/')
    expect([status, headers['content-type'], headers['cache-control'], body]).toEqual([
      401,
      'application/json; charset=utf-8',
      'no-store',
      '{"error":"unauthorized","error_description":"Authentication is required"}',
    ])
    expect(lines).toEqual([])
  })

  it('says nothing of the body that was to be sent', async () => {
    const { app } = createApp()
    app.get('/', async (request, reply) => {
      reply.headers({ 'content-encoding': 'gzip', etag: '"a"', 'content-language': 'de', 'x-own': 'kept' })
      getAuth(request)
    })
    const { status, headers, body } = await caller(app)('/')
    expect([status, headers['x-own'], JSON.parse(body)]).toEqual([
      500,
      'kept',
      { error: 'server_error', error_description: expect.any(String) },
    ])
    expect(['content-encoding', 'etag', 'content-language'].filter((name) => name in headers)).toEqual([])
  })

  it('challenges for a guard of core that a handler ran by itself', async () => {
    const { app } = createApp()
    app.register(countersign, { verifier })
    app.get('/', async (request) => requireCoreScopes('orders:write').check(getAuth(request)))
    expect(await caller(app)('/', token)).toMatchObject({
      status: 403,
      challenge: expect.stringMatching(/scope="orders:write"$/),
    })
  })

  it('leaves what is not ours to the handler around it', async () => {
    const app = fastify()
    app.setErrorHandler((_error, _request, reply) => reply.code(418).send('outer'))
    app.register(async (child) => {
      child.setErrorHandler(errorHandler())
      child.get('/', async () => {
        throw new Error('mine')
      })
    })
    expect(await caller(app)('/')).toMatchObject({ status: 418, body: 'outer', challenge: undefined })
  })

  it("logs a mistake of the programmer, as Fastify's own handler does", async () => {
    const { app, lines } = createApp()
    app.get('/', { onRequest: requireScopes('orders:read') }, async () => 'in')
    expect((await caller(app)('/')).status).toBe(500)
    expect(lines).toEqual([expect.stringContaining('no countersign middleware has judged')])
  })
})
