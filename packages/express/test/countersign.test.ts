import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, createVerifier } from '@countersign/core'
import type { AuthRequest, VerifierOptions } from '@countersign/core'
import { countersign, findAuth, getAuth, requireScopes } from '@countersign/express'
import { issuer, options, serve, verifier } from './service.js'

const token = await issuer.token({ scope: 'orders:read' })

describe('countersign', () => {
  it('makes a verifier of options', async () => {
    const app = express().use(countersign(options))
    app.get('/', (req, res) => void res.json(getAuth(req).subject))
    const call = await serve(app)
    expect(await call('/', token)).toMatchObject({ status: 200, body: '"user-1"' })
    expect(await call('/')).toMatchObject({ status: 401, challenge: 'Bearer realm="api"' })
  })

  it('shows the principal as req.auth', async () => {
    const app = express().use(countersign(verifier))
    app.get('/', (req, res) => void res.json(Reflect.get(req, 'auth') === getAuth(req)))
    const call = await serve(app)
    expect((await call('/', token)).body).toBe('true')
  })

  it('shows it within an application that is mounted in another, and when the request has left that', async () => {
    const inner = express().use(countersign(verifier))
    inner.get('/', (req, _res, next) => next(Reflect.get(req, 'auth') === getAuth(req) ? undefined : 'router'))
    const app = express().use('/inner', inner)
    app.use((req, res) => void res.json([Reflect.get(req, 'auth') === getAuth(req), Object.hasOwn(req, 'auth')]))
    expect((await (await serve(app))('/inner', token)).body).toBe('[true,false]')
  })

  it('shows it on a request that is no request of Express', async () => {
    const judge = countersign(verifier)
    const server = (req: IncomingMessage, res: ServerResponse): void =>
      judge(req, res, () => res.end(String(Reflect.get(req, 'auth') === getAuth(req))))
    expect((await (await serve(server))('/', token)).body).toBe('true')
  })

  it.each([
    [
      'a request',
      (req: object, _app: express.Express, mine: PropertyDescriptor) => Object.defineProperty(req, 'auth', mine),
    ],
    [
      'an application',
      (_req: object, app: express.Express, mine: PropertyDescriptor) =>
        Object.defineProperty(app.request, 'auth', mine),
    ],
  ])('takes the place of what somebody else wrote to %s before', async (_, write) => {
    const app = express()
    const mine = { configurable: true, writable: true, value: 'mine' }
    app.use((req, _res, next) => {
      write(req, app, mine)
      next()
    }, countersign(verifier))
    app.use((req, res) => void res.json(Reflect.get(req, 'auth') === getAuth(req)))
    expect((await (await serve(app))('/', token)).body).toBe('true')
  })

  it('leaves req.auth to whoever writes it after, on that request alone', async () => {
    const app = express().use(countersign(verifier))
    app.get('/mine', (req, res) => {
      Reflect.set(req, 'auth', 'mine')
      res.json([Reflect.get(req, 'auth'), getAuth(req).subject])
    })
    app.get('/', (req, res) => void res.json(Reflect.get(req, 'auth') === getAuth(req)))
    const call = await serve(app)
    expect((await call('/mine', token)).body).toBe('["mine","user-1"]')
    expect((await call('/', token)).body).toBe('true')
    expect(Reflect.get(express.request, 'auth')).toBeUndefined()
  })

  it('reads no req.auth that somebody else wrote', async () => {
    const app = express().use(countersign(verifier, { optional: true }))
    app.use((req, _res, next) => {
      Reflect.set(req, 'auth', { subject: 'root', scopes: ['orders:write'] })
      next()
    })
    app.get('/', requireScopes('orders:write'), (_req, res) => void res.send('in'))
    const call = await serve(app)
    expect((await call('/')).status).toBe(401)
    expect((await call('/', token)).status).toBe(403)
  })

  it('judges though req.auth cannot be written', async () => {
    const app = express()
    app.use((req, _res, next) => {
      Object.defineProperty(req, 'auth', { value: 'mine' })
      next()
    }, countersign(verifier))
    app.get('/', (req, res) => void res.json([Reflect.get(req, 'auth'), getAuth(req).subject]))
    const call = await serve(app)
    expect((await call('/', token)).body).toBe('["mine","user-1"]')
  })

  it('forgets what an earlier verifier said, before it judges', async () => {
    const stricter = createVerifier({ ...options, audience: 'https://inner.example.com' })
    const app = express().use(countersign(verifier), countersign(stricter))
    const seen: unknown[] = []
    app.use(((_error, req, res, _next) => {
      seen.push(findAuth(req), Reflect.get(req, 'auth'))
      res.status(401).end()
    }) satisfies express.ErrorRequestHandler)
    const call = await serve(app)
    expect((await call('/', token)).status).toBe(401)
    expect(seen).toEqual([undefined, undefined])
  })

  it('leaves a preflight to CORS that comes first', async () => {
    const app = express()
    app.use((req, res, next) => (req.method === 'OPTIONS' ? void res.status(204).end() : next()), countersign(verifier))
    const call = await serve(app)
    expect((await call('/', undefined, 'OPTIONS')).status).toBe(204)
    expect((await call('/')).status).toBe(401)
  })

  it('judges by the target as it came over the wire, under routers and sub-applications', async () => {
    const urls: (string | undefined)[] = []
    const published = createVerifier({ ...options, publicUrl: 'https://api.example.com/v1' })
    const observed: typeof verifier = {
      ...published,
      authenticate(request) {
        urls.push((request as AuthRequest).url)
        return published.authenticate(request)
      },
    }
    const router = express.Router().use(countersign(observed))
    const app = express().use('/shop', express().use('/orders', router))
    router.get('/:id', (_req, res) => void res.end())
    const call = await serve(app)
    await call('/shop/orders/7?a=b', token)
    expect(urls).toEqual(['https://api.example.com/v1/shop/orders/7?a=b'])
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
