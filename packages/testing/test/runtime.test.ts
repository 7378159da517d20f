import { createLocalJWKSet, createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createTestClock, createTestIssuer, testRuntime } from '../src/index.js'

const NAME = 'https://login.acme.example'

describe('the runtime of an issuer', () => {
  it('serves discovery and the keys under production names', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const discovery = await issuer.runtime.fetch(`${NAME}/.well-known/openid-configuration`)
    expect(discovery.status).toBe(200)
    expect(discovery.url).toBe(`${NAME}/.well-known/openid-configuration`)
    expect(discovery.headers.get('content-type')).toBe('application/json')
    expect(await discovery.json()).toEqual(issuer.metadata)
    const keySet = createRemoteJWKSet(new URL(issuer.jwksUri), { [customFetch]: issuer.runtime.fetch })
    expect((await jwtVerify(await issuer.token(), keySet)).payload.iss).toBe(NAME)
    expect(issuer.requests.map(({ url, endpoint }) => [url, endpoint])).toEqual([
      [`${NAME}/.well-known/openid-configuration`, 'discovery'],
      [`${NAME}/jwks`, 'jwks'],
    ])
  })

  it('rejects a URL that nobody owns and remembers it', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    issuer.runtime.checkRequests()
    await expect(issuer.runtime.fetch('https://evil.example/jwks')).rejects.toThrow('No test issuer owns https://evil')
    expect(issuer.runtime.unexpected.map(({ url }) => url)).toEqual(['https://evil.example/jwks'])
    expect(() => issuer.runtime.checkRequests()).toThrow('No test issuer owns https://evil.example/jwks')
    expect(issuer.requests).toEqual([])
  })

  it("answers 404 for another path on the issuer's origin", async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    expect((await issuer.runtime.fetch(`${NAME}/favicon.ico`)).status).toBe(404)
    expect(issuer.requests[0]?.endpoint).toBe('other')
  })

  it('records time and headers of each request', async () => {
    const clock = createTestClock(1_800_000_000_000)
    const issuer = await createTestIssuer({ issuer: NAME, clock })
    await issuer.runtime.fetch(issuer.jwksUri, { headers: { 'X-Trace': '1' } })
    expect(issuer.requests).toEqual([
      { method: 'GET', url: `${NAME}/jwks`, headers: { 'x-trace': '1' }, endpoint: 'jwks', atMs: 1_800_000_000_000 },
    ])
  })

  it('rejects with the reason of a signal that aborted before', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const reason = new Error('too late')
    await expect(issuer.runtime.fetch(issuer.jwksUri, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('testRuntime', () => {
  it('joins issuers of one clock, and the same kid names a different key in each', async () => {
    const clock = createTestClock()
    const acme = await createTestIssuer({ issuer: NAME, clock })
    const globex = await createTestIssuer({ issuer: 'https://id.globex.example', clock })
    const runtime = testRuntime(acme, globex)
    const set = await (await runtime.fetch(globex.jwksUri)).json()
    expect(set).toEqual(globex.jwks)
    expect(acme.jwks.keys[0]?.kid).toBe(globex.jwks.keys[0]?.kid)
    await expect(jwtVerify(await acme.token(), createLocalJWKSet(set))).rejects.toThrow('signature verification failed')
    clock.advance(1000)
    expect([runtime.now(), runtime.monotonicNow()]).toEqual([clock.now(), clock.monotonicNow()])
  })

  it('tells two issuers of one origin apart by their paths', async () => {
    const one = await createTestIssuer({ issuer: 'https://login.example/t1' })
    const two = await createTestIssuer({ issuer: 'https://login.example/t2' })
    const runtime = testRuntime(one, two)
    const url = 'https://login.example/.well-known/oauth-authorization-server/t2'
    expect(await (await runtime.fetch(url)).json()).toMatchObject({ issuer: 'https://login.example/t2' })
    expect([one.requests.length, two.requests.length]).toEqual([0, 1])
  })

  it('refuses issuers of different clocks, and none at all', async () => {
    const one = await createTestIssuer({ issuer: NAME, clock: createTestClock() })
    const two = await createTestIssuer({ issuer: 'https://id.globex.example' })
    expect(() => testRuntime(one, two)).toThrow('issuers of one clock')
    expect(() => testRuntime()).toThrow('at least one issuer')
  })
})
