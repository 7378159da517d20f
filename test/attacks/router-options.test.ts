import fastify from 'fastify'
import { countersign, requireScopes } from '@countersign/fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { createParty } from '../conformance/party.js'
import { createSpellings } from './path-spellings.js'

const party = await createParty(['ES256'])
const verifier = party.verifier()

/** A router that takes as many spellings for one path as it can be told to. */
const routerOptions = {
  caseSensitive: false,
  ignoreDuplicateSlashes: true,
  ignoreTrailingSlash: true,
  useSemicolonDelimiter: true,
}
const app = fastify({ routerOptions })
await app.register(countersign, { verifier })
app.get('/orders', { config: { auth: { scopes: ['orders:read'] } } }, async () => 'in')
app.get('/hooked', { onRequest: requireScopes('orders:read') }, async () => 'in')
app.get('/files/*', { config: { auth: { scopes: ['orders:read'] } } }, async () => 'in')
app.get('/open', { config: { auth: false } }, async () => 'open')
await app.ready()
afterAll(() => app.close())

const spellings = ['orders', 'hooked', 'files/a'].flatMap(createSpellings)

async function open(path: string, token: string | undefined): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const { statusCode, body } = await app.inject({ method: 'GET', url: path, headers })
  return body === 'in' ? 'in' : String(statusCode)
}

describe('a router that mends paths', () => {
  it('#20 CVE-2026-2880 CVE-2026-14198 CVE-2026-33808: lets nobody in without a token, or without the scope, by any spelling', async () => {
    const weak = await party.issuer.token({ scope: 'nothing' })
    for (const path of spellings) {
      expect([path, await open(path, undefined)]).toEqual([path, expect.stringMatching(/^(400|401|404)$/)])
      expect([path, await open(path, weak)]).toEqual([path, expect.stringMatching(/^(400|403|404)$/)])
    }
  })

  it('#20 CVE-2026-2880: really takes many of them for the guarded path', async () => {
    const good = await party.issuer.token({ scope: 'orders:read' })
    const taken: string[] = []
    for (const path of spellings) if ((await open(path, good)) === 'in') taken.push(path)
    expect(taken).toEqual(
      expect.arrayContaining([
        '/orders',
        '//orders',
        '/orders/',
        '/ORDERS',
        '/orders;x=y',
        '/%6Frders',
        '/files/a',
        '//files//a',
      ]),
    )
    expect(taken.length).toBeGreaterThan(20)
  })
})
