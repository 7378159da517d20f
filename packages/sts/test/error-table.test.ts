import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AuthenticationError, UpstreamError } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { ABOUT_THE_TOKEN, DENIALS, STS_REASONS, TOKEN_ERRORS } from '../src/error-table.js'
import type { StsReason, TokenErrorCode } from '../src/error-table.js'
import { TokenError, toGrantError, toTokenError } from '../src/errors.js'

const root = fileURLToPath(new URL('../src/', import.meta.url))
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'error-table.ts')
  .map((file) => readFileSync(root + file, 'utf8'))
  .join('\n')
const reasons = Object.keys(STS_REASONS) as StsReason[]

const page = readFileSync(fileURLToPath(new URL('../../../docs/token-exchange.md', import.meta.url)), 'utf8')

describe('the error table, RFC 8693 section 2.2.2', () => {
  it('is the one of docs/token-exchange.md', () => {
    const told = [...page.matchAll(/^\| `(ERR_STS_\w+)` \| `(\w+)` \| \S/gm)].map(([, reason, code]) => [reason, code])
    expect(told.length).toBe(new Set(told.map(([reason]) => reason)).size)
    expect(Object.fromEntries(told)).toEqual(STS_REASONS)
  })

  it.each(reasons)('has %s because something throws it', (reason) => {
    expect(sources).toContain(`'${reason}'`)
  })

  it.each(Object.entries(TOKEN_ERRORS))('RFC 6749 section 5.2: says %s in constant printable ASCII', (_, { text }) => {
    expect(text).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/)
  })

  it.each(reasons)('tells a client nothing of %s beside its OAuth error', (reason) => {
    const error = new TokenError(reason, { detail: { claim: 'secret' } })
    const code = STS_REASONS[reason]
    expect(error.code).toBe(code)
    expect(error.message).toBe(TOKEN_ERRORS[code].text)
    expect(JSON.stringify(error)).not.toMatch(/ERR_|secret/)
    expect(Object.keys(error).toSorted()).toEqual(['code', 'status'])
  })

  it.each<[StsReason, TokenErrorCode]>([
    ['ERR_STS_SUBJECT_TOKEN', 'invalid_request'],
    ['ERR_STS_ACTOR_TOKEN', 'invalid_request'],
    ['ERR_STS_TOKEN_TYPE', 'invalid_request'],
    ['ERR_STS_POLICY_DENIED', 'invalid_request'],
    ['ERR_STS_TARGET_UNKNOWN', 'invalid_target'],
    ['ERR_STS_TARGET_FORBIDDEN', 'invalid_target'],
    ['ERR_STS_SCOPE_FORBIDDEN', 'invalid_scope'],
    ['ERR_STS_GRANT_FORBIDDEN', 'unauthorized_client'],
    ['ERR_STS_GRANT_UNSUPPORTED', 'unsupported_grant_type'],
    ['ERR_STS_ASSERTION_REPLAYED', 'invalid_grant'],
    ['ERR_STS_AUDIT_UNAVAILABLE', 'temporarily_unavailable'],
  ])('section 1.9: shows %s as %s', (reason, code) => {
    expect(STS_REASONS[reason]).toBe(code)
  })

  it('RFC 7523 section 3.1: what is wrong with the token is invalid_grant there, and nothing else is', () => {
    for (const reason of reasons) {
      const expected = ABOUT_THE_TOKEN.has(reason) ? 'invalid_grant' : STS_REASONS[reason]
      expect(toGrantError(new TokenError(reason)).code).toBe(expected)
    }
    const cause = new AuthenticationError('ERR_TOKEN_EXPIRED')
    expect(toGrantError(new TokenError('ERR_STS_SUBJECT_TOKEN', { cause })).rootReason).toBe('ERR_TOKEN_EXPIRED')
  })

  it("calls nothing denied that is not the client's affair", () => {
    for (const reason of DENIALS) expect(TOKEN_ERRORS[STS_REASONS[reason]].status).toBe(400)
  })
})

describe('toTokenError', () => {
  it('makes 503 of what cannot be had, 500 of what nobody foresaw, and the given reason of a bad token', () => {
    const away = toTokenError(
      new UpstreamError('ERR_KEYS_UNAVAILABLE', { retryAfterSeconds: 5 }),
      'ERR_STS_SUBJECT_TOKEN',
    )
    expect(away).toMatchObject({
      code: 'temporarily_unavailable',
      retryAfterSeconds: 5,
      rootReason: 'ERR_KEYS_UNAVAILABLE',
    })
    const bug = toTokenError(new TypeError('secret'), 'ERR_STS_SUBJECT_TOKEN')
    expect(bug).toMatchObject({
      code: 'server_error',
      status: 500,
      reason: 'ERR_STS_UNEXPECTED',
      rootReason: 'ERR_STS_UNEXPECTED',
    })
    expect(bug.message).not.toContain('secret')
    const token = toTokenError(new AuthenticationError('ERR_TOKEN_EXPIRED'), 'ERR_STS_ACTOR_TOKEN')
    expect(token).toMatchObject({
      code: 'invalid_request',
      reason: 'ERR_STS_ACTOR_TOKEN',
      rootReason: 'ERR_TOKEN_EXPIRED',
    })
    expect(toTokenError(token)).toBe(token)
  })

  it('refuses without a stack, and fails with one', () => {
    expect(new TokenError('ERR_STS_SCOPE_EMPTY').stack).not.toContain('\n    at')
    expect(new TokenError('ERR_STS_UNEXPECTED').stack).toContain('\n    at')
  })
})
