import { describe, expect, it } from 'vitest'
import { toTokenParameters } from '../../src/http/parameters.js'
import { errorOf } from '../refusals.js'

const toForm = (more: Readonly<Record<string, readonly string[]>> = {}) =>
  new Map(Object.entries({ grant_type: ['client_credentials'], ...more }))

describe('the parameters of a token request', () => {
  it('have a grant type', async () => {
    const error = await errorOf(() => toTokenParameters(new Map()))
    expect(error).toMatchObject({ reason: 'ERR_STS_PARAMETER_MISSING', code: 'invalid_request', status: 400 })
    expect(error.detail).toEqual({ parameter: 'grant_type' })
    expect(toTokenParameters(toForm()).grantType).toBe('client_credentials')
  })

  it('hold resources and audiences once each, in order', () => {
    const { resources, audiences } = toTokenParameters(
      toForm({ resource: ['https://b', 'https://a', 'https://b'], audience: ['x'] }),
    )
    expect(resources).toEqual(['https://b', 'https://a'])
    expect(audiences).toEqual(['x'])
  })

  it('hold the rest by name, and nothing that a client proves itself with', () => {
    const { values } = toTokenParameters(
      toForm({
        subject_token: ['t'],
        unknown: ['u'],
        scope: ['a'],
        client_id: ['c'],
        client_secret: ['s'],
        client_assertion: ['j'],
        client_assertion_type: ['k'],
      }),
    )
    expect(Object.fromEntries(values)).toEqual({ subject_token: 't', unknown: 'u' })
  })

  it('RFC 6749 section 3.3: hold each scope once, in order', () => {
    expect(toTokenParameters(toForm({ scope: ['b a:x b !#[]~'] })).scopes).toEqual(['b', 'a:x', '!#[]~'])
    expect(toTokenParameters(toForm()).scopes).toBeUndefined()
  })

  it.each([' a', 'a ', 'a  b', ' ', 'a\tb', 'a"', 'a\\b', 'ä', 'a\n', 'a,\u0000'])(
    'RFC 6749 section 3.3: refuse scopes that are none: %j',
    async (scope) => {
      expect(await errorOf(() => toTokenParameters(toForm({ scope: [scope] })))).toMatchObject({
        reason: 'ERR_STS_SCOPE_MALFORMED',
        code: 'invalid_scope',
      })
    },
  )
})
