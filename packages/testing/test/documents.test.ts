import { describe, expect, it } from 'vitest'
import { createTestIssuer } from '../src/index.js'

const NAME = 'https://login.acme.example/t1'

describe('discovery', () => {
  it('stands where OpenID Connect and RFC 8414 put it', async () => {
    const issuer = await createTestIssuer({ issuer: NAME, discovery: ['oidc', 'oauth', 'oidc-inserted'] })
    for (const url of [
      'https://login.acme.example/t1/.well-known/openid-configuration',
      'https://login.acme.example/.well-known/oauth-authorization-server/t1',
      'https://login.acme.example/.well-known/openid-configuration/t1',
    ]) {
      expect(await (await issuer.runtime.fetch(url)).text()).toBe(JSON.stringify(issuer.metadata))
    }
    expect(issuer.metadata).toMatchObject({ issuer: NAME, jwks_uri: `${NAME}/jwks` })
  })

  it('drops the slash at the end of an issuer from URLs, and not from the name', async () => {
    const issuer = await createTestIssuer({ issuer: 'https://tenant.auth0.example/' })
    const response = await issuer.runtime.fetch('https://tenant.auth0.example/.well-known/openid-configuration')
    expect(await response.json()).toMatchObject({
      issuer: 'https://tenant.auth0.example/',
      jwks_uri: 'https://tenant.auth0.example/jwks',
    })
  })

  it('has only the forms that were asked for', async () => {
    const issuer = await createTestIssuer({ issuer: NAME, discovery: ['oauth'] })
    expect((await issuer.runtime.fetch(`${NAME}/.well-known/openid-configuration`)).status).toBe(404)
    issuer.configure({ discovery: ['oidc'] })
    expect((await issuer.runtime.fetch(`${NAME}/.well-known/openid-configuration`)).status).toBe(200)
  })

  it('says what it is told to say, until it is told otherwise', async () => {
    const issuer = await createTestIssuer({ issuer: NAME, metadata: { issuer: 'https://evil.example', extra: [1] } })
    const read = async () => (await issuer.runtime.fetch(`${NAME}/.well-known/openid-configuration`)).json()
    expect(await read()).toMatchObject({ issuer: 'https://evil.example', extra: [1] })
    issuer.metadata = { jwks_uri: undefined }
    const document = await read()
    expect(document).toMatchObject({ issuer: NAME })
    expect(document).not.toHaveProperty('jwks_uri')
    expect(document).not.toHaveProperty('extra')
  })

  it('follows the key set to another place', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    issuer.configure({ jwksUri: 'https://keys.acme.example/t1.json' })
    expect(issuer.metadata).toMatchObject({ jwks_uri: 'https://keys.acme.example/t1.json' })
    expect(await (await issuer.runtime.fetch('https://keys.acme.example/t1.json')).json()).toEqual(issuer.jwks)
    expect((await issuer.runtime.fetch(`${NAME}/jwks`)).status).toBe(404)
    // Neither host has the paths of the other.
    for (const elsewhere of ['login.acme.example/t1.json', 'keys.acme.example/t1/.well-known/openid-configuration'])
      expect((await issuer.runtime.fetch(`https://${elsewhere}`)).status).toBe(404)
    issuer.configure({ jwksUri: undefined })
    expect(issuer.jwksUri).toBe(`${NAME}/jwks`)
  })
})

describe('the documents', () => {
  it('are tagged, and 304 where the client has them', async () => {
    const issuer = await createTestIssuer({ issuer: NAME, cacheControl: 'max-age=300', ageSeconds: 12 })
    const first = await issuer.runtime.fetch(issuer.jwksUri)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]{22}"$/)
    for (const field of [etag, `"other", W/${etag}`, '*']) {
      const again = await issuer.runtime.fetch(issuer.jwksUri, { headers: { 'If-None-Match': field } })
      expect(again.status).toBe(304)
      expect(await again.text()).toBe('')
      expect(Object.fromEntries(again.headers)).toEqual({ 'cache-control': 'max-age=300', age: '12', etag })
    }
    await issuer.rotate()
    const changed = await issuer.runtime.fetch(issuer.jwksUri, { headers: { 'If-None-Match': etag } })
    expect(changed.status).toBe(200)
    expect(changed.headers.get('etag')).not.toBe(etag)
  })

  it('have no tag where that is switched off, and the content types that are asked for', async () => {
    const jwksContentType = 'application/jwk-set+json'
    const issuer = await createTestIssuer({
      issuer: NAME,
      etag: false,
      jwksContentType,
      discoveryContentType: 'text/plain',
    })
    const keys = await issuer.runtime.fetch(issuer.jwksUri, { headers: { 'If-None-Match': '*' } })
    expect(Object.fromEntries(keys.headers)).toEqual({
      'content-type': jwksContentType,
      'content-length': String((await keys.text()).length),
    })
    const discovery = await issuer.runtime.fetch(`${NAME}/.well-known/openid-configuration`)
    expect(discovery.headers.get('content-type')).toBe('text/plain')
  })

  it('are read by GET and HEAD alone', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const head = await issuer.runtime.fetch(issuer.jwksUri, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const post = await issuer.runtime.fetch(issuer.jwksUri, { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('options that cannot be', () => {
  it('reject at creation', async () => {
    await expect(createTestIssuer({ issuer: 'acme' })).rejects.toThrow('issuer wants a URL, got "acme"')
    await expect(createTestIssuer({ algorithms: [] })).rejects.toThrow('at least one algorithm')
    await expect(createTestIssuer({ algorithms: ['ES256', 'ES256'] })).rejects.toThrow('one algorithm twice')
    // @ts-expect-error: no such algorithm
    await expect(createTestIssuer({ algorithms: ['RS1'] })).rejects.toThrow('Unknown algorithm "RS1"')
  })
})
