import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createVerifier } from '../../src/create-verifier.js'
import { AuthorizationError, CountersignError, InternalError } from '../../src/errors.js'
import { allOf } from '../../src/guards/compose.js'
import type { Guard } from '../../src/guards/guard.js'
import { requireScopes } from '../../src/guards/scopes.js'
import { requireThat } from '../../src/guards/that.js'
import {
  authenticateRequest,
  checkGuard,
  findPrincipal,
  getPrincipal,
  toErrorReply,
  toVerifier,
} from '../../src/http/attachment.js'
import type { Verifier } from '../../src/verifier.js'
import type { IncomingRequest } from '../../src/auth-request.js'
import { claims, toOptions, toSigned } from '../parts.js'
import { errorOf, errorOfAsync, reasonOf, reasonOfAsync } from '../refusals.js'

const verifier = createVerifier(toOptions())
const good = toSigned(claims({ scope: 'orders:read' }))

const BARE = 'Bearer realm="api"'
const INVALID = `${BARE}, error="invalid_token", error_description="The access token is invalid or expired"`

const createRealm = (realm: string): Verifier => createVerifier(toOptions({}, { realm }))

function toRaw(authorization?: string, more: Readonly<Record<string, string>> = {}): IncomingRequest {
  return { method: 'GET', url: '/', headers: { ...(authorization === undefined ? {} : { authorization }), ...more } }
}

describe('authenticateRequest', () => {
  it('remembers the principal for guards and getAuth', async () => {
    const raw = toRaw(`Bearer ${good}`)
    const principal = await authenticateRequest(verifier, raw)
    expect(principal?.subject).toBe('user-1')
    expect(findPrincipal(raw)).toBe(principal)
    expect(getPrincipal(raw)).toBe(principal)
    expect(getPrincipal(raw, verifier)).toBe(principal)
  })

  it('throws a fresh error with the headers of the answer', async () => {
    const first = await errorOfAsync(() => authenticateRequest(verifier, toRaw()))
    const second = await errorOfAsync(() => authenticateRequest(verifier, toRaw()))
    expect(first).not.toBe(second)
    expect(first.headers).toEqual({ 'WWW-Authenticate': BARE, 'Cache-Control': 'no-store' })
    const refused = await errorOfAsync(() => authenticateRequest(verifier, toRaw('Bearer a.b.c')))
    expect(refused).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': INVALID } })
  })

  it('lets a request without credentials pass where that is optional, and judges any other', async () => {
    const optional = { optional: true }
    const raw = toRaw()
    expect(await authenticateRequest(verifier, raw, optional)).toBeUndefined()
    expect(findPrincipal(raw)).toBeUndefined()
    for (const [request, reason] of [
      [toRaw('Bearer a.b.c'), 'ERR_TOKEN_MALFORMED'],
      [toRaw(''), 'ERR_CREDENTIALS_MALFORMED'],
      [toRaw('Basic eA=='), 'ERR_CREDENTIALS_SCHEME'],
      [toRaw(undefined, { dpop: 'a.b.c' }), 'ERR_CREDENTIALS_MISSING'],
    ] as const) {
      expect(await reasonOfAsync(() => authenticateRequest(verifier, request, optional))).toBe(reason)
    }
    expect(await reasonOfAsync(() => authenticateRequest(verifier, toRaw(), { optional: false }))).toBe(
      'ERR_CREDENTIALS_MISSING',
    )
  })

  it('forgets an earlier verdict before it judges again, whatever the outcome', async () => {
    const raw = toRaw(`Bearer ${good}`) as { headers: Record<string, string> } & IncomingRequest
    await authenticateRequest(verifier, raw)
    const strict = createVerifier(toOptions({}, { audience: 'https://other.example' }))
    const judging = reasonOfAsync(() => authenticateRequest(strict, raw))
    expect(findPrincipal(raw)).toBeUndefined()
    expect(await judging).toBe('ERR_TOKEN_AUDIENCE')
    expect(findPrincipal(raw)).toBeUndefined()
    await authenticateRequest(verifier, raw)
    delete raw.headers['authorization']
    expect(await authenticateRequest(verifier, raw, { optional: true })).toBeUndefined()
    expect(findPrincipal(raw)).toBeUndefined()
  })

  it('does not believe what others write on the request', async () => {
    const raw = Object.assign(toRaw(), { auth: { scopes: ['orders:read'] }, user: { sub: 'x' } })
    await authenticateRequest(verifier, raw, { optional: true })
    expect(findPrincipal(raw)).toBeUndefined()
    expect(reasonOf(() => checkGuard(raw, requireScopes('orders:read'), raw))).toBe('ERR_CREDENTIALS_MISSING')
  })

  it('turns a request that cannot be read into 500, never into an answer', async () => {
    expect(await errorOfAsync(() => authenticateRequest(verifier, {} as never))).toMatchObject({
      reason: 'ERR_UNEXPECTED',
      status: 500,
    })
  })
})

