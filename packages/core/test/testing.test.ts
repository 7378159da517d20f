import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { createVerifier } from '../src/create-verifier.js'
import { requireActor } from '../src/guards/actor.js'
import { requireClaim } from '../src/guards/claim.js'
import { requireScopes } from '../src/guards/scopes.js'
import { checkGuard, findPrincipal, getPrincipal } from '../src/http/attachment.js'
import { Principal } from '../src/principal.js'
import { withPrincipal } from '../src/testing.js'
import { errorOf, reasonOf } from './refusals.js'
import { toOptions } from './parts.js'

const createRaw = (): IncomingMessage => new IncomingMessage(new Socket())

describe('withPrincipal', () => {
  it('signs an ordinary user in, who may do nothing', () => {
    const req = withPrincipal(createRaw())
    const principal = getPrincipal(req)
    expect(principal).toBeInstanceOf(Principal)
    expect(principal).toMatchObject({ issuer: 'https://login.example', subject: 'user-1', clientId: 'client-1' })
    expect([principal.scopes, principal.roles, principal.permissions, principal.groups]).toEqual([[], [], [], []])
    expect(principal.expiresAtSeconds).toBeGreaterThan(Date.now() / 1_000 + 200)
    expect(reasonOf(() => checkGuard(req, requireScopes('orders:read'), req))).toBe('ERR_SCOPE_INSUFFICIENT')
  })

  it('gives the request back, and shows the principal where the middleware does', () => {
    const req = createRaw()
    expect(withPrincipal(req, { subject: 'me' })).toBe(req)
    expect((req as { auth?: unknown }).auth).toBe(findPrincipal(req))
  })

  it('lets guards and getAuth see what a test says', () => {
    const req = withPrincipal(createRaw(), { scopes: ['orders:read'], subject: 'me' })
    expect(reasonOf(() => checkGuard(req, requireScopes('orders:read'), req))).toBe('accepted')
    expect(getPrincipal(req).subject).toBe('me')
  })

  it("takes Fastify's request, its raw, Koa's ctx and its req", () => {
    const [raw, req] = [createRaw(), createRaw()]
    const request = { raw, headers: {}, body: undefined }
    withPrincipal(request, { subject: 'fastify' })
    expect(getPrincipal(raw).subject).toBe('fastify')
    expect((request as { auth?: unknown }).auth).toBe(findPrincipal(raw))
    const ctx = { req, request: { req }, state: {} as { auth?: unknown }, headers: {} }
    withPrincipal(ctx, { subject: 'koa' })
    expect(getPrincipal(req).subject).toBe('koa')
    expect(ctx.state.auth).toBe(findPrincipal(req))
    expect(ctx).not.toHaveProperty('auth')
    withPrincipal(raw, { subject: 'again' })
    expect(getPrincipal(raw).subject).toBe('again')
  })

  it('takes a plain object that stands in for a request', () => {
    const req = withPrincipal({ headers: {}, state: { of: 'the test' } })
    expect(findPrincipal(req)).toBeInstanceOf(Principal)
    expect(req).toHaveProperty('auth')
  })

  it('does not mind a request that lets nobody write auth', () => {
    const frozen = Object.freeze({ headers: {} })
    withPrincipal(frozen)
    expect(findPrincipal(frozen)).toBeInstanceOf(Principal)
  })

  it('makes the payload up from what it is told, so that guards of claims see it', () => {
    const actor = { issuer: undefined, subject: 'service-1', clientId: undefined }
    const req = withPrincipal(createRaw(), {
      scopes: ['a', 'b'],
      roles: ['r'],
      actor,
      claims: { department: 'sales' } as never,
    })
    const principal = getPrincipal(req)
    expect(principal.payload).toMatchObject({
      iss: 'https://login.example',
      sub: 'user-1',
      aud: ['https://api.example.com'],
      scope: 'a b',
      roles: ['r'],
      department: 'sales',
      act: { sub: 'service-1' },
    })
    expect(principal.payload).not.toHaveProperty('groups')
    expect(principal.claims).toEqual({ department: 'sales' })
    expect(reasonOf(() => requireClaim(['department'], 'sales').check(principal))).toBe('accepted')
    expect(reasonOf(() => requireActor('service-1').check(principal))).toBe('accepted')
  })

  it('takes a payload as it is, and shows it as claims', () => {
    const payload = { sub: 'x', realm_access: { roles: ['admin'] } }
    const principal = getPrincipal(withPrincipal(createRaw(), { payload }))
    expect(principal.payload).toEqual(payload)
    expect(principal.claims).toEqual(payload)
  })

  it('freezes as production does, and nothing that belongs to the test', () => {
    const scopes = ['a']
    const payload = { sub: 'x' }
    const principal = getPrincipal(withPrincipal(createRaw(), { scopes, payload }))
    for (const value of [principal.scopes, principal.payload, principal.claims, principal.roles]) {
      expect(Object.isFrozen(value)).toBe(true)
    }
    scopes.push('b')
    payload.sub = 'y'
    expect([principal.scopes, principal.payload]).toEqual([['a'], { sub: 'x' }])
  })

  it('counts undefined as left out', () => {
    const principal = getPrincipal(
      withPrincipal(createRaw(), { scopes: undefined, subject: undefined, token: undefined }),
    )
    expect([principal.subject, principal.scopes]).toEqual(['user-1', []])
    expect(principal.token).toMatch(/./)
  })

  it('refuses a member that no principal has, with the nearest that one has', () => {
    const error = errorOf(() => withPrincipal({}, { scope: 'orders:read' } as never))
    expect(error.message).toBe('Option "withPrincipal.scope" is unknown. Did you mean "scopes"?')
    expect(() => withPrincipal({}, { sub: 'x' } as never)).toThrow(/unknown/)
  })

  it.each(['audience', 'scopes', 'roles', 'permissions', 'groups', 'amr', 'actorHistory'])(
    'refuses %s that is no list',
    (name) => {
      for (const value of ['orders:read', {}, 1, null]) {
        expect(() => withPrincipal({}, { [name]: value })).toThrow(`Option "withPrincipal.${name}": got`)
      }
      if (name !== 'actorHistory') expect(() => withPrincipal({}, { [name]: ['a', 1] })).toThrow('wants a list')
    },
  )

  it('stands for one verifier where that is given, with its type of claims', () => {
    const verifier = createVerifier({ ...toOptions(), claims: z.object({ department: z.string() }) })
    const req = withPrincipal(createRaw(), { claims: { department: 'sales' } }, verifier)
    const principal = getPrincipal(req, verifier)
    expectTypeOf(principal.claims).toEqualTypeOf<{ department: string }>()
    expect(principal.claims.department).toBe('sales')
    const other = createVerifier(toOptions())
    expect(reasonOf(() => getPrincipal(req, other))).toBe('ERR_NOT_AUTHENTICATED')
    expect(reasonOf(() => getPrincipal(withPrincipal(createRaw()), verifier))).toBe('ERR_NOT_AUTHENTICATED')
  })

  it('words the refusals of guards as a verifier with default options does', () => {
    const req = withPrincipal(createRaw())
    expect(errorOf(() => checkGuard(req, requireScopes('a'), req)).headers).toEqual({
      'WWW-Authenticate':
        'Bearer realm="api", error="insufficient_scope", error_description="The request requires higher privileges than the access token provides", scope="a"',
      'Cache-Control': 'no-store',
    })
  })
})
