import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { requireScopes as requireCoreScopes } from '@countersign/core'
import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/koa'
import { toThrow } from '../src/refuse.js'
import { issuer, serve, verifier } from './service.js'

const token = await issuer.token({ scope: 'orders:read' })

/** An application with our error handler, and the errors that reached its `error` event. */
function createApp() {
  const reported: unknown[] = []
  const app = new Koa().use(errorHandler())
  app.on('error', (error) => reported.push(error))
  return { app, reported }
}

describe('errorHandler', () => {
  it('answers a refusal as JSON, and reports it to nobody', async () => {
    const { app, reported } = createApp()
    const call = await serve(app.use(countersign(verifier)).callback())
    const { status, headers, body } = await call('/')
    expect([status, headers.get('content-type'), headers.get('cache-control'), body]).toEqual([
      401,
      'application/json; charset=utf-8',
      'no-store',
      '{"error":"unauthorized","error_description":"Authentication is required"}',
    ])
    expect(reported).toEqual([])
  })

  it('challenges for a guard of core that a handler ran by itself', async () => {
    const { app } = createApp()
    app.use(countersign(verifier)).use((ctx) => requireCoreScopes('orders:write').check(getAuth(ctx)))
    const call = await serve(app.callback())
    expect(await call('/', token)).toMatchObject({
      status: 403,
      challenge: expect.stringMatching(/scope="orders:write"$/),
    })
  })

  it('says nothing of the body that was to be sent', async () => {
    const { app } = createApp()
    app.use((ctx) => {
      ctx.set({
        'Content-Length': '5',
        'Content-Encoding': 'gzip',
        ETag: '"a"',
        'Content-Language': 'de',
        'X-Own': 'kept',
      })
      getAuth(ctx)
    })
    const { status, headers, body } = await (await serve(app.callback()))('/')
    expect([status, headers.get('x-own'), JSON.parse(body)]).toEqual([
      500,
      'kept',
      { error: 'server_error', error_description: expect.any(String) },
    ])
    expect(['content-encoding', 'etag', 'content-language'].map((name) => headers.get(name))).toEqual([
      null,
      null,
      null,
    ])
  })

  it('throws on what is not ours', async () => {
    const { app, reported } = createApp()
    app.use(() => {
      throw Object.assign(new Error('mine'), { status: 418 })
    })
    const call = await serve(app.callback())
    expect(await call('/')).toMatchObject({ status: 418, challenge: null })
    expect(reported).toEqual([expect.objectContaining({ message: 'mine' })])
  })

  it('throws on what comes after the response began', async () => {
    const { app, reported } = createApp()
    app.use((ctx) => {
      ctx.res.write('half')
      try {
        getAuth(ctx)
      } finally {
        ctx.res.end()
      }
    })
    const call = await serve(app.callback())
    expect(await call('/')).toMatchObject({ status: 404, body: 'half' })
    expect(reported).toHaveLength(1)
  })

  it("reports a mistake of the programmer as an error event, as Koa's own handler does", async () => {
    const { app, reported } = createApp()
    const call = await serve(app.use(requireScopes('orders:read')).callback())
    expect((await call('/')).status).toBe(500)
    expect(reported).toEqual([expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED' })])
  })
})

describe('what is thrown', () => {
  // Koa gives no answer at all where undefined or null was thrown.
  it.each([[undefined], [null], ['text']])('is an error in place of %o', (thrown) => {
    expect(toThrow(thrown, {} as never)).toMatchObject({ reason: 'ERR_UNEXPECTED', status: 500 })
  })
})
