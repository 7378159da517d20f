import express from 'express'
import { describe, expect, it } from 'vitest'
import { AuthorizationError } from '@countersign/core'
import type { AsyncGuard } from '@countersign/core'
import { withPrincipal } from '@countersign/core/testing'
import { allOf, anyOf, countersign, getAuth, requireAnyScope, requireScopes } from '@countersign/express'
import { issuer, serve, verifier } from './service.js'

const reader = await issuer.token({ scope: 'orders:read' })
const writer = await issuer.token({ scope: 'orders:read orders:write' })

/** Denies, allows or fails as the request says. */
const later: AsyncGuard = {
  async checkAsync(_principal, request) {
    const { query } = request as express.Request
    if (query['later'] === 'no') throw new AuthorizationError('ERR_ACCESS_DENIED')
    if (query['later'] === 'broken') throw new TypeError('the directory is down')
  },
}

describe('a guard', () => {
  const check = (...scopes: string[]) => requireScopes('orders:read', 'orders:write').check(principalWith(scopes))

  it('is a handler and a guard of core at once', () => {
    expect(requireScopes('a')).toBeTypeOf('function')
    expect(() => check('orders:read', 'orders:write')).not.toThrow()
    expect(() => check('orders:read')).toThrow(
      expect.objectContaining({ reason: 'ERR_SCOPE_INSUFFICIENT', status: 403 }),
    )
    expect(() => requireScopes('a').check(undefined)).toThrow(
      expect.objectContaining({ reason: 'ERR_CREDENTIALS_MISSING' }),
    )
  })

  it('composes with handlers and with guards of core', () => {
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
  const app = express().use(countersign(verifier))
  const both = [requireScopes('orders:read'), requireScopes('orders:write')]
  app.get('/all', both, (_req: express.Request, res: express.Response) => void res.send('in'))
  app.get('/later', allOf(requireScopes('orders:read'), later), (_req, res) => void res.send('in'))
  app
    .route('/route')
    .all(requireScopes('orders:write'))
    .get((_req, res) => void res.send('in'))
  app.param('id', (req, res, next) => requireScopes('orders:write')(req, res, next))
  app.get('/param/:id', (req, res) => void res.send(getAuth(req).subject))

  it('takes guards in a list, with route() and in param()', async () => {
    const call = await serve(app)
    for (const path of ['/all', '/route', '/param/7']) {
      expect((await call(path, writer)).status).toBe(200)
      expect(await call(path, reader)).toMatchObject({
        status: 403,
        challenge: expect.stringMatching(/scope="orders:write"$/),
      })
      expect((await call(path)).status).toBe(401)
    }
  })

  it('awaits a guard that is asynchronous, and hands it the request', async () => {
    const call = await serve(app)
    expect((await call('/later', reader)).status).toBe(200)
    expect(await call('/later?later=no', reader)).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('insufficient_scope'),
    })
    expect(await call('/later?later=broken', reader)).toMatchObject({ status: 500, challenge: null })
  })
})

function principalWith(scopes: readonly string[]) {
  return getAuth(withPrincipal({} as express.Request, { scopes }))
}
