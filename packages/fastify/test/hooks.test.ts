import fastify from 'fastify'
import type { FastifyRequest } from 'fastify'
import { describe, expect, it } from 'vitest'
import { AuthorizationError, createVerifier } from '@countersign/core'
import type { AsyncGuard } from '@countersign/core'
import { withPrincipal } from '@countersign/core/testing'
import {
  allOf,
  anyOf,
  authenticate,
  countersign,
  findAuth,
  getAuth,
  requireAnyScope,
  requireScopes,
} from '@countersign/fastify'
import { toThrow } from '../src/refuse.js'
import { caller, issuer, options, verifier } from './service.js'

const reader = await issuer.token({ scope: 'orders:read' })
const writer = await issuer.token({ scope: 'orders:read orders:write' })

/** Denies, allows or fails as the request says. */
const later: AsyncGuard = {
  async checkAsync(_principal, request) {
    const { later: says } = (request as FastifyRequest).query as { later?: string }
    if (says === 'no') throw new AuthorizationError('ERR_ACCESS_DENIED')
    if (says === 'broken') throw new TypeError('the directory is down')
  },
}

describe('authenticate', () => {
  it('demands a principal on a route that the plugin leaves open or lets pass', async () => {
    const app = fastify()
    app.register(countersign, { verifier, default: 'open', optional: true })
    app.get(
      '/',
      { onRequest: [authenticate, requireScopes('orders:write')] },
      async (request) => getAuth(request).subject,
    )
    const call = caller(app)
    expect((await call('/')).status).toBe(401)
    expect((await call('/', reader)).status).toBe(403)
    expect((await call('/', writer)).body).toBe('user-1')
  })

  it('is a mistake of the programmer where the plugin is not registered', async () => {
    const app = fastify()
    app.register(async (child) => void child.register(countersign, { verifier }))
    app.get('/', { onRequest: authenticate }, async () => 'in')
    expect(await caller(app)('/', writer)).toMatchObject({
      status: 500,
      challenge: undefined,
      body: expect.stringContaining('Register the plugin'),
    })
  })
})

describe('a guard', () => {
  it('is a hook and a guard of core at once', () => {
    const check = (...scopes: string[]) => requireScopes('orders:read').check(principalWith(scopes))
    expect(requireScopes('a')).toBeTypeOf('function')
    expect(() => check('orders:read')).not.toThrow()
    expect(() => check('orders')).toThrow(expect.objectContaining({ reason: 'ERR_SCOPE_INSUFFICIENT', status: 403 }))
    expect(() => requireScopes('a').check(undefined)).toThrow(
      expect.objectContaining({ reason: 'ERR_CREDENTIALS_MISSING' }),
    )
  })

  it('composes with hooks and with guards of core', () => {
    const either = anyOf(requireScopes('root'), allOf(requireAnyScope('a', 'b'), requireScopes('c')))
    expect(() => either.check(principalWith(['b', 'c']))).not.toThrow()
    expect(() => either.check(principalWith(['b']))).toThrow(AuthorizationError)
  })

  it('that needs awaiting has no check', () => {
    expect(allOf(requireScopes('a'), later)).not.toHaveProperty('check')
    expect(anyOf(later)).not.toHaveProperty('check')
    expect(anyOf(later)).toHaveProperty('checkAsync')
  })

  it('of nothing is refused where it is built', () => {
    expect(() => requireScopes()).toThrow(TypeError)
    expect(() => requireAnyScope()).toThrow(TypeError)
    expect(() => requireScopes('a b')).toThrow(TypeError)
    expect(() => (allOf as () => unknown)()).toThrow(TypeError)
  })

  it('holds as any hook before the handler, awaited where it is asynchronous', async () => {
    const app = fastify()
    app.register(countersign, { verifier })
    const guard = allOf(requireScopes('orders:write'), later)
    app.get('/early', { onRequest: guard }, async () => 'in')
    app.get('/late', { preHandler: [guard] }, async () => 'in')
    const call = caller(app)
    for (const path of ['/early', '/late']) {
      expect((await call(path, writer)).status).toBe(200)
      expect(await call(path, reader)).toMatchObject({
        status: 403,
        challenge: expect.stringMatching(/scope="orders:write"$/),
      })
      expect(await call(`${path}?later=no`, writer)).toMatchObject({ status: 403 })
      expect(await call(`${path}?later=broken`, writer)).toMatchObject({ status: 500, challenge: undefined })
    }
  })

  it('holds for a whole context', async () => {
    const app = fastify()
    app.register(countersign, { verifier })
    app.addHook('onRequest', requireScopes('orders:write'))
    app.get('/', async () => 'in')
    expect((await caller(app)('/', reader)).status).toBe(403)
    expect((await caller(app)('/', writer)).status).toBe(200)
  })
})

describe('getAuth and findAuth', () => {
  const request = () => ({ raw: {} }) as FastifyRequest

  it('find nobody where nothing authenticated', () => {
    expect(() => getAuth(request())).toThrow(expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED', status: 500 }))
    expect(findAuth(request())).toBeUndefined()
  })

  it('give the principal, for the verifier that judged and for no other', () => {
    const signedIn = withPrincipal(request(), { subject: 'ada' }, verifier)
    expect(findAuth(signedIn)?.subject).toBe('ada')
    expect(getAuth(signedIn, verifier).subject).toBe('ada')
    expect(() => getAuth(signedIn, createVerifier(options))).toThrow(
      expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED' }),
    )
  })
})

describe('what is thrown', () => {
  it.each([[undefined], [null], ['text']])('is an error in place of %o', (thrown) => {
    expect(toThrow(thrown, {} as never)).toMatchObject({ reason: 'ERR_UNEXPECTED', status: 500 })
  })
})

function principalWith(scopes: readonly string[]) {
  return getAuth(withPrincipal({ raw: {} } as FastifyRequest, { scopes }))
}
