import * as oauth from 'oauth4webapi'
import { describe, expect, it } from 'vitest'
import { createTokenWorld, SECRET, STS } from './token-world.js'

const WELL_KNOWN = '/.well-known/oauth-authorization-server'

const read = async (path: string, changes?: Parameters<typeof createTokenWorld>[0]) => {
  const world = await createTokenWorld(changes)
  const response = await world.get(path)
  const text = await response.text()
  return { world, response, document: (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>> }
}

describe('RFC 8414', () => {
  it('§2 wants an https issuer without query and fragment, at construction', async () => {
    for (const issuer of ['http://sts.example', 'https://sts.example?a=1', 'https://sts.example#a', 'sts.example'])
      await expect(createTokenWorld({ issuer })).rejects.toThrow('Option "issuer"')
  })

  it('§2 names the issuer, and endpoints of it', async () => {
    const { document } = await read(`${WELL_KNOWN}/acme`)
    expect(document).toMatchObject({
      issuer: STS,
      token_endpoint: `${STS}/token`,
      jwks_uri: `${STS}/jwks`,
      introspection_endpoint: `${STS}/introspect`,
      revocation_endpoint: `${STS}/revoke`,
    })
    expect(document).not.toHaveProperty('authorization_endpoint')
    expect(document).not.toHaveProperty('registration_endpoint')
  })

  it('§2 has what is required of a service without an authorization endpoint', async () => {
    const { document } = await read(`${WELL_KNOWN}/acme`)
    expect(document['response_types_supported']).toEqual([])
    expect(document['grant_types_supported']).toEqual([
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'client_credentials',
    ])
  })

  it('§2 names how clients authenticate at each endpoint, and what assertions are signed with: never none', async () => {
    const { document } = await read(`${WELL_KNOWN}/acme`)
    for (const endpoint of ['token', 'introspection', 'revocation']) {
      expect(document[`${endpoint}_endpoint_auth_methods_supported`]).toEqual([
        'client_secret_basic',
        'private_key_jwt',
      ])
      const algorithms = document[`${endpoint}_endpoint_auth_signing_alg_values_supported`]
      expect(algorithms).toContain('ES256')
      expect(algorithms).not.toContain('none')
      expect(algorithms).not.toContain('HS256')
    }
  })

  it('§2 names no endpoint and no grant that there is not', async () => {
    const secret = { method: 'client_secret_basic', secrets: [SECRET] } as const
    const { world, document } = await read(`${WELL_KNOWN}/acme`, {
      revocations: undefined,
      trust: [],
      clients: [{ clientId: 'job', authentication: secret, grants: ['client-credentials'] }],
      policy: {
        id: 'jobs',
        rules: [
          {
            id: 'jobs',
            effect: 'allow',
            clients: ['job'],
            targets: ['billing'],
            subjectIssuers: [],
            grants: ['client-credentials'],
            grantScopes: ['invoice:read'],
          },
        ],
      },
    })
    expect(document).not.toHaveProperty('revocation_endpoint')
    expect(document).not.toHaveProperty('revocation_endpoint_auth_methods_supported')
    expect(document).not.toHaveProperty('token_endpoint_auth_signing_alg_values_supported')
    expect(document['grant_types_supported']).toEqual(['client_credentials'])
    expect((await world.post('/revoke', { token: 'x' }, { as: 'job' })).status).toBe(404)
  })

  it('§3 answers at the well-known path, and at no path beside it', async () => {
    expect((await read(`${WELL_KNOWN}/acme`)).response.status).toBe(200)
    for (const path of [
      WELL_KNOWN,
      `${WELL_KNOWN}/`,
      `${WELL_KNOWN}/acme/`,
      `${WELL_KNOWN}/other`,
      `/acme${WELL_KNOWN}`,
    ])
      expect((await read(path)).response.status).toBe(404)
  })

  it('§3.1 puts the well-known part before the path of the issuer', async () => {
    const { world, document } = await read(`${WELL_KNOWN}/acme`)
    const answered = { [oauth.customFetch]: (url: string) => world.get(url) }
    const response = await oauth.discoveryRequest(new URL(STS), { algorithm: 'oauth2', ...answered })
    expect(await oauth.processDiscoveryResponse(new URL(STS), response)).toEqual(document)
  })

  it('§3.2 is JSON with status 200, for everybody', async () => {
    const { response } = await read(`${WELL_KNOWN}/acme`)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('§3.2 is read by GET', async () => {
    const { world } = await read(`${WELL_KNOWN}/acme`)
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await world.get(`${WELL_KNOWN}/acme`, { method })).status).toBe(405)
  })

  it('§3.3 names the issuer that it was asked for, whatever host the request names', async () => {
    const { world } = await read(`${WELL_KNOWN}/acme`)
    const response = await world.get(`https://evil.example${WELL_KNOWN}/acme`)
    expect(await response.json()).toMatchObject({ issuer: STS, jwks_uri: `${STS}/jwks` })
  })

  it('§5 answers as OpenID Connect Discovery has it too, after the path and before it', async () => {
    const { document } = await read(`${WELL_KNOWN}/acme`)
    for (const path of ['/acme/.well-known/openid-configuration', '/.well-known/openid-configuration/acme']) {
      const openid = await read(path)
      expect(openid.document).toMatchObject(document)
      expect(openid.document).toMatchObject({ id_token_signing_alg_values_supported: ['ES256'] })
    }
  })
})
