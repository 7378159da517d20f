import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier, memoryReplayStore, protectedResourceMetadata, requireScopes } from '@countersign/core'
import type { ResourceMetadataOptions, Verifier, VerifierOptions } from '@countersign/core'
import * as guards from '@countersign/express'
import { createTestIssuer } from '@countersign/testing'
import type { TestIssuer } from '@countersign/testing'
import { createParty, reasonOf } from './party.js'
import type { Party } from './party.js'

let party: Party
beforeAll(async () => {
  party = await createParty()
})

const RESOURCE = 'https://api.example.com'
const WELL_KNOWN = '/.well-known/oauth-protected-resource'

const create = (options: Partial<VerifierOptions> = {}) => party.verifier({}, { publicUrl: RESOURCE, ...options })

/** What the endpoint of a verifier answers at a URL. */
async function get(verifier: Verifier, url: string, options: ResourceMetadataOptions = {}, init: RequestInit = {}) {
  const response = await protectedResourceMetadata(verifier, options)(new Request(url, init))
  const text = await response.text()
  return { response, document: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown> | undefined }
}

const read = async (verifier: Verifier, options?: ResourceMetadataOptions) =>
  (await get(verifier, RESOURCE + WELL_KNOWN, options)).document

describe('RFC 9728', () => {
  it('§1.2 wants an identifier without a fragment, and says it as it is configured', async () => {
    expect(() => create({ publicUrl: `${RESOURCE}#a` })).toThrow(/publicUrl/)
    expect(await read(create())).toMatchObject({ resource: RESOURCE })
  })

  it('§2 says where a client gets a token: every listed issuer, and no name that is none', async () => {
    const [keys, first] = [{ jwks: party.issuer.jwks }, { issuer: 'https://a.example' }]
    const issuers = [first, { issuer: 'https://b.example/' }, { issuer: 'urn:c', keys }, { issuer: 'd', keys }]
    const verifier = create({ issuers: [...issuers, { issuer: 'https://e.example/{tid}', keys }] })
    expect(await read(verifier)).toMatchObject({ authorization_servers: ['https://a.example', 'https://b.example/'] })
  })

  it('§2 names scopes, ways to send the token, and the documentation', async () => {
    const documentation = 'https://docs.example'
    expect(await read(create(), { scopes: ['a', 'b'], name: 'Orders', documentation })).toEqual({
      resource: RESOURCE,
      authorization_servers: [party.issuer.issuer],
      scopes_supported: ['a', 'b'],
      bearer_methods_supported: ['header'],
      resource_name: 'Orders',
      resource_documentation: documentation,
    })
  })

  it.each([
    ['allowed', {}],
    ['required', { dpop_bound_access_tokens_required: true }],
  ] as const)('§2 says how tokens are bound, where that is %s', async (mode, more) => {
    const dpop = { mode, algorithms: ['ES256', 'Ed25519'] } as const
    const document = await read(create({ dpop, replayStore: memoryReplayStore() }))
    const { authorization_servers: _, bearer_methods_supported: __, ...rest } = document ?? {}
    expect(rest).toEqual({ resource: RESOURCE, dpop_signing_alg_values_supported: ['ES256', 'Ed25519'], ...more })
  })

  it('P1 §3.1 stands at the well-known path, between the host and the path of the resource', async () => {
    for (const [publicUrl, path] of [
      ['https://api.example.com', WELL_KNOWN],
      ['https://api.example.com/', WELL_KNOWN],
      ['https://api.example.com:8443', WELL_KNOWN],
      ['https://api.example.com/v1', `${WELL_KNOWN}/v1`],
      ['https://api.example.com/v1/', `${WELL_KNOWN}/v1`],
      ['https://api.example.com/v1/', `${WELL_KNOWN}/v1/`],
      ['https://api.example.com/v1/orders', `${WELL_KNOWN}/v1/orders`],
    ] as const) {
      const { origin } = new URL(publicUrl)
      const { document } = await get(create({ publicUrl }), origin + path)
      expect(document?.['resource']).toBe(publicUrl)
    }
  })

  it('P1 §3.3 says the very identifier that its URL was made of, and nothing at any other URL', async () => {
    const verifier = create({ publicUrl: [`${RESOURCE}/v1`, `${RESOURCE}/v2`] })
    expect((await get(verifier, `${RESOURCE}${WELL_KNOWN}/v1`)).document).toMatchObject({ resource: `${RESOURCE}/v1` })
    for (const path of [
      WELL_KNOWN,
      `${WELL_KNOWN}/v2`,
      `${WELL_KNOWN}/v1/x`,
      `/v1${WELL_KNOWN}`,
      '/',
      `${WELL_KNOWN}/V1`,
    ]) {
      expect((await get(verifier, RESOURCE + path)).response.status).toBe(404)
    }
    // The host of a request is a client's choice: it changes nothing of what is said.
    expect((await get(verifier, `https://evil.example${WELL_KNOWN}/v1`)).document).toMatchObject({
      resource: `${RESOURCE}/v1`,
    })
  })

  it('§3.1 answers GET; HEAD and preflights as HTTP has them, and no other method', async () => {
    const call = async (method: string) => (await get(create(), RESOURCE + WELL_KNOWN, {}, { method })).response
    expect((await call('GET')).status).toBe(200)
    expect((await call('HEAD')).status).toBe(200)
    expect((await call('OPTIONS')).status).toBe(204)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const { status, headers } = await call(method)
      expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    }
  })

  it('§3.2 answers with application/json, and leaves out what has no value', async () => {
    const { response, document } = await get(create(), RESOURCE + WELL_KNOWN, { scopes: undefined })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(Object.values(document ?? {})).not.toContain(null)
    expect(document).not.toHaveProperty('scopes_supported')
    expect(() => protectedResourceMetadata(create(), { scopes: [] })).toThrow(/scopes/)
  })

  it('§3.2 may be read by browsers of any origin: it holds no secret', async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const { response } = await get(create(), RESOURCE + WELL_KNOWN, {}, { method })
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  it('P2 §5.1 is pointed to by every challenge, once it is served', async () => {
    const verifier = create({ publicUrl: `${RESOURCE}/v1` })
    const challenge = (error: unknown) => verifier.refuse(error).headers['WWW-Authenticate']
    const refused = async (token: string) => verifier.verify(token).catch((error: unknown) => error)
    const bad = await refused('a.b.c')
    expect(challenge(bad)).not.toContain('resource_metadata')
    protectedResourceMetadata(verifier)
    const pointer = `resource_metadata="${RESOURCE}${WELL_KNOWN}/v1"`
    expect(challenge(bad)).toBe(
      `Bearer realm="api", error="invalid_token", error_description="The access token is invalid or expired", ${pointer}`,
    )
    const principal = await verifier.verify(await party.issuer.token())
    const lacking = await (async () => requireScopes('a').check(principal))().catch((error: unknown) => error)
    expect(challenge(lacking)).toMatch(new RegExp(`^Bearer .*scope="a", ${pointer}$`))
  })

  it('P2 §5.1 is pointed to under each scheme', async () => {
    const verifier = create({ dpop: { mode: 'allowed', algorithms: ['ES256'] }, replayStore: memoryReplayStore() })
    protectedResourceMetadata(verifier)
    const error: unknown = await verifier.authenticate(new Request(RESOURCE)).catch((reason: unknown) => reason)
    const pointer = `resource_metadata="${RESOURCE}${WELL_KNOWN}"`
    expect(verifier.refuse(error).headers['WWW-Authenticate']).toBe(
      `Bearer realm="api", ${pointer}, DPoP realm="api", ${pointer}, algs="ES256"`,
    )
  })

  it('§7.3 wants the identifier of the configuration, and takes none from a request', () => {
    expect(() => protectedResourceMetadata(party.verifier())).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIGURATION', message: expect.stringContaining('publicUrl') as string }),
    )
    expect(() => protectedResourceMetadata(party.verifier({}, { dangerouslyTrustRequestHost: true }))).toThrow(
      /publicUrl/,
    )
  })
})

