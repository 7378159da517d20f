import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { countersign, findAuth } from '@countersign/fastify'
import type { CountersignOptions } from '@countersign/fastify'
import { caller, issuer, verifier } from './service.js'

const reader = await issuer.token({ scope: 'orders:read' })
const writer = await issuer.token({ scope: 'orders:read orders:write' })

/** Declares a route whose `config.auth` is this. */
function declare(app: FastifyInstance, url: string, auth: unknown) {
  const config = { auth } as { auth?: undefined }
  return app.get(url, { config }, async (request) => findAuth(request)?.subject ?? 'nobody')
}

async function createApp(more: Partial<CountersignOptions> = {}) {
  const app = fastify()
  await app.register(countersign, { verifier, ...more } as CountersignOptions)
  return app
}

describe('config.auth', () => {
  it.each([
    ['nothing', undefined, [401, 200, 200]],
    ['true', true, [401, 200, 200]],
    ['no demands', {}, [401, 200, 200]],
    ['undefined demands', { scopes: undefined, anyScope: undefined, optional: undefined }, [401, 200, 200]],
    ['false', false, [200, 200, 200]],
    ['scopes', { scopes: ['orders:read', 'orders:write'] }, [401, 403, 200]],
    ['anyScope', { anyScope: ['orders:write', 'orders:admin'] }, [401, 403, 200]],
    ['both', { scopes: ['orders:read'], anyScope: ['orders:write', 'orders:admin'] }, [401, 403, 200]],
    ['optional', { optional: true }, [200, 200, 200]],
    ['optional, with scopes', { optional: true, scopes: ['orders:write'] }, [401, 403, 200]],
    ['optional: false', { optional: false }, [401, 200, 200]],
  ])('of %s', async (_, auth, statuses) => {
    const app = await createApp()
    declare(app, '/', auth)
    const call = caller(app)
    expect([(await call('/')).status, (await call('/', reader)).status, (await call('/', writer)).status]).toEqual(
      statuses,
    )
  })

  it('that is false judges nothing, not even a bad token', async () => {
    const app = await createApp()
    declare(app, '/', false)
    expect(await caller(app)('/', 'bad')).toMatchObject({ status: 200, body: 'nobody' })
  })

  it('that is optional judges whatever comes', async () => {
    const app = await createApp()
    declare(app, '/', { optional: true })
    expect((await caller(app)('/', 'bad')).status).toBe(401)
  })

  it('holds for HEAD, and for a prefix with and without its slash', async () => {
    const app = await createApp()
    app.register(async (child) => void declare(child, '/', { scopes: ['orders:write'] }), { prefix: '/orders' })
    const call = caller(app)
    for (const path of ['/orders', '/orders/']) {
      expect((await call(path, reader, 'HEAD')).status).toBe(403)
      expect((await call(path, writer, 'HEAD')).status).toBe(200)
      expect((await call(path, reader)).status).toBe(403)
    }
  })

  it.each([
    ['an unknown name', { scope: ['a'] }, 'Did you mean "scopes"?'],
    ['scopes as text', { scopes: 'a' }, 'a list of scopes'],
    ['an empty list', { scopes: [] }, 'an empty list'],
    ['an empty list of alternatives', { anyScope: [] }, 'an empty list'],
    ['an empty scope', { scopes: [''] }, 'config.auth.scopes[0]'],
    ['two scopes in one', { scopes: ['a b'] }, 'an entry of its own'],
    ['a scope that is a number', { anyScope: [1] }, 'config.auth.anyScope[0]'],
    ['optional as text', { optional: 'true' }, 'config.auth.optional'],
    ['null', null, 'config.auth'],
    ['text', 'open', 'config.auth'],
    ['a number', 0, 'config.auth'],
    ['a list', ['a'], 'config.auth'],
  ])('may not be %s: the declaration throws', async (_, auth, text) => {
    const app = await createApp()
    expect(() => declare(app, '/', auth)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIGURATION', message: expect.stringContaining(text) }),
    )
  })

  it('that is wrong closes a route that was declared before the plugin', async () => {
    const app = fastify()
    declare(app, '/', { scope: ['orders:read'] })
    app.register(countersign, { verifier })
    expect(await caller(app)('/', writer)).toMatchObject({ status: 500, body: expect.not.stringContaining('scope') })
    expect((await caller(app)('/')).status).toBe(500)
  })

  it('that another plugin makes wrong later closes the route', async () => {
    const app = await createApp()
    app.addHook('onRoute', (route) => void Object.assign(route, { config: { auth: null } }))
    declare(app, '/', { scopes: ['orders:read'] })
    expect((await caller(app)('/', reader)).status).toBe(500)
  })

  it('that another plugin sets later holds', async () => {
    const app = await createApp()
    app.addHook('onRoute', (route) => void Object.assign(route, { config: { auth: { scopes: ['orders:write'] } } }))
    app.get('/', async () => 'in')
    expect((await caller(app)('/', reader)).status).toBe(403)
  })
})

describe("default: 'open'", () => {
  it('leaves routes that say nothing unjudged, and closes those that say something', async () => {
    const app = await createApp({ default: 'open' })
    declare(app, '/silent', undefined)
    declare(app, '/closed', true)
    declare(app, '/scoped', { scopes: ['orders:write'] })
    const call = caller(app)
    expect(await call('/silent', 'bad')).toMatchObject({ status: 200, body: 'nobody' })
    expect((await call('/closed')).status).toBe(401)
    expect((await call('/scoped', reader)).status).toBe(403)
  })
})

describe('optional: true', () => {
  it('lets requests pass that bring nothing, unless the route says otherwise', async () => {
    const app = await createApp({ optional: true })
    declare(app, '/silent', undefined)
    declare(app, '/scoped', { scopes: ['orders:write'] })
    declare(app, '/strict', { optional: false })
    const call = caller(app)
    expect((await call('/silent')).body).toBe('nobody')
    expect((await call('/silent', reader)).body).toBe('user-1')
    expect((await call('/silent', 'bad')).status).toBe(401)
    expect((await call('/scoped')).status).toBe(401)
    expect((await call('/strict')).status).toBe(401)
  })
})
