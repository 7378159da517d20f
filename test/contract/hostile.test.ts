import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestKey } from '@countersign/testing'
import { hosts } from './hosts/all.js'
import type { RunningHost } from './hosts/host.js'
import { createWorld } from './world.js'

// What the token holds is a stranger's choice: each of these is an answer of ours, not a hang and not a crash.

const world = await createWorld()
afterAll(() => world.close())

const { acme } = world
const [header = '', payload = '', signature = ''] = world.tokens.acme.split('.')

/** Signed by the issuer itself, so that it reaches the last step there is. */
const signed = (claims: string | object, more: object = {}) =>
  acme.signRaw({ header: { alg: 'ES256', kid: acme.keys[0]?.kid, typ: 'at+jwt', ...more }, payload: claims })

/** Signed by somebody else, who says which key to take. */
const forger = await createTestKey('ES256')
const forged = (more: object) =>
  acme.signRaw({ header: { alg: 'ES256', typ: 'at+jwt', ...more }, payload: standard, key: forger })

const standard = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Readonly<Record<string, unknown>>
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

const hostile: readonly (readonly [string, string])[] = [
  ['dots alone', '..'],
  ['thousands of dots', '.'.repeat(7_000)],
  ['two parts', `${header}.${payload}`],
  ['five parts', `${header}.${payload}.${signature}.${signature}.${signature}`],
  ['an empty signature', `${header}.${payload}.`],
  ['a long token', `${header}.${'A'.repeat(12_000)}.${signature}`],
  ['a header of null', await acme.signRaw({ header: 'null', payload: standard })],
  ['a header without alg', await acme.signRaw({ header: {}, payload: standard })],
  ['an algorithm of none', await acme.signRaw({ header: { alg: 'none' }, payload: standard })],
  ['an algorithm that is an object', await acme.signRaw({ header: { alg: {} }, payload: standard })],
  ['an algorithm named like a prototype', await acme.signRaw({ header: { alg: '__proto__' }, payload: standard })],
  ['a kid that is a number', await signed(standard, { kid: 7 })],
  ['a key of its own, by value', await forged({ jwk: forger.publicJwk })],
  ['a key of its own, by URL', await forged({ jku: 'http://127.0.0.1:9/jwks', x5u: 'file:///etc/passwd' })],
  ['a critical extension', await signed(standard, { crit: ['b64'], b64: false })],
  ['claims that are null', await signed('null')],
  ['claims that are a list', await signed('[]')],
  ['claims that are no JSON', await signed('{"iss":')],
  [
    'claims that say a thing twice',
    await signed('{"iss":"https://login.acme.example","iss":"https://login.acme.example"}'),
  ],
  ['claims nested too deep', await signed(`{"iss":"https://login.acme.example","x":${nested(2_000)}}`)],
  ['claims under __proto__', await signed(`{"__proto__":${JSON.stringify(standard)}}`)],
  ['an issuer that is a list', await signed({ ...standard, iss: [standard['iss']] })],
  ['an issuer that is a URL of ours', await signed({ ...standard, iss: 'http://127.0.0.1:9/' })],
  ['an audience that is an object', await signed({ ...standard, aud: { 0: 'https://api.example.com' } })],
  ['an expiry that is text', await signed({ ...standard, exp: '9999999999' })],
  ['an expiry beyond numbers', await signed(`{"iss":"https://login.acme.example","exp":1e999}`)],
  ['scopes that are numbers', await signed({ ...standard, scope: [1, 2] })],
  ['a subject that is null', await signed({ ...standard, sub: null })],
]

describe.each(hosts)('$name answers', ({ start }) => {
  const lost: unknown[] = []
  const remember = (reason: unknown) => void lost.push(reason)
  let host: RunningHost
  beforeAll(async () => {
    process.on('unhandledRejection', remember)
    host = await start(world, 'default')
  })
  afterAll(async () => {
    process.off('unhandledRejection', remember)
    await host.close()
  })

  it.each(hostile)('%s', async (_, token) => {
    const answer = await host.send({ method: 'GET', path: '/me', fields: [['Authorization', `Bearer ${token}`]] })
    expect([answer.status, answer.fields['www-authenticate']]).toEqual([
      401,
      ['Bearer realm="api", error="invalid_token", error_description="The access token is invalid or expired"'],
    ])
  })

  it('a good token as before, and has lost no rejection', async () => {
    const fields = [['Authorization', `Bearer ${world.tokens.acme}`]] as const
    expect((await host.send({ method: 'GET', path: '/me', fields })).status).toBe(200)
    expect(lost).toEqual([])
  })
})
