import { describe, expect, it } from 'vitest'
import { readCredentials } from '../../src/steps/credentials.js'
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
    { fields: ['Bearer'], reason: 'ERR_CREDENTIALS_MALFORMED', status: 400, code: 'ERR_INVALID_REQUEST' },
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
    expect(reasonOf(() => readCredentials(toRequest('DPoP a.b c'), rules))).toBe('ERR_CREDENTIALS_MALFORMED')
  })
})
