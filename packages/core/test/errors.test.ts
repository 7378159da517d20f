import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import * as errors from '../src/errors.js'
import { CODES, REASONS } from '../src/error-table.js'
import type { Reason } from '../src/error-table.js'

const { AuthenticationError, AuthorizationError, ConfigurationError, CountersignError, InternalError, UpstreamError } =
  errors

/** The module a second time, as another installed copy of the package would be. */
// @ts-expect-error a specifier with a query has no types: it is the same module, instantiated once more
const copy = (await import('../src/errors.js?copy')) as typeof errors

const KINDS = {
  AuthenticationError: () => new AuthenticationError('ERR_TOKEN_EXPIRED'),
  AuthorizationError: () => new AuthorizationError('ERR_SCOPE_INSUFFICIENT'),
  UpstreamError: () => new UpstreamError('ERR_KEYS_UNAVAILABLE'),
  InternalError: () => new InternalError('ERR_UNEXPECTED'),
  ConfigurationError: () => new ConfigurationError('ERR_CONFIG_INVALID', 'Option "realm": …'),
} as const

const CLASSES = { AuthenticationError, AuthorizationError, UpstreamError, InternalError, ConfigurationError } as const

describe('every error', () => {
  it.each(Object.entries(KINDS))('%s is of its own kind and of no other', (name, create) => {
    const error = create()
    expect(error.name).toBe(name)
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(CountersignError)
    const kinds = Object.entries(CLASSES).filter(([, kind]) => error instanceof kind)
    expect(kinds.map(([kind]) => kind)).toEqual([name])
  })

  it.each(Object.keys(REASONS) as Reason[])(
    '%s shows the status, the OAuth error and the text of its code, no more',
    (reason) => {
      const row = CODES[REASONS[reason]]
      const error = new AuthenticationError(reason, { detail: { claim: 'secret' } })
      expect(error).toMatchObject({
        code: REASONS[reason],
        status: row.status,
        statusCode: row.status,
        message: row.text,
      })
      expect(error.oauthError).toBe(row.oauthError)
      expect(error.expose).toBe(row.status < 500)
      expect(error.reason).toBe(reason)
    },
  )

  it('keeps reason, detail, challenge and cause out of whatever enumerates', () => {
    const error = new AuthenticationError('ERR_TOKEN_AUDIENCE', {
      detail: { claim: 'aud', wants: ['secret-detail'] },
      cause: new TypeError('secret-cause'),
      challenge: { scope: 'secret-scope' },
    })
    expect(Object.keys(error).toSorted()).toEqual(['code', 'expose', 'headers', 'oauthError', 'status', 'statusCode'])
    expect(Object.assign({}, error)).not.toHaveProperty('reason')
    expect(JSON.stringify(error)).not.toMatch(/secret|AUDIENCE/)
    expect(error.detail).toEqual({ claim: 'aud', wants: ['secret-detail'] })
    expect(error.challenge).toEqual({ scope: 'secret-scope' })
    expect(inspect(error)).not.toMatch(/secret/)
  })

  it('is fresh: what a framework writes on one does not show on another', () => {
    const [first, second] = [new UpstreamError('ERR_KEYS_UNAVAILABLE'), new UpstreamError('ERR_KEYS_UNAVAILABLE')]
    first.headers['X-Written'] = '1'
    first.status = 418
    expect(second.headers).toEqual({ 'Retry-After': '1' })
    expect(second.status).toBe(503)
  })

  it('has writable status, statusCode, headers and expose of its own, as frameworks expect', () => {
    const error = new AuthenticationError('ERR_TOKEN_EXPIRED')
    for (const name of ['status', 'statusCode', 'headers', 'expose']) {
      expect(Object.getOwnPropertyDescriptor(error, name)).toMatchObject({ writable: true, enumerable: true })
    }
  })

  it('carries no stack frames below 500, and keeps them from 500 on', () => {
    for (const create of [KINDS.AuthenticationError, KINDS.AuthorizationError]) {
      expect(create().stack?.split('\n')).toHaveLength(1)
    }
    for (const create of [KINDS.InternalError, KINDS.ConfigurationError, KINDS.UpstreamError]) {
      expect(create().stack?.split('\n').length).toBeGreaterThan(1)
    }
  })

  it('leaves the limit of stack frames as it was, whatever its cause does', () => {
    const limit = Error.stackTraceLimit
    const hostile = {
      get name(): string {
        throw new RangeError('no name')
      },
    }
    expect(new AuthenticationError('ERR_TOKEN_EXPIRED', { cause: hostile }).cause).toEqual({
      name: 'Error',
      code: undefined,
      status: undefined,
    })
    expect(Error.stackTraceLimit).toBe(limit)
  })
})

