import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CODES, REASONS } from '../src/error-table.js'

const SOURCES = fileURLToPath(new URL('../src', import.meta.url))

/** Every reason that the sources write, outside comments and the table itself. */
function listWrittenReasons(): ReadonlySet<string> {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && file !== 'error-table.ts',
  )
  const code = files.map((file) => readFileSync(`${SOURCES}/${file}`, 'utf8').replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, ''))
  return new Set(code.join('\n').match(/(?<=')ERR_\w+(?=')/g))
}

describe('the error table', () => {
  it('has a row for every reason that is written, and no row that nothing writes', () => {
    const written = [...listWrittenReasons()].filter((name) => !Object.hasOwn(CODES, name))
    expect(written.toSorted()).toEqual(Object.keys(REASONS).toSorted())
  })

  it('shows every reason under a code that exists, and every code for some reason', () => {
    expect(new Set(Object.values(REASONS))).toEqual(new Set(Object.keys(CODES)))
  })

  it('has no name that is both a reason and a code', () => {
    expect(Object.keys(REASONS).filter((reason) => Object.hasOwn(CODES, reason))).toEqual([])
  })

  it('has one code for each OAuth error below 500', () => {
    const errors = Object.values(CODES)
      .filter(({ status }) => status < 500)
      .map(({ oauthError }) => oauthError)
    expect(new Set(errors).size).toBe(errors.length)
  })

  it.each(Object.entries(CODES))('%s has a text that fits error_description: %o', (_, { text }) => {
    expect(text).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]{10,100}$/)
  })

  it('is a part of semver: no code, status or text that was ever published changes', () => {
    const published = [
      ['ERR_CONFIGURATION', 500, 'server_error', 'The server is misconfigured'],
      ['ERR_INVALID_REQUEST', 400, 'invalid_request', 'The request is malformed'],
      ['ERR_UNAUTHENTICATED', 401, undefined, 'Authentication is required'],
      ['ERR_INVALID_TOKEN', 401, 'invalid_token', 'The access token is invalid or expired'],
      [
        'ERR_INSUFFICIENT_AUTHENTICATION',
        401,
        'insufficient_user_authentication',
        'A stronger or more recent authentication is required',
      ],
      [
        'ERR_INSUFFICIENT_SCOPE',
        403,
        'insufficient_scope',
        'The request requires higher privileges than the access token provides',
      ],
      ['ERR_UPSTREAM', 503, 'temporarily_unavailable', 'The access token cannot be verified at the moment'],
      ['ERR_INTERNAL', 500, 'server_error', 'The request could not be processed'],
    ]
    const rows = Object.entries(CODES).map(([code, { status, oauthError, text }]) => [code, status, oauthError, text])
    expect(rows).toEqual(expect.arrayContaining(published))
  })
})
