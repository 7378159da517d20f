import { createRemoteJWKSet, jwtVerify } from 'jose'
import { connect } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { createTestIssuer } from '../src/index.js'
import type { TestIssuer } from '../src/index.js'

const open: TestIssuer[] = []

async function create(...args: Parameters<typeof createTestIssuer>): Promise<TestIssuer> {
  const issuer = await createTestIssuer(...args)
  open.push(issuer)
  return issuer
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()))
})

describe('listen', () => {
  it('gives an issuer without a name its loopback URL, and serves it', async () => {
    const issuer = await create()
    const { url } = await issuer.listen()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(issuer.issuer).toBe(url)
    const discovered = await (await fetch(`${url}/.well-known/openid-configuration`)).json()
    expect(discovered).toMatchObject({ issuer: url, jwks_uri: `${url}/jwks` })
    const keySet = createRemoteJWKSet(new URL(issuer.jwksUri))
    expect((await jwtVerify(await issuer.token(), keySet, { issuer: url })).payload.sub).toBe('user-1')
  })

  it('keeps the name that was given, and a path under the loopback URL where one is', async () => {
    const named = await create({ issuer: 'https://login.acme.example' })
    const { url } = await named.listen()
    expect(await (await fetch(`${url}/jwks`)).json()).toEqual(named.jwks)
    expect(named.issuer).toBe('https://login.acme.example')
    const realm = await create({ path: '/realms/acme' })
    const endpoint = await realm.listen()
    expect(realm.issuer).toBe(`${endpoint.url}/realms/acme`)
    const inserted = await fetch(`${endpoint.url}/.well-known/oauth-authorization-server/realms/acme`)
    expect(await inserted.json()).toMatchObject({ issuer: realm.issuer })
  })

  it('answers byte for byte what the runtime answers', async () => {
    const issuer = await create({ cacheControl: 'max-age=60' })
    await issuer.listen()
    for (const url of [issuer.jwksUri, `${issuer.issuer}/.well-known/openid-configuration`, `${issuer.issuer}/none`]) {
      const [real, inMemory] = await Promise.all([fetch(url), issuer.runtime.fetch(url)])
      expect(await real.text()).toBe(await inMemory.text())
      expect(real.status).toBe(inMemory.status)
      for (const [field, value] of inMemory.headers) expect(real.headers.get(field)).toBe(value)
    }
  })

  it('destroys every connection when it closes, also one that has sent nothing', async () => {
    const issuer = await create()
    const endpoint = await issuer.listen()
    const { port } = new URL(endpoint.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    const closed = once(socket, 'close')
    await issuer[Symbol.asyncDispose]()
    await closed
    await endpoint.close()
    await expect(fetch(endpoint.url)).rejects.toThrow('fetch failed')
  })
})
