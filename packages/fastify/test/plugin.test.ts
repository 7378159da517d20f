import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '@countersign/core'
import withDefault, { countersign, findAuth, getAuth } from '@countersign/fastify'
import type { CountersignOptions } from '@countersign/fastify'
import { findRegistration } from '../src/registration.js'
import { caller, issuer, options, verifier } from './service.js'

const token = await issuer.token({ scope: 'orders:read' })

describe('the plugin', () => {
  it('makes a verifier of options', async () => {
    const app = fastify()
    await app.register(countersign, options)
    app.get('/', async (request) => getAuth(request).subject)
    const call = caller(app)
    expect(await call('/', token)).toMatchObject({ status: 200, body: 'user-1' })
    expect(await call('/')).toMatchObject({ status: 401, challenge: 'Bearer realm="api"' })
  })

  it('is the default export too', () => {
    expect(withDefault).toBe(countersign)
  })

  it('closes routes that were declared before it, awaited or not', async () => {
    const app = fastify()
    app.get('/before', async () => 'in')
    app.register(countersign, { verifier })
    app.get('/after', async () => 'in')
    const call = caller(app)
    for (const path of ['/before', '/after']) {
      expect((await call(path)).status).toBe(401)
      expect((await call(path, token)).status).toBe(200)
    }
  })

  it('covers the contexts that are registered after it', async () => {
    const app = fastify()
    app.register(countersign, { verifier })
    app.register(
      async (child) => void child.register(async (grandchild) => void grandchild.get('/deep', async () => 'in')),
    )
    expect((await caller(app)('/deep')).status).toBe(401)
  })

  it('gives no hook to a context that was registered before it, as no plugin does', async () => {
    const app = fastify()
    app.register(async (child) => void child.get('/earlier', async (request) => findAuth(request)?.subject ?? 'nobody'))
    app.register(countersign, { verifier })
    expect(await caller(app)('/earlier', token)).toMatchObject({ status: 200, body: 'nobody' })
  })

  it('does not reach out of the context that it is registered in', async () => {
    const app = fastify()
    app.register(async (child) => {
      child.register(countersign, { verifier })
      child.get('/inside', async () => 'in')
    })
    app.get('/outside', async () => 'in')
    const call = caller(app)
    expect((await call('/inside')).status).toBe(401)
    expect((await call('/outside')).status).toBe(200)
  })

  it('leaves a path without a route to be 404, whatever comes with it', async () => {
    const app = fastify()
    app.register(countersign, { verifier })
    app.register(async (child) => void child.setNotFoundHandler((_request, reply) => reply.code(404).send('child')), {
      prefix: '/child',
    })
    app.post('/post', async () => 'in')
    const call = caller(app)
    for (const path of ['/nowhere', '/child/nowhere', '/post', '//']) {
      expect(await call(path)).toMatchObject({ status: 404, challenge: undefined })
      expect((await call(path, 'bad')).status).toBe(404)
    }
  })

  it('judges before the body is read', async () => {
    const app = fastify()
    let parsed = false
    app.addContentTypeParser('text/plain', (_request, _body, done) => {
      parsed = true
      done(null)
    })
    app.register(countersign, { verifier })
    app.post('/', async () => 'in')
    const { statusCode } = await app.inject({
      method: 'POST',
      url: '/',
      payload: 'x',
      headers: { 'content-type': 'text/plain' },
    })
    expect([statusCode, parsed]).toEqual([401, false])
  })

  it('leaves a preflight to CORS that comes first', async () => {
    const app = fastify()
    app.addHook('onRequest', async (request, reply) =>
      request.method === 'OPTIONS' ? reply.code(204).send() : undefined,
    )
    app.register(countersign, { verifier })
    app.options('/', async () => 'in')
    app.get('/', async () => 'in')
    const call = caller(app)
    expect((await call('/', undefined, 'OPTIONS')).status).toBe(204)
    expect((await call('/')).status).toBe(401)
  })

  it('judges by route, not by path: no spelling of one gets past it', async () => {
    const routerOptions = {
      ignoreDuplicateSlashes: true,
      ignoreTrailingSlash: true,
      caseSensitive: false,
      useSemicolonDelimiter: true,
    }
    const app = fastify({ routerOptions })
    app.register(countersign, { verifier })
    app.register(async (child) => void child.get('/', async () => 'in'), { prefix: '/orders' })
    app.get('/orders/:id', async () => 'in')
    const call = caller(app)
    const paths = [
      '/orders',
      '/orders/',
      '/ORDERS/7',
      '//orders//7',
      '/orders/7;a=b',
      '/%6Frders/7',
      '/orders/..',
      '/./orders/7',
    ]
    const statuses = await Promise.all(paths.map(async (path) => (await call(path)).status))
    expect(statuses.filter((status) => status !== 401 && status !== 404)).toEqual([])
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401])
  })
})

