import { describe, expect, it } from 'vitest'
import { readPresented } from '../../src/clients/presented.js'
import { errorOf, reasonOf } from '../refusals.js'

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type Fields = Readonly<Record<string, string>>

const read = (form: Fields = {}, headers: Record<string, string> = {}) =>
  readPresented(new Headers(headers), new Map(Object.entries(form).map(([name, value]) => [name, [value]])))
const reason = (form: Fields = {}, headers: Record<string, string> = {}) => reasonOf(() => read(form, headers))

const basic = (text: string, scheme = 'Basic') => ({
  authorization: `${scheme} ${Buffer.from(text).toString('base64')}`,
})

describe('a request', () => {
  it('RFC 6749 section 2.3.1: may authenticate its client by Basic, each half encoded as in a form', () => {
    expect(read({}, basic('orders:secret'))).toEqual({ kind: 'basic', clientId: 'orders', secret: 'secret' })
    expect(read({}, basic('or%3Aders+%C3%BC:a%3Ab%25%2B', 'bAsIc '))).toEqual({
      kind: 'basic',
      clientId: 'or:ders ü',
      secret: 'a:b%+',
    })
    expect(read({ client_id: 'orders' }, basic('orders:a:b'))).toMatchObject({ clientId: 'orders', secret: 'a:b' })
  })

  it('RFC 6749 section 2.3.1: may authenticate its client by a secret in the body', () => {
    expect(read({ client_id: 'orders', client_secret: 's' })).toEqual({
      kind: 'post',
      clientId: 'orders',
      secret: 's',
    })
  })

  it('RFC 7521 section 4.2: may authenticate its client by an assertion, with or without its id', () => {
    const form = { client_assertion: 'a.b.c', client_assertion_type: JWT_BEARER }
    expect(read(form)).toEqual({ kind: 'assertion', assertion: 'a.b.c', clientId: undefined })
    expect(read({ ...form, client_id: 'orders' })).toMatchObject({ clientId: 'orders' })
  })

  it('RFC 8705 section 2: may authenticate its client by the connection', () => {
    expect(read({ client_id: 'orders' })).toEqual({ kind: 'certificate', clientId: 'orders' })
  })

  it.each([
    [{ client_id: 'a', client_secret: 's' }, basic('a:s')],
    [{ client_assertion: 'x', client_assertion_type: JWT_BEARER }, basic('a:s')],
    [{ client_assertion_type: JWT_BEARER }, basic('a:s')],
    [{ client_id: 'a', client_secret: 's', client_assertion: 'x', client_assertion_type: JWT_BEARER }, {}],
    [{ client_id: 'a', client_secret: 's', client_assertion: 'x' }, {}],
    [{ client_id: 'a', client_secret: 's' }, { authorization: 'Bearer x' }],
    [{}, { authorization: `${basic('a:s').authorization}, ${basic('b:s').authorization}` }],
  ])('RFC 6749 section 2.3: authenticates its client in one way alone (%#)', async (form, headers) => {
    expect(await errorOf(() => read(form as Fields, headers as Fields))).toMatchObject({
      reason: 'ERR_STS_CLIENT_SEVERAL',
      code: 'invalid_request',
      status: 400,
    })
  })

  it('that does not say who its client is, is from a public client: there are none', async () => {
    expect(await errorOf(() => read())).toMatchObject({ reason: 'ERR_STS_CLIENT_MISSING', code: 'invalid_client' })
  })

  it.each([
    [{ client_secret: 's' }, 'client_id'],
    [{ client_assertion: 'a.b.c' }, 'client_assertion_type'],
    [{ client_assertion_type: JWT_BEARER }, 'client_assertion'],
  ])('that says half of it is malformed (%#)', async (form, parameter) => {
    const error = await errorOf(() => read(form as Fields))
    expect(error).toMatchObject({ reason: 'ERR_STS_PARAMETER_MISSING', code: 'invalid_request' })
    expect(error.detail).toEqual({ parameter })
  })

  it.each(['urn:ietf:params:oauth:client-assertion-type:saml2-bearer', 'jwt-bearer', `${JWT_BEARER} `])(
    'RFC 7521 section 4.2: has no other type of assertion: %s',
    async (type) => {
      expect(await reason({ client_assertion: 'x', client_assertion_type: type })).toBe('ERR_STS_CLIENT_METHOD')
    },
  )

  it.each(['', 'Basic', 'Basic ', 'Basic a_b-', 'Basic YTpz YTpz', 'Bearer x', 'Digest x', 'BasicYTpz', 'Negotiate'])(
    'has no other scheme than Basic: %j',
    async (authorization) => {
      expect(await reason({}, { authorization })).toBe('ERR_STS_CLIENT_METHOD')
    },
  )

  it.each(['orders', ':secret', 'a%:s', 'a:%zz', 'a:\u0000', 'ü:s', 'a b:s'])(
    'does not encode Basic credentials so: %j',
    async (text) => {
      expect(await reason({}, basic(text))).toBe('ERR_STS_CLIENT_SECRET')
    },
  )

  it('names one client: beside Basic another one is refused', async () => {
    expect(await reason({ client_id: 'billing' }, basic('orders:s'))).toBe('ERR_STS_CLIENT_SECRET')
  })
})
