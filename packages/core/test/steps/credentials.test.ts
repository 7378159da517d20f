import { describe, expect, it } from 'vitest'
import { checkSyntax, readCredentials } from '../../src/steps/credentials.js'
import { memoryReplayStore } from '../../src/stores/memory-replay-store.js'
import { AUDIENCE, toParts, toRequest } from '../parts.js'
import { errorOf, reasonOf } from '../refusals.js'

describe('readCredentials', () => {
  it('reads the token and keeps the request, which may have to prove possession', () => {
    const request = toRequest('Bearer a.b.c')
    expect(readCredentials(request, { dpop: undefined })).toEqual({ scheme: 'Bearer', token: 'a.b.c', request })
    expect(readCredentials(request, { dpop: undefined }).request).toBe(request)
  })

  it.each([
    { fields: [], reason: 'ERR_CREDENTIALS_MISSING', status: 401, code: 'ERR_UNAUTHENTICATED' },
    { fields: ['Basic dXNlcjpwYXNz'], reason: 'ERR_CREDENTIALS_SCHEME', status: 401, code: 'ERR_UNAUTHENTICATED' },
    { fields: ['DPoP a.b.c'], reason: 'ERR_CREDENTIALS_SCHEME', status: 401, code: 'ERR_UNAUTHENTICATED' },
    { fields: [''], reason: 'ERR_CREDENTIALS_MALFORMED', status: 400, code: 'ERR_INVALID_REQUEST' },
    { fields: ['Bear(er a.b.c'], reason: 'ERR_CREDENTIALS_MALFORMED', status: 400, code: 'ERR_INVALID_REQUEST' },
    { fields: ['DPoP a.b c'], reason: 'ERR_CREDENTIALS_MALFORMED', status: 400, code: 'ERR_INVALID_REQUEST' },
    {
      fields: ['Bearer a.b.c', 'Bearer a.b.c'],
      reason: 'ERR_CREDENTIALS_MULTIPLE',
      status: 400,
      code: 'ERR_INVALID_REQUEST',
    },
    {
      fields: ['Basic eA==', 'Bearer a.b.c'],
      reason: 'ERR_CREDENTIALS_MULTIPLE',
      status: 400,
      code: 'ERR_INVALID_REQUEST',
    },
    { fields: ['Bearer a.b.c', ''], reason: 'ERR_CREDENTIALS_MULTIPLE', status: 400, code: 'ERR_INVALID_REQUEST' },
  ])('answers $fields with $status, $reason', ({ fields, reason, status, code }) => {
    const request = toRequest(...fields)
    expect(reasonOf(() => readCredentials(request, { dpop: undefined }))).toBe(reason)
    expect(errorOf(() => readCredentials(request, { dpop: undefined }))).toMatchObject({ status, code })
  })

  it('takes the DPoP scheme where the verifier checks proofs, and there alone', () => {
    const { rules } = toParts({}, { dpop: { mode: 'allowed' }, publicUrl: AUDIENCE, replayStore: memoryReplayStore() })
    expect(rules.dpop).toBeDefined()
    expect(readCredentials(toRequest('dpop a.b.c'), rules)).toMatchObject({ scheme: 'DPoP', token: 'a.b.c' })
    for (const field of ['Basic dXNlcjpwYXNz', 'Negotiate a.b.c', 'Bearers a.b.c']) {
      expect(reasonOf(() => readCredentials(toRequest(field), rules))).toBe('ERR_CREDENTIALS_SCHEME')
    }
  })
})

describe('checkSyntax', () => {
  it.each([
    'Bearer',
    'Bearer ',
    'Bearer a.b c',
    'Bearer a.b.c, Bearer a.b.c',
    'Bearer a=.b.c',
    'Bearer "a.b.c"',
    'Bearer a.b.\u00e9',
  ])('answers %j with 400: one b64token to the end', (field) => {
    const credentials = readCredentials(toRequest(field), { dpop: undefined })
    const error = errorOf(() => checkSyntax(credentials))
    expect(error).toMatchObject({ reason: 'ERR_CREDENTIALS_MALFORMED', status: 400, code: 'ERR_INVALID_REQUEST' })
  })

  it('takes every letter of a b64token, and leaves a token that came without a request to the decoder', () => {
    const credentials = readCredentials(toRequest('Bearer aZ09-._~+/=='), { dpop: undefined })
    expect(() => checkSyntax(credentials)).not.toThrow()
    expect(() => checkSyntax({ ...credentials, token: 'a b', request: undefined })).not.toThrow()
  })
})
