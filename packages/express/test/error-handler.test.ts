import express from 'express'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { requireScopes as requireCoreScopes } from '@countersign/core'
import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'
import { issuer, serve, verifier } from './service.js'

const token = await issuer.token({ scope: 'orders:read' })

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

describe('errorHandler', () => {
  it('answers a refusal as JSON', async () => {
    const call = await serve(express().use(countersign(verifier), errorHandler()))
    const { status, headers, body } = await call('/')
    expect([status, headers.get('content-type'), headers.get('cache-control'), body]).toEqual([
      401,
      'application/json; charset=utf-8',
      'no-store',
      '{"error":"unauthorized","error_description":"Authentication is required"}',
    ])
  })

  it('challenges for a guard of core that a handler ran by itself', async () => {
    const app = express().use(countersign(verifier))
    app.get('/', (req) => requireCoreScopes('orders:write').check(getAuth(req)))
    const call = await serve(app.use(errorHandler()))
    expect(await call('/', token)).toMatchObject({
      status: 403,
      challenge: expect.stringMatching(/scope="orders:write"$/),
    })
  })

  it('says nothing of the body that was to be sent', async () => {
    const app = express()
    app.get('/', (req, res) => {
      res.set({
        'Content-Length': '5',
        'Content-Encoding': 'gzip',
        ETag: '"a"',
        'Content-Language': 'de',
        'X-Own': 'kept',
      })
      getAuth(req)
    })
    const call = await serve(app.use(errorHandler()))
    const { status, headers, body } = await call('/')
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

  it('hands on what is not ours', async () => {
    const app = express()
    app.get('/', () => {
      throw Object.assign(new Error('mine'), { status: 418 })
    })
    const call = await serve(app.use(errorHandler()))
    expect(await call('/')).toMatchObject({ status: 418, challenge: null })
  })

  it('hands on what comes after the response began', async () => {
    const app = express()
    app.get('/', (req, res) => {
      res.write('half')
      getAuth(req)
    })
    const call = await serve(app.use(errorHandler()))
    await expect(call('/')).rejects.toThrow('terminated')
  })

  it("prints a mistake of the programmer, as Express's own handler does, and no refusal", async () => {
    const printed = vi.spyOn(console, 'error').mockReturnValue()
    vi.stubEnv('NODE_ENV', 'production')
    const app = express()
    app.get('/unguarded', requireScopes('orders:read'))
    const call = await serve(app.use(countersign(verifier), errorHandler()))
    expect((await call('/')).status).toBe(401)
    expect(printed).not.toHaveBeenCalled()
    expect((await call('/unguarded')).status).toBe(500)
    expect(printed.mock.calls).toEqual([[expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED' })]])
  })
})