describe('checkGuard', () => {
  const signIn = async (): Promise<IncomingRequest> => {
    const raw = toRaw(`Bearer ${good}`)
    await authenticateRequest(verifier, raw)
    return raw
  }

  it('allows, and denies with the challenge on the error', async () => {
    const raw = await signIn()
    expect(checkGuard(raw, requireScopes('orders:read'), raw)).toBeUndefined()
    const error = errorOf(() => checkGuard(raw, requireScopes('orders:write'), raw))
    expect(error.status).toBe(403)
    expect(error.headers).toEqual({
      'WWW-Authenticate': `${BARE}, error="insufficient_scope", error_description="The request requires higher privileges than the access token provides", scope="orders:write"`,
      'Cache-Control': 'no-store',
    })
  })

  it('is 500 where no middleware ran, and 401 where nobody is signed in', async () => {
    expect(errorOf(() => checkGuard(toRaw(), requireScopes('a'), undefined))).toMatchObject({
      reason: 'ERR_NOT_AUTHENTICATED',
      status: 500,
      headers: { 'Cache-Control': 'no-store' },
    })
    const raw = toRaw()
    await authenticateRequest(verifier, raw, { optional: true })
    const error = errorOf(() => checkGuard(raw, requireScopes('a'), raw))
    expect(error.headers).toEqual({ 'WWW-Authenticate': BARE, 'Cache-Control': 'no-store' })
  })

  it('awaits an asynchronous guard and hands it the request', async () => {
    const raw = await signIn()
    const seen: unknown[] = []
    const guard = requireThat((_, request) => seen.push(request) > 0)
    const pending = checkGuard(raw, guard, 'the request')
    expect(pending).toBeInstanceOf(Promise)
    await pending
    expect(seen).toEqual(['the request'])
    const denied = await errorOfAsync(async () =>
      checkGuard(
        raw,
        requireThat(() => false),
        raw,
      ),
    )
    expect(denied.headers['WWW-Authenticate']).toContain('insufficient_scope')
    const composed = allOf(
      requireScopes('orders:read'),
      requireThat(() => Promise.reject(new TypeError('x'))),
    )
    expect(await errorOfAsync(async () => checkGuard(raw, composed, raw))).toMatchObject({
      reason: 'ERR_GUARD_FAILED',
      status: 500,
    })
  })

  it.each([false, true, 0, null, Promise.resolve(), {}])('is closed where a guard answers %o', async (answer) => {
    const raw = await signIn()
    const guard: Guard = { check: () => answer }
    expect(errorOf(() => checkGuard(raw, guard, raw))).toMatchObject({ reason: 'ERR_GUARD_FAILED', status: 500 })
  })

  it('is closed where a guard throws anything at all', async () => {
    const raw = await signIn()
    for (const thrown of [new TypeError('secret'), 'secret', undefined, null, { status: 200 }]) {
      const guard: Guard = {
        check() {
          // oxlint-disable-next-line typescript/only-throw-error -- what an application throws is its own affair
          throw thrown
        },
      }
      const error = errorOf(() => checkGuard(raw, guard, raw))
      expect(error).toMatchObject({ reason: 'ERR_UNEXPECTED', status: 500 })
      expect(error.message).not.toContain('secret')
      const later = { checkAsync: () => guard.check(undefined) as never }
      expect(await errorOfAsync(async () => checkGuard(raw, later, raw))).toMatchObject({ status: 500 })
    }
  })

  it('is closed for something that is no guard', async () => {
    const raw = await signIn()
    for (const guard of [{}, { check: true }, { checkAsync: 'x' }, () => undefined]) {
      expect(await errorOfAsync(async () => checkGuard(raw, guard as never, raw))).toMatchObject({ status: 500 })
    }
  })
})

