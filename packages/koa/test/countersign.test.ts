import type { IncomingMessage } from 'node:http'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, createVerifier } from '@countersign/core'
import type { AuthRequest, VerifierOptions } from '@countersign/core'
import { countersign, findAuth, getAuth, requireScopes } from '@countersign/koa'
import { issuer, options, serve, verifier } from './service.js'

const token = await issuer.token({ scope: 'orders:read' })

describe('countersign', () => {
  it('makes a verifier of options', async () => {
    const app = new Koa().use(countersign(options))
    app.use((ctx) => void (ctx.body = getAuth(ctx).subject))
    const call = await serve(app.callback())
    expect(await call('/', token)).toMatchObject({ status: 200, body: 'user-1' })
    expect(await call('/')).toMatchObject({ status: 401, challenge: 'Bearer realm="api"' })
  })

  it('shows the principal as ctx.state.auth', async () => {
    const app = new Koa().use(countersign(verifier))
    app.use((ctx) => void (ctx.body = String(ctx.state['auth'] === getAuth(ctx))))
    const call = await serve(app.callback())
    expect((await call('/', token)).body).toBe('true')
  })

  it('reads no ctx.state.auth that somebody else wrote', async () => {
    const app = new Koa().use(countersign(verifier, { optional: true }))
    app.use((ctx, next) => {
      Reflect.set(ctx.state, 'auth', { subject: 'root', scopes: ['orders:write'] })
      return next()
    })
    app.use(requireScopes('orders:write'))
    const call = await serve(app.callback())
    expect((await call('/')).status).toBe(401)
    expect((await call('/', token)).status).toBe(403)
  })

  it('judges though ctx.state cannot be written', async () => {
    const app = new Koa()
    app.use((ctx, next) => {
      Reflect.set(ctx, 'state', Object.freeze({ auth: 'mine' }))
      return next()
    })
    app.use(countersign(verifier)).use((ctx) => void (ctx.body = [ctx.state['auth'], getAuth(ctx).subject]))
    const call = await serve(app.callback())
    expect((await call('/', token)).body).toBe('["mine","user-1"]')
  })

  it('forgets what an earlier verifier said, before it judges', async () => {
    const stricter = createVerifier({ ...options, audience: 'https://inner.example.com' })
    const seen: unknown[] = []
    const app = new Koa()
    app.use(async (ctx, next) => {
      await next().catch(() => seen.push(findAuth(ctx), ctx.state['auth']))
    })
    app.use(countersign(verifier)).use(countersign(stricter))
    const call = await serve(app.callback())
    await call('/', token)
    expect(seen).toEqual([undefined, undefined])
  })

  it('leaves a preflight to CORS that comes first', async () => {
    const app = new Koa()
    app.use((ctx, next) => (ctx.method === 'OPTIONS' ? void (ctx.status = 204) : next())).use(countersign(verifier))
    const call = await serve(app.callback())
    expect((await call('/', undefined, 'OPTIONS')).status).toBe(204)
    expect((await call('/')).status).toBe(401)
  })

  it('runs what comes after it once, and after it has judged', async () => {
    const order: string[] = []
    const app = new Koa().use(countersign(verifier))
    app.use(async (ctx, next) => {
      order.push('down')
      await next()
      order.push('up')
      ctx.body = ''
    })
    const call = await serve(app.callback())
    await call('/')
    await call('/', token)
    expect(order).toEqual(['down', 'up'])
  })

  it('refuses a misspelt option, and names the nearest', () => {
    const wrong = { optionl: true } as object
    expect(() => countersign(verifier, wrong)).toThrow(
      expect.objectContaining({ reason: 'ERR_CONFIG_UNKNOWN', message: expect.stringContaining('"optional"') }),
    )
    expect(() => countersign(verifier, { optional: 'false' as unknown as boolean })).toThrow(ConfigurationError)
  })

  it.each([[undefined], [null], ['https://login.acme.example'], [{}]])('refuses %o in place of options', (source) => {
    expect(() => countersign(source as unknown as VerifierOptions)).toThrow(ConfigurationError)
  })
})

describe('the target that a verifier sees', () => {
  const urls: (string | undefined)[] = []
  const published = createVerifier({ ...options, publicUrl: 'https://api.example.com/v1' })
  const observed: typeof published = {
    ...published,
    authenticate(request) {
      urls.push((request as AuthRequest).url)
      return published.authenticate(request)
    },
  }

  it('is the one that came over the wire, though a mount has rewritten the path', async () => {
    const app = new Koa()
    app.use((ctx, next) => {
      ctx.path = '/7'
      return next()
    })
    const call = await serve(app.use(countersign(observed)).callback())
    await call('/shop/orders/7?a=b', token)
    expect(urls.splice(0)).toEqual(['https://api.example.com/v1/shop/orders/7?a=b'])
  })

  it('is that of the server around, where Koa is mounted in one', async () => {
    const inside = new Koa().use(countersign(observed)).callback()
    const call = await serve((req, res) => {
      Object.assign(req, { originalUrl: req.url, url: '/7' })
      void inside(req, res)
    })
    await call('/shop/orders/7?a=b', token)
    expect(urls.splice(0)).toEqual(['https://api.example.com/v1/shop/orders/7?a=b'])
  })
})

describe('a context that is smaller than one of Koa', () => {
  it('is judged all the same', async () => {
    const req = { method: 'GET', url: '/', headers: {} } as IncomingMessage
    const signed = { method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } } as IncomingMessage
    await expect(countersign(verifier)({ req }, async () => {})).rejects.toMatchObject({ status: 401 })
    await expect(countersign(verifier)({ req: signed }, async () => {})).resolves.toBeUndefined()
    expect(getAuth({ req: signed }).subject).toBe('user-1')
  })
})