describe('a client that knows nothing but the URL of the API', () => {
  let issuer: TestIssuer
  let close = (): void => undefined
  let resource = ''

  beforeAll(async () => {
    issuer = await createTestIssuer({ issuer: 'https://login.acme.example' })
    const app = express()
    const server = createServer(app as never)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    resource = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
    const verifier = createVerifier({
      audience: 'https://api.example.com',
      issuers: [issuer.issuer],
      publicUrl: resource,
      runtime: issuer.runtime,
    })
    app.use(WELL_KNOWN, guards.mount(protectedResourceMetadata(verifier, { scopes: ['orders:read'] })))
    app.use(guards.countersign(verifier))
    app.get('/v1/orders', guards.requireScopes('orders:read'), (_req, res) => void res.json([]))
    app.use(guards.errorHandler())
    close = () => void server.close()
  })
  afterAll(() => close())

  it('§5 finds where to get a token, by the challenge and by the well-known path alike', async () => {
    const refused = await fetch(`${resource}/orders`)
    const [, pointer = ''] = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? []
    const identifier = new URL(resource)
    const found = await oauth.processResourceDiscoveryResponse(identifier, await fetch(pointer))
    const options = { [oauth.allowInsecureRequests]: true }
    const discovered = await oauth.resourceDiscoveryRequest(identifier, options)
    expect(await oauth.processResourceDiscoveryResponse(identifier, discovered)).toEqual(found)
    expect(found).toMatchObject({
      authorization_servers: ['https://login.acme.example'],
      scopes_supported: ['orders:read'],
    })
    const headers = { authorization: `Bearer ${await issuer.token({ scope: 'orders:read' })}` }
    expect((await fetch(`${resource}/orders`, { headers })).status).toBe(200)
  })

  it('P1 §3.3 refuses the metadata of another resource', async () => {
    const other = new URL(`${resource}/other`)
    await expect(
      oauth.processResourceDiscoveryResponse(other, await fetch(`${new URL(resource).origin}${WELL_KNOWN}/v1`)),
    ).rejects.toThrow('"resource" property does not match')
  })
})

describe('RFC 8414', () => {
  it('P3 §3.3 uses no key of a document that names another issuer', async () => {
    const issuer = await createTestIssuer({ issuer: 'https://login.acme.example' })
    const verifier = createVerifier({ audience: RESOURCE, issuers: [issuer.issuer], runtime: issuer.runtime })
    const token = await issuer.token()
    for (const named of [
      'https://evil.example',
      'https://login.acme.example/',
      'https://LOGIN.acme.example',
      undefined,
    ]) {
      issuer.metadata = { issuer: named }
      expect(await reasonOf(verifier.verify(token))).toMatch(/^ERR_(DISCOVERY|KEYS)/)
      expect(issuer.requests.filter(({ endpoint }) => endpoint === 'jwks')).toEqual([])
    }
  })
})
