import { describe, expect, it } from 'vitest'
import { createIssuerList } from '../../src/issuers/list.js'
import type { IssuerList } from '../../src/issuers/list.js'
import type { VerifierOptions } from '../../src/options/options.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { AUDIENCE, ISSUER, key, stillRuntime } from '../parts.js'
import { reasonOf } from '../refusals.js'

function createList(issuers: VerifierOptions['issuers'], runtime: object = stillRuntime): IssuerList {
  const resolved = resolveOptions({ audience: AUDIENCE, issuers, runtime })
  return createIssuerList(resolved.issuers, resolved.rules)
}

describe('createIssuerList', () => {
  it('finds each issuer by each of its exact names, and by nothing else', () => {
    const list = createList([ISSUER, { issuer: 'https://b.example', acceptedIssuers: ['b:old'] }])
    expect(list.find(ISSUER)).toBe(list.all[0])
    expect([list.find('https://b.example'), list.find('b:old')]).toEqual([list.all[1], list.all[1]])
    for (const name of ['', `${ISSUER}/`, 'constructor', '__proto__', 'toString'])
      expect(list.find(name)).toBeUndefined()
  })

  it('keeps the entries in their order, a template as one', () => {
    const jwks = { keys: [key.publicJwk] }
    const { all } = createList([ISSUER, { issuer: 'https://t.example/{t}', keys: { jwks } }, 'https://b.example'])
    expect(all.map(({ issuer, listed }) => [issuer, listed])).toEqual([
      [ISSUER, true],
      ['https://t.example/{t}', false],
      ['https://b.example', true],
    ])
  })

  it('imports a given key set at once, because a mistake in it should stop the start', () => {
    expect(reasonOf(() => createList([{ issuer: 'a', keys: { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } } }]))).toBe(
      'ERR_CONFIG_INVALID',
    )
  })

  it('makes the keys of an issuer once, and of no two issuers the same', () => {
    const [a, b] = createList(['https://a.example', 'https://b.example']).all
    expect(a?.keys).toBe(a?.keys)
    expect(a?.keys).not.toBe(b?.keys)
  })

  it('lists ten thousand issuers without a single request before one is used', async () => {
    const fetched: string[] = []
    const fetch = async (url: string): Promise<Response> => {
      fetched.push(url)
      const issuer = new URL(url).origin
      return Response.json(url.endsWith('/jwks') ? { keys: [key.publicJwk] } : { issuer, jwks_uri: `${issuer}/jwks` })
    }
    const names = Array.from({ length: 10_000 }, (_, index) => `https://i${index}.example`)
    const list = createList(names, { ...stillRuntime, fetch })
    for (const { issuer, listed } of list.all) expect(list.find(issuer) !== undefined && listed).toBe(true)
    expect(fetched).toEqual([])
    await list.find('https://i77.example')?.keys.find({ kid: 'k1', algorithm: 'ES256' })
    expect(fetched).toEqual(['https://i77.example/.well-known/openid-configuration', 'https://i77.example/jwks'])
  })
})
