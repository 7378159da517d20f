import fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { describe, expect, it } from 'vitest'
import { countersign, findAuth, requireActor, requireAnyRole, requireRoles, requireThat } from '@countersign/fastify'
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

  const may = { scope: 'orders:read', roles: ['clerk', 'head clerk'], permissions: ['refund'] }
  const nowSeconds = () => Math.floor(issuer.clock.now() / 1_000)
  const mine = (answer: () => unknown) => requireThat(answer as () => boolean)

  it.each([
    ['roles', { roles: ['clerk', 'head clerk'] }, [401, 403, 200]],
    ['roles that nobody has', { roles: ['clerk', 'owner'] }, [401, 403, 403]],
    ['permissions', { permissions: ['refund'] }, [401, 403, 200]],
    ['permissions that are scopes', { permissions: ['orders:read'] }, [401, 403, 403]],
    ['all of them', { scopes: ['orders:read'], roles: ['clerk'], permissions: ['refund'] }, [401, 403, 200]],
    ['a class of authentication', { acr: 'gold' }, [401, 401, 200]],
    ['classes of authentication', { acr: ['silver', 'gold'] }, [401, 401, 200]],
    ['another class', { acr: ['silver'] }, [401, 401, 401]],
    ['an age of authentication', { maxAgeSeconds: 300 }, [401, 401, 200]],
    ['a smaller age', { maxAgeSeconds: 30 }, [401, 401, 401]],
    ['class and age', { acr: 'gold', maxAgeSeconds: 300 }, [401, 401, 200]],
    ['class and scopes', { acr: 'gold', scopes: ['orders:write'] }, [401, 403, 403]],
    ['a guard', { guard: requireAnyRole('owner', 'clerk') }, [401, 403, 200]],
    ['a guard of core', { guard: requireActor('robot') }, [401, 403, 403]],
    ['a guard that is awaited', { guard: mine(() => Promise.resolve(true)) }, [401, 200, 200]],
    ['a guard that is awaited, and not true', { guard: mine(() => Promise.resolve(1)) }, [401, 403, 403]],
    ['a guard that fails', { guard: mine(() => Promise.reject(new Error('down'))) }, [401, 500, 500]],
    ['a guard beside others', { roles: ['clerk'], guard: mine(() => true) }, [401, 403, 200]],
    ['others beside a guard', { roles: ['clerk'], guard: mine(() => false) }, [401, 403, 403]],
  ])('of %s', async (_, auth, statuses) => {
    const app = await createApp()
    declare(app, '/', auth)
    const call = caller(app)
    const strong = await issuer.token({ ...may, acr: 'gold', auth_time: nowSeconds() - 100 })
    expect([(await call('/')).status, (await call('/', reader)).status, (await call('/', strong)).status]).toEqual(
      statuses,
    )
  })

  it('puts its class and age into the challenge, and its scopes', async () => {
    const app = await createApp()
    declare(app, '/step', { acr: ['gold', 'silver'], maxAgeSeconds: 300 })
    declare(app, '/scope', { acr: 'gold', scopes: ['a', 'b'] })
    const call = caller(app)
    expect((await call('/step', reader)).challenge).toMatch(
      /error="insufficient_user_authentication".*acr_values="gold silver", max_age="300"$/,
    )
    expect((await call('/scope', reader)).challenge).toMatch(/error="insufficient_scope".*, scope="a b"$/)
  })

  it('hands the request to a guard that is awaited', async () => {
    const app = await createApp()
    const guard = requireThat((principal, request: FastifyRequest) => {
      const { id } = request.params as { readonly id: string }
      return principal.subject === id
    })
    app.get('/users/:id', { config: { auth: { guard } } as object }, async () => 'in')
    const call = caller(app)
    expect((await call('/users/user-1', reader)).status).toBe(200)
    expect((await call('/users/user-2', reader)).status).toBe(403)
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
    ['roles as text', { roles: 'a' }, 'a list of roles'],
    ['an empty role', { roles: [''] }, 'config.auth.roles[0]'],
    ['no permission', { permissions: [] }, 'an empty list'],
    ['a near miss', { permision: ['a'] }, 'Did you mean "permissions"?'],
    ['a near miss of an age', { maxAgeSecond: 1 }, 'Did you mean "maxAgeSeconds"?'],
    ['a class with a space', { acr: 'gold silver' }, 'an entry of its own'],
    ['no class', { acr: [] }, 'config.auth.acr'],
    ['an age that is negative', { maxAgeSeconds: -1 }, 'config.auth.maxAgeSeconds'],
    ['an age with a fraction', { maxAgeSeconds: 0.5 }, 'config.auth.maxAgeSeconds'],
    ['an age as text', { maxAgeSeconds: '300' }, 'config.auth.maxAgeSeconds'],
    ['a factory in place of its guard', { guard: requireRoles }, 'Call its factory'],
    ['a list of guards', { guard: [requireRoles('a')] }, 'config.auth.guard'],
    ['a function', { guard: () => true }, 'config.auth.guard'],
    ['no guard', { guard: null }, 'config.auth.guard'],
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
