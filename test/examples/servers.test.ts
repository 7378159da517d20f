import { createTestIssuer } from '@countersign/testing'
import type { TestIssuer } from '@countersign/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build, start } from './child.js'
import type { Child } from './child.js'

const BARE = 'Bearer realm="api"'
const INVALID = `${BARE}, error="invalid_token", error_description="The access token is invalid or expired"`
const TOO_LITTLE = 'The request requires higher privileges than the access token provides'

const toInsufficient = (scope: string) =>
  `${BARE}, error="insufficient_scope", error_description="${TOO_LITTLE}", scope="${scope}"`

const children: Child[] = []
let acme: TestIssuer
let partner: TestIssuer

beforeAll(async () => {
  ;[acme, partner] = await Promise.all([createTestIssuer(), createTestIssuer({ algorithms: ['RS256'] })])
  await Promise.all([acme.listen(), partner.listen(), build('.')])
}, 120_000)

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all([...children.map(({ ended }) => ended), acme.close(), partner.close()])
})

/** Starts an example on a free port and gives its address. */
async function serve(example: string, env: Readonly<Record<string, string>>): Promise<string> {
  const child = start([`examples/${example}/server.js`], { PORT: '0', ...env })
  children.push(child)
  const [, url = ''] = await child.waitFor(/^Listening on (http:\S+)$/m)
  return url
}

/** Calls an example; gives what a client learns. */
async function call(url: string, token?: string, init: RequestInit = {}) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(url, { ...init, headers: { ...authorization, ...(init.headers as object) } })
  const content = await response.text()
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: content === '' ? undefined : (JSON.parse(content) as unknown),
  }
}

for (const example of ['express', 'fastify', 'koa']) {
  describe(`examples/${example}`, () => {
    let url: string

    beforeAll(async () => {
      url = await serve(example, { ISSUERS: [acme.issuer, partner.issuer].join(',') })
    })

    it('takes tokens of both issuers with the right scope', async () => {
      const write = await acme.token({ scope: 'orders:read orders:write', sub: 'alice' })
      const read = await partner.token({ scope: 'orders:read' })
      expect(await call(`${url}/orders`, read)).toEqual({ status: 200, challenge: null, body: { orders: [] } })

      const headers = { 'content-type': 'application/json' }
      const placed = await call(`${url}/orders`, write, { method: 'POST', headers, body: '{"item":"tea"}' })
      expect(placed).toMatchObject({ status: 201, body: { by: 'alice' } })
      expect(await call(`${url}/orders`, read)).toMatchObject({ status: 200, body: { orders: [placed.body] } })
    })

    it('answers everybody else with a challenge', async () => {
      expect(await call(`${url}/orders`)).toMatchObject({ status: 401, challenge: BARE })

      const elsewhere = await acme.token({ scope: 'orders:read', aud: 'https://billing.example.com' })
      const expired = await acme.token({ scope: 'orders:read' }, { expiresInSeconds: -60 })
      for (const token of [elsewhere, expired, 'opaque']) {
        expect(await call(`${url}/orders`, token)).toEqual({
          status: 401,
          challenge: INVALID,
          body: { error: 'invalid_token', error_description: 'The access token is invalid or expired' },
        })
      }

      const read = await acme.token({ scope: 'orders:read' })
      expect(await call(`${url}/orders`, read, { method: 'POST' })).toEqual({
        status: 403,
        challenge: toInsufficient('orders:write'),
        body: { error: 'insufficient_scope', error_description: TOO_LITTLE },
      })
    })

    it('keeps the public route public', async () => {
      expect(await call(`${url}/health`)).toEqual({ status: 200, challenge: null, body: { ok: true } })
    })
  })
}

describe('examples/multi-issuer', () => {
  let orders: string
  let ready: string

  beforeAll(async () => {
    const url = await serve('multi-issuer', { OWN: acme.issuer, PARTNER: partner.issuer })
    orders = `${url}/orders`
    ready = `${url}/ready`
  })

  const scope = 'orders:read orders:write'
  const ours = (claims: object = {}) => acme.token({ sub: 'alice', scope, ...claims })
  const theirs = (claims: object = {}) =>
    partner.token({ sub: 'alice', scope, aud: 'urn:partner:orders', client_id: 'orders-job', ...claims })

  it('has the keys of both issuers', async () => {
    expect(await call(ready)).toMatchObject({ status: 200, body: { ok: true } })
  })

  it('keeps what belongs to the same subject of two issuers apart', async () => {
    const order = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'tea' }
    expect(await call(orders, await ours(), order)).toMatchObject({ status: 204 })
    expect(await call(orders, await ours({ department: 'it' }))).toEqual({
      status: 200,
      challenge: null,
      body: { department: 'it', orders: ['tea'] },
    })
    expect(await call(orders, await theirs())).toEqual({
      status: 200,
      challenge: null,
      body: { department: 'none', orders: [] },
    })
  })

  it("holds each issuer to its own rules, and to none of the other's", async () => {
    const refused = { status: 401, challenge: INVALID }
    expect(await call(orders, await ours({ aud: 'urn:partner:orders' }))).toMatchObject(refused)
    expect(await call(orders, await theirs({ aud: 'https://api.example.com' }))).toMatchObject(refused)
    expect(await call(orders, await theirs({ client_id: 'another-job' }))).toMatchObject(refused)
    expect(await call(orders, await ours({ client_id: 'another-job' }))).toMatchObject({ status: 200 })
    expect(await call(orders, await ours({ jti: undefined }))).toMatchObject(refused)
    expect(await call(orders, await theirs({ jti: undefined }))).toMatchObject({ status: 200 })
    expect(await call(orders, await theirs({ department: 7 }))).toMatchObject(refused)
    expect(await call(orders, await theirs({ scope: 'orders:write' }))).toMatchObject({
      status: 403,
      challenge: toInsufficient('orders:read'),
    })
    expect(await call(orders)).toMatchObject({ status: 401, challenge: BARE })
  })
})