describe('the cause', () => {
  it('keeps name, code and status of what failed, and nothing else of it', () => {
    const failed = Object.assign(new TypeError('token=secret'), { code: 'ECONNREFUSED', status: 502, body: 'secret' })
    const error = new UpstreamError('ERR_UPSTREAM_NETWORK', { cause: failed })
    expect(error.cause).toEqual({ name: 'TypeError', code: 'ECONNREFUSED', status: 502 })
    expect(Object.keys(error)).not.toContain('cause')
  })

  it('keeps an error of ours as it is', () => {
    const inner = new UpstreamError('ERR_KEYS_UNAVAILABLE')
    expect(new InternalError('ERR_UNEXPECTED', { cause: inner }).cause).toBe(inner)
  })

  it.each([
    'text',
    0,
    true,
    Symbol('x'),
    {},
    [],
    () => undefined,
    { name: 'not an identifier!', code: {}, status: '500' },
  ])('of %o is an error that says nothing', (cause) => {
    const kept = new InternalError('ERR_UNEXPECTED', { cause }).cause as errors.ErrorCause
    expect(kept.name).toMatch(/^\w+$/)
    expect(kept.code).toBeUndefined()
    expect(kept.status).toBeUndefined()
  })

  it('of nothing is none', () => {
    expect(new InternalError('ERR_UNEXPECTED', { cause: undefined })).not.toHaveProperty('cause')
    expect(new InternalError('ERR_UNEXPECTED', { cause: null })).not.toHaveProperty('cause')
  })
})

describe('UpstreamError', () => {
  it.each([
    [undefined, 1],
    [0, 1],
    [-5, 1],
    [0.2, 1],
    [4.1, 5],
    [60, 60],
    [NaN, 1],
    [Infinity, 1],
  ])('given %s seconds says Retry-After: %s', (given, said) => {
    const error = new UpstreamError('ERR_KEYS_UNAVAILABLE', { retryAfterSeconds: given })
    expect(error.retryAfterSeconds).toBe(said)
    expect(error.headers).toEqual({ 'Retry-After': String(said) })
  })
})

describe('instanceof', () => {
  it('holds across two copies of the package, kind by kind', () => {
    expect(copy.AuthenticationError).not.toBe(AuthenticationError)
    const foreign = new copy.AuthenticationError('ERR_TOKEN_EXPIRED')
    expect(Object.getPrototypeOf(foreign)).not.toBe(AuthenticationError.prototype)
    expect(foreign).toBeInstanceOf(AuthenticationError)
    expect(foreign).toBeInstanceOf(CountersignError)
    expect(foreign).not.toBeInstanceOf(AuthorizationError)
    expect(new AuthorizationError('ERR_ACCESS_DENIED')).toBeInstanceOf(copy.AuthorizationError)
  })

  it.each([undefined, null, 'x', 1, {}, new Error('x'), [], () => undefined, Object.create(null)])(
    'does not hold for %o',
    (value) => {
      expect(value instanceof CountersignError).toBe(false)
      expect(value instanceof AuthenticationError).toBe(false)
    },
  )

  it("tells an application's own subclass by its prototype, as usual", () => {
    class Suspended extends AuthorizationError {}
    expect(new Suspended('ERR_ACCESS_DENIED')).toBeInstanceOf(AuthorizationError)
    expect(new Suspended('ERR_ACCESS_DENIED')).toBeInstanceOf(Suspended)
    expect(new AuthorizationError('ERR_ACCESS_DENIED')).not.toBeInstanceOf(Suspended)
  })
})
