import type { IncomingMessage } from 'node:http'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { AuthorizationError } from '@countersign/core'
import type { AsyncGuard } from '@countersign/core'
import { withPrincipal } from '@countersign/core/testing'
import { allOf, anyOf, countersign, getAuth, requireAnyScope, requireScopes } from '@countersign/koa'
import { issuer, serve, verifier } from './service.js'

const reader = await issuer.token({ scope: 'orders:read' })
const writer = await issuer.token({ scope: 'orders:read orders:write' })

/** Denies, allows or fails as the request says. */
const later: AsyncGuard = {
  async checkAsync(_principal, request) {
    const { query } = request as Koa.Context
    if (query['later'] === 'no') throw new AuthorizationError('ERR_ACCESS_DENIED')
    if (query['later'] === 'broken') throw new TypeError('the directory is down')
  },
}

describe('a guard', () => {
  const check = (...scopes: string[]) => requireScopes('orders:read', 'orders:write').check(principalWith(scopes))

  it('is a middleware and a guard of core at once', () => {
    expect(requireScopes('a')).toBeTypeOf('function')
    expect(() => check('orders:read', 'orders:write')).not.toThrow()
    expect(() => check('orders:read')).toThrow(
      expect.objectContaining({ reason: 'ERR_SCOPE_INSUFFICIENT', status: 403 }),
    )
    expect(() => requireScopes('a').check(undefined)).toThrow(
      expect.objectContaining({ reason: 'ERR_CREDENTIALS_MISSING' }),
    )
  })

  it('composes with middlewares and with guards of core', () => {
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
})

describe('a route', () => {
  const app = new Koa().use(countersign(verifier))
  app.silent = true
  app.use(requireScopes('orders:read')).use(allOf(requireAnyScope('orders:write', 'orders:admin'), later))
  app.use((ctx) => void (ctx.body = 'in'))

  it('takes guards one after the other', async () => {
    const call = await serve(app.callback())
    expect((await call('/', writer)).status).toBe(200)
    expect(await call('/', reader)).toMatchObject({
      status: 403,
      challenge: expect.stringMatching(/scope="orders:write orders:admin"$/),
    })
    expect((await call('/')).status).toBe(401)
  })

  it('awaits a guard that is asynchronous, and hands it the context', async () => {
    const call = await serve(app.callback())
    expect(await call('/?later=no', writer)).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('insufficient_scope'),
    })
    expect(await call('/?later=broken', writer)).toMatchObject({ status: 500, challenge: null })
  })
})

function principalWith(scopes: readonly string[]) {
  return getAuth({ req: withPrincipal({} as IncomingMessage, { scopes }) })
}