describe('what whoever forgot the middleware is told', () => {
  it('is what ran without it, and where to put it', async () => {
    const advice = 'Put the middleware before this route.'
    expect(errorOf(() => checkGuard(toRaw(), requireScopes('a'), undefined)).message).toBe(
      `A guard ran on a request that no countersign middleware has judged. ${advice}`,
    )
    expect(errorOf(() => getPrincipal(toRaw())).message).toBe(
      `getAuth was called on a request that nobody is signed in to. ${advice}`,
    )
    const raw = toRaw(`Bearer ${good}`)
    await authenticateRequest(verifier, raw)
    expect(errorOf(() => getPrincipal(raw, createVerifier(toOptions()))).message).toBe(
      `getAuth was called with another verifier than the one that judged this request. ${advice}`,
    )
  })
})

describe('getPrincipal and findPrincipal', () => {
  it('tell a route that nobody is signed in to from one that somebody is', async () => {
    const raw = toRaw()
    expect(findPrincipal(raw)).toBeUndefined()
    expect(errorOf(() => getPrincipal(raw))).toMatchObject({ reason: 'ERR_NOT_AUTHENTICATED', status: 500 })
    await authenticateRequest(verifier, raw, { optional: true })
    expect(errorOf(() => getPrincipal(raw))).toMatchObject({ reason: 'ERR_NOT_AUTHENTICATED', status: 500 })
  })

  it('give the claims of a verifier only where that very one judged', async () => {
    const typed = createVerifier({ ...toOptions(), claims: z.object({ sub: z.string() }) })
    const raw = toRaw(`Bearer ${good}`)
    await authenticateRequest(typed, raw)
    expect(getPrincipal(raw, typed).claims).toEqual({ sub: 'user-1' })
    expect(reasonOf(() => getPrincipal(raw, verifier))).toBe('ERR_NOT_AUTHENTICATED')
    expect(findPrincipal(raw, typed)).toBe(getPrincipal(raw))
    expect(findPrincipal(raw, verifier)).toBeUndefined()
    expect(findPrincipal(toRaw(), verifier)).toBeUndefined()
  })

  it('find nobody on what is no request, without throwing', () => {
    for (const raw of [undefined, null, 'request', 1, Symbol('request'), () => {}, Object.freeze({})]) {
      expect(findPrincipal(raw as never)).toBeUndefined()
      expect(reasonOf(() => getPrincipal(raw as never))).toBe('ERR_NOT_AUTHENTICATED')
      expect(reasonOf(() => checkGuard(raw as never, requireScopes('a'), raw))).toBe('ERR_NOT_AUTHENTICATED')
    }
  })

  it('give nothing of a verdict that another verifier has overtaken', async () => {
    let answer = (_revoked: boolean): void => {}
    const asking = { isRevoked: () => new Promise<boolean>((resolve) => (answer = resolve)) }
    const slow = createVerifier(toOptions({}, { revocationStore: asking }))
    const strict = createVerifier(toOptions({}, { audience: 'https://other.example' }))
    const raw = toRaw(`Bearer ${good}`)
    const judged = authenticateRequest(slow, raw)
    expect(await reasonOfAsync(async () => authenticateRequest(strict, raw))).toBe('ERR_TOKEN_AUDIENCE')
    answer(false)
    expect((await judged)?.subject).toBe('user-1')
    expect([findPrincipal(raw), findPrincipal(raw, slow), findPrincipal(raw, strict)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(reasonOf(() => checkGuard(raw, requireScopes('orders:read'), raw))).toBe('ERR_CREDENTIALS_MISSING')
  })
})

describe('toErrorReply', () => {
  it('says in JSON what the challenge says, and nothing else', async () => {
    const reply = async (raw: IncomingRequest): Promise<unknown> => {
      const error = await errorOfAsync(() => authenticateRequest(verifier, raw))
      return toErrorReply(error)
    }
    expect(await reply(toRaw())).toEqual({
      status: 401,
      headers: { 'WWW-Authenticate': BARE, 'Cache-Control': 'no-store' },
      body: { error: 'unauthorized', error_description: 'Authentication is required' },
    })
    expect(await reply(toRaw('Bearer a.b.c'))).toEqual({
      status: 401,
      headers: { 'WWW-Authenticate': INVALID, 'Cache-Control': 'no-store' },
      body: { error: 'invalid_token', error_description: 'The access token is invalid or expired' },
    })
  })

  it('keeps the message of an internal error to itself', () => {
    const error = new InternalError('ERR_NOT_AUTHENTICATED', { message: 'secret' })
    expect(toErrorReply(error)).toMatchObject({
      status: 500,
      body: { error: 'server_error', error_description: 'The request could not be processed' },
    })
  })

  it('gives an error that met no adapter the challenge of the verifier that judged the request', async () => {
    const raw = toRaw(`Bearer ${good}`)
    await authenticateRequest(verifier, raw)
    const thrown = new AuthorizationError('ERR_ACCESS_DENIED')
    expect(toErrorReply(thrown, raw)?.headers['WWW-Authenticate']).toContain(
      'Bearer realm="api", error="insufficient_scope"',
    )
    expect(thrown.headers).toEqual({})
  })

  it('leaves the answer of the verifier that refused as it is, whoever judged the request later', async () => {
    const raw = toRaw('Bearer a.b.c')
    const error = await errorOfAsync(() => createRealm('inner').authenticate(raw))
    const first = await errorOfAsync(async () => authenticateRequest(createRealm('first'), raw))
    await reasonOfAsync(async () => authenticateRequest(createRealm('second'), raw))
    expect(toErrorReply(first, raw)?.headers['WWW-Authenticate']).toContain('realm="first"')
    expect(toErrorReply(error, raw)?.headers['WWW-Authenticate']).toContain('realm="second"')
  })

  it('answers an error of a request that nobody is signed in to, or that nobody has judged', async () => {
    const raw = toRaw()
    await authenticateRequest(verifier, raw, { optional: true })
    const error = new AuthorizationError('ERR_ACCESS_DENIED')
    expect(toErrorReply(error, raw)).toMatchObject({ status: 403, headers: { 'Cache-Control': 'no-store' } })
    for (const other of [undefined, toRaw()])
      expect(toErrorReply(error, other)).toMatchObject({ status: 403, headers: {} })
  })

  it('leaves errors of others alone', () => {
    for (const error of [new TypeError('x'), 'x', undefined, null, { status: 401 }])
      expect(toErrorReply(error)).toBeUndefined()
  })
})

describe('toVerifier', () => {
  it('takes a verifier as it is, and makes one of options', () => {
    expect(toVerifier(verifier)).toBe(verifier)
    expect(typeof toVerifier(toOptions()).authenticate).toBe('function')
  })

  it.each([undefined, null, 'https://login.example', {}, 1, []])('refuses %o as what it is: no options', (source) => {
    expect(() => toVerifier(source as never)).toThrow(CountersignError)
  })
})