describe('request.auth', () => {
  it('shows what getAuth gives', async () => {
    const app = fastify()
    app.register(countersign, { verifier, optional: true })
    app.get('/', async (request) => Reflect.get(request, 'auth') === findAuth(request))
    expect((await caller(app)('/', token)).body).toBe('true')
    expect((await caller(app)('/')).body).toBe('true')
  })

  it('is left to whoever has it already', async () => {
    const app = fastify()
    app.decorateRequest('auth', { getter: () => 'mine' as never })
    app.register(countersign, { verifier })
    app.get('/', async (request) => [Reflect.get(request, 'auth'), getAuth(request).subject])
    expect((await caller(app)('/', token)).body).toBe('["mine","user-1"]')
  })
})

describe('the options', () => {
  const register = async (wrong: object) => fastify().register(countersign, wrong as CountersignOptions)

  it("may hold Fastify's own", async () => {
    const app = fastify()
    await app.register(countersign, { ...options, prefix: '/v1', logLevel: 'warn', logSerializers: {} })
    app.get('/', async () => 'in')
    expect((await caller(app)('/')).status).toBe(401)
  })

  it.each([
    ['a misspelt name', { verifier, defualt: 'open' }, 'ERR_CONFIG_UNKNOWN', 'defualt'],
    ['a verifier and its options', { verifier, audience: 'a' }, 'ERR_CONFIG_UNKNOWN', 'audience'],
    ['a default that does not exist', { verifier, default: 'public' }, 'ERR_CONFIG_INVALID', '"protected", "open"'],
    ['a default of null', { verifier, default: null }, 'ERR_CONFIG_INVALID', 'default'],
    ['optional as text', { verifier, optional: 'yes' }, 'ERR_CONFIG_INVALID', 'optional'],
    ['something that is no verifier', { verifier: {} }, 'ERR_CONFIG_INVALID', 'createVerifier'],
    ['nothing', {}, 'ERR_CONFIG_MISSING', 'audience'],
  ])('may not be %s', async (_, wrong, reason, text) => {
    await expect(register(wrong)).rejects.toMatchObject({ reason, message: expect.stringContaining(text) })
    await expect(register(wrong)).rejects.toBeInstanceOf(ConfigurationError)
  })

  it('make undefined count as absent', async () => {
    const app = fastify()
    await app.register(countersign, { verifier, default: undefined, optional: undefined })
    app.get('/', async () => 'in')
    expect((await caller(app)('/')).status).toBe(401)
  })
})

describe('a verifier', () => {
  it('that the plugin made is closed with the application', async () => {
    const app = fastify()
    await app.register(countersign, options)
    const made = findRegistration(app)?.verifier
    await app.close()
    await expect(made?.verify(token)).rejects.toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE' })
  })

  it('that it was given is not', async () => {
    const app = fastify()
    await app.register(countersign, { verifier })
    await app.close()
    await expect(verifier.verify(token)).resolves.toMatchObject({ subject: 'user-1' })
  })
})
