import { describe, expect, it } from 'vitest'
import {
  AuthenticationError,
  AuthorizationError,
  ConfigurationError,
  InternalError,
  UpstreamError,
} from '../../src/errors.js'
import { REASONS } from '../../src/error-table.js'
import type { Reason } from '../../src/error-table.js'
import { requireAnyScope, requireScopes } from '../../src/guards/scopes.js'
import { requireAuthentication } from '../../src/guards/authentication.js'
import { toRefusal } from '../../src/http/challenge.js'
import type { Scheme } from '../../src/principal.js'
import { findPrincipal } from '../../src/http/attachment.js'
import { withPrincipal } from '../../src/testing.js'
import { errorOf } from '../refusals.js'

const RULES = { realm: 'api' }

const nobody = findPrincipal(withPrincipal({}))

function headersOf(error: unknown, rules: { readonly realm: string } = RULES): Readonly<Record<string, string>> {
  return toRefusal(error, rules).headers
}

const INVALID_TOKEN =
  'Bearer realm="api", error="invalid_token", error_description="The access token is invalid or expired"'

describe('the challenge', () => {
  it('without credentials is bare', () => {
    expect(headersOf(new AuthenticationError('ERR_CREDENTIALS_MISSING'))).toEqual({
      'WWW-Authenticate': 'Bearer realm="api"',
      'Cache-Control': 'no-store',
    })
    expect(headersOf(new AuthenticationError('ERR_CREDENTIALS_SCHEME'))['WWW-Authenticate']).toBe('Bearer realm="api"')
  })

  it('of a malformed request says invalid_request', () => {
    for (const reason of ['ERR_CREDENTIALS_MALFORMED', 'ERR_CREDENTIALS_MULTIPLE'] as const) {
      expect(headersOf(new AuthenticationError(reason))['WWW-Authenticate']).toBe(
        'Bearer realm="api", error="invalid_request", error_description="The request is malformed"',
      )
    }
  })

  const bad = Object.entries(REASONS).filter(([, code]) => code === 'ERR_INVALID_TOKEN') as [Reason, string][]
  it.each(bad)('of a bad token is one and the same for %s', (reason) => {
    const error = new AuthenticationError(reason, { detail: { claim: 'x"\r\nX-Evil: 1' }, cause: new Error('secret') })
    expect(headersOf(error)).toEqual({ 'WWW-Authenticate': INVALID_TOKEN, 'Cache-Control': 'no-store' })
  })

  it('of a lacking scope names every scope that the route wants', () => {
    const error = errorOf(() => requireScopes('orders:read', 'orders:write').check(nobody))
    expect(headersOf(error)).toEqual({
      'WWW-Authenticate':
        'Bearer realm="api", error="insufficient_scope", error_description="The request requires higher privileges than the access token provides", scope="orders:read orders:write"',
      'Cache-Control': 'no-store',
    })
    expect(headersOf(errorOf(() => requireAnyScope('a', 'b').check(nobody)))['WWW-Authenticate']).toContain(
      'scope="a b"',
    )
  })

  it('of another denial names no scope', () => {
    expect(headersOf(new AuthorizationError('ERR_ACCESS_DENIED'))['WWW-Authenticate']).toBe(
      'Bearer realm="api", error="insufficient_scope", error_description="The request requires higher privileges than the access token provides"',
    )
  })

  it('of a step-up says what would do', () => {
    const guard = requireAuthentication({ acr: ['urn:x:gold', 'urn:x:silver'], maxAgeSeconds: 300 })
    const error = errorOf(() => guard.check(nobody))
    expect(error.status).toBe(401)
    expect(headersOf(error)['WWW-Authenticate']).toBe(
      'Bearer realm="api", error="insufficient_user_authentication", error_description="A stronger or more recent authentication is required", acr_values="urn:x:gold urn:x:silver", max_age="300"',
    )
    const age = errorOf(() => requireAuthentication({ maxAgeSeconds: 0 }).check(nobody))
    expect(headersOf(age)['WWW-Authenticate']).toMatch(/is required", max_age="0"$/)
  })

  it('has its parameters in one order, the realm first, each once', () => {
    const challenge = { scope: 's', acrValues: 'a', maxAgeSeconds: 1 }
    const value = headersOf(new AuthorizationError('ERR_STEP_UP_ACR', { challenge }))['WWW-Authenticate'] ?? ''
    const names = [...value.matchAll(/(\w+)="/g)].map(([, name]) => name)
    expect(names).toEqual(['realm', 'error', 'error_description', 'scope', 'acr_values', 'max_age'])
  })

  it('names the realm that the options give', () => {
    expect(
      headersOf(new AuthenticationError('ERR_CREDENTIALS_MISSING'), { realm: 'Orders, v2' })['WWW-Authenticate'],
    ).toBe('Bearer realm="Orders, v2"')
  })

  it('offers no scheme that is not taken, although the request used it', () => {
    const missing = new AuthenticationError('ERR_CREDENTIALS_SCHEME')
    expect(toRefusal(missing, RULES, 'DPoP').headers['WWW-Authenticate']).toBe('Bearer realm="api"')
    const both = { ...RULES, schemes: ['Bearer', 'DPoP'], algs: 'ES256' } as const
    expect(toRefusal(missing, both, 'DPoP').headers['WWW-Authenticate']).toBe(
      'DPoP realm="api", algs="ES256", Bearer realm="api"',
    )
  })

  it('offers the scheme that was used to whoever might have to prove possession, and gives them the nonce', () => {
    const refused = new AuthenticationError('ERR_PROOF_NONCE')
    const rules = { ...RULES, schemes: ['Bearer'], algs: 'ES256', nonce: () => 'n1' } as const
    const { headers } = toRefusal(refused, rules, 'DPoP')
    expect(headers['WWW-Authenticate']).toMatch(
      /^DPoP realm="api", error="use_dpop_nonce", .*algs="ES256", Bearer realm="api"$/,
    )
    expect(headers['DPoP-Nonce']).toBe('n1')
    const bearer = toRefusal(new AuthenticationError('ERR_CREDENTIALS_MISSING'), rules, 'Bearer').headers
    expect(bearer).toEqual({ 'WWW-Authenticate': 'Bearer realm="api"', 'Cache-Control': 'no-store' })
  })

  const text = 'error_description="The access token is invalid or expired"'
  const malformed = 'error="invalid_request", error_description="The request is malformed"'

  it.each<readonly [string, Reason, Scheme | undefined, readonly Scheme[], string]>([
    [
      'in each scheme, where none could be told',
      'ERR_CREDENTIALS_MALFORMED',
      undefined,
      ['Bearer', 'DPoP'],
      `Bearer realm="api", ${malformed}, DPoP realm="api", ${malformed}, algs="ES256"`,
    ],
    [
      'in the scheme that was used, which comes first',
      'ERR_TOKEN_EXPIRED',
      'DPoP',
      ['Bearer', 'DPoP'],
      `DPoP realm="api", error="invalid_token", ${text}, algs="ES256", Bearer realm="api"`,
    ],
    [
      'in the preferred one, where a bad token came by no scheme',
      'ERR_TOKEN_EXPIRED',
      undefined,
      ['DPoP', 'Bearer'],
      `DPoP realm="api", error="invalid_token", ${text}, algs="ES256", Bearer realm="api"`,
    ],
    [
      'under Bearer, for whoever used it where only bound tokens are taken',
      'ERR_PROOF_REQUIRED',
      'Bearer',
      ['DPoP'],
      `Bearer realm="api", error="invalid_token", ${text}, DPoP realm="api", algs="ES256"`,
    ],
    [
      'under Bearer, for a malformed request that used it',
      'ERR_CREDENTIALS_MALFORMED',
      'Bearer',
      ['Bearer', 'DPoP'],
      `Bearer realm="api", ${malformed}, DPoP realm="api", algs="ES256"`,
    ],
    [
      'nowhere, for whoever brought nothing',
      'ERR_CREDENTIALS_MISSING',
      undefined,
      ['Bearer', 'DPoP'],
      'Bearer realm="api", DPoP realm="api", algs="ES256"',
    ],
  ])('RFC 9449 7.2: blames %s', (_, reason, used, schemes, challenge) => {
    const rules = { ...RULES, schemes, algs: 'ES256' }
    expect(toRefusal(new AuthenticationError(reason), rules, used).headers['WWW-Authenticate']).toBe(challenge)
  })

  it('names the algorithms of proofs where there are some, and where the metadata is, in each scheme', () => {
    const missing = new AuthenticationError('ERR_CREDENTIALS_MISSING')
    const rules = { ...RULES, schemes: ['Bearer', 'DPoP'], resourceMetadataUrl: 'https://api.example/x' } as const
    const known = 'realm="api", resource_metadata="https://api.example/x"'
    expect(toRefusal(missing, rules).headers['WWW-Authenticate']).toBe(`Bearer ${known}, DPoP ${known}`)
    expect(toRefusal(missing, { ...rules, algs: 'A B' }).headers['WWW-Authenticate']).toBe(
      `Bearer ${known}, DPoP ${known}, algs="A B"`,
    )
  })

  it('RFC 9449 8.2: brings the nonce to whoever may try again with it, and to nobody else', () => {
    const rules = { ...RULES, schemes: ['DPoP'], nonce: () => 'n-1' } as const
    const nonceOf = (error: unknown): string | undefined => toRefusal(error, rules).headers['DPoP-Nonce']
    for (const reason of ['ERR_PROOF_NONCE', 'ERR_CREDENTIALS_MISSING', 'ERR_CREDENTIALS_MALFORMED'] as const) {
      expect(nonceOf(new AuthenticationError(reason))).toBe('n-1')
    }
    expect(nonceOf(new AuthorizationError('ERR_STEP_UP_ACR'))).toBe('n-1')
    for (const error of [
      new AuthorizationError('ERR_SCOPE_INSUFFICIENT'),
      new UpstreamError('ERR_KEYS_UNAVAILABLE'),
      new InternalError('ERR_GUARD_FAILED'),
    ]) {
      expect(nonceOf(error)).toBeUndefined()
    }
  })

  it('escapes quotes and backslashes, so that no value ends its own string', () => {
    const challenge = { scope: 'a"b\\c' }
    const value = headersOf(new AuthorizationError('ERR_SCOPE_INSUFFICIENT', { challenge }), { realm: 'x"\\' })
    expect(value['WWW-Authenticate']).toContain('realm="x\\"\\\\"')
    expect(value['WWW-Authenticate']).toContain('scope="a\\"b\\\\c"')
  })

  it('is printable ASCII in at most 512 bytes, whatever went wrong', () => {
    for (const reason of Object.keys(REASONS) as Reason[]) {
      const value = headersOf(new AuthenticationError(reason))['WWW-Authenticate'] ?? ''
      expect(value).toMatch(/^[\x20-\x7E]{0,512}$/)
    }
  })
})

describe('toRefusal', () => {
  it('answers an outage with Retry-After and without a challenge: the token may be good', () => {
    const refusal = toRefusal(new UpstreamError('ERR_KEYS_UNAVAILABLE', { retryAfterSeconds: 7 }), RULES)
    expect(refusal).toBeInstanceOf(UpstreamError)
    expect(refusal).toMatchObject({ status: 503, reason: 'ERR_KEYS_UNAVAILABLE', retryAfterSeconds: 7 })
    expect(refusal.headers).toEqual({ 'Retry-After': '7', 'Cache-Control': 'no-store' })
  })

  it('answers a mistake of ours with 500 and without a challenge', () => {
    const refusal = toRefusal(
      new InternalError('ERR_NOT_AUTHENTICATED', { message: 'Put the middleware first' }),
      RULES,
    )
    expect(refusal).toMatchObject({ status: 500, reason: 'ERR_NOT_AUTHENTICATED', message: 'Put the middleware first' })
    expect(refusal.headers).toEqual({ 'Cache-Control': 'no-store' })
    expect(refusal.expose).toBe(false)
  })

  it.each([
    new TypeError('secret'),
    Object.assign(new Error('secret'), {
      status: 401,
      statusCode: 401,
      headers: { 'WWW-Authenticate': 'Evil' },
      expose: true,
    }),
    'secret',
    undefined,
    null,
    { status: 200 },
    new ConfigurationError('ERR_CONFIG_INVALID', 'secret'),
  ])('makes 500 of %o, which is not ours to word', (thrown) => {
    const refusal = toRefusal(thrown, RULES)
    expect(refusal).toMatchObject({ status: 500, code: 'ERR_INTERNAL', reason: 'ERR_UNEXPECTED', expose: false })
    expect(refusal.headers).toEqual({ 'Cache-Control': 'no-store' })
    expect(refusal.message).toBe('The request could not be processed')
  })

  it('tells an operator what it was that went wrong, by its name alone', () => {
    for (const thrown of [new TypeError('secret'), new ConfigurationError('ERR_CONFIG_INVALID', 'secret')]) {
      const { cause } = toRefusal(thrown, RULES)
      expect(cause).toMatchObject({ name: thrown.name })
      expect(JSON.stringify(cause)).not.toContain('secret')
    }
  })

  it('gives a fresh error each time: what frameworks write on one reaches no other request', () => {
    const shared = new AuthenticationError('ERR_TOKEN_EXPIRED', { detail: { claim: 'exp' }, cause: new TypeError('x') })
    const [first, second] = [toRefusal(shared, RULES), toRefusal(shared, RULES)]
    first.headers['X-Written'] = '1'
    first.status = 418
    expect(second).not.toBe(first)
    expect(second.headers).not.toHaveProperty('X-Written')
    expect(second.status).toBe(401)
    expect(shared.headers).toEqual({})
    expect(second).toMatchObject({
      reason: 'ERR_TOKEN_EXPIRED',
      detail: { claim: 'exp' },
      cause: { name: 'TypeError' },
    })
  })

  it('keeps the kind of each error', () => {
    for (const error of [
      new AuthenticationError('ERR_TOKEN_EXPIRED'),
      new AuthorizationError('ERR_ACCESS_DENIED'),
      new UpstreamError('ERR_KEYS_UNAVAILABLE'),
      new InternalError('ERR_GUARD_FAILED'),
    ]) {
      expect(toRefusal(error, RULES).name).toBe(error.name)
      expect(toRefusal(error, RULES).reason).toBe(error.reason)
    }
  })
})
