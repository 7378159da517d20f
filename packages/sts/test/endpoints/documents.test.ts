import { UpstreamError } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { createWorld, STS } from './world.js'

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA']

describe('the key set', () => {
  it('RFC 7517 section 5: holds the public halves of the keys, for everybody, for five minutes', async () => {
    const world = await createWorld()
    const response = await world.get('/tenant/jwks')
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/jwk-set+json',
      'cache-control': 'public, max-age=300, stale-while-revalidate=60, stale-if-error=300',
      etag: expect.stringMatching(/^"[\w-]{43}"$/) as string,
      'access-control-allow-origin': '*',
    })
    const { keys } = (await response.json()) as { readonly keys: readonly Record<string, unknown>[] }
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      expect(key).toMatchObject({ kty: 'EC', use: 'sig', alg: 'ES256' })
    }
  })

  it('RFC 9110 section 13.1.2: is not sent again to whoever has it', async () => {
    const world = await createWorld()
    const etag = (await world.get('/tenant/jwks')).headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const response = await world.get('/tenant/jwks', { headers: { 'If-None-Match': known } })
      expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([304, '', etag])
    }
    for (const other of ['"x"', '', etag.slice(1, -1)])
      expect((await world.get('/tenant/jwks', { headers: { 'If-None-Match': other } })).status).toBe(200)
  })

  it('never shows a private member, whatever the keys say', async () => {
    const { signingKeys } = await createWorld()
    const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k', d: 'secret', k: 'secret', key_ops: ['sign'] }
    const world = await createWorld({ signingKeys: { ...signingKeys, jwks: async () => ({ keys: [jwk] }) } })
    const text = await (await world.get('/tenant/jwks')).text()
    expect(JSON.parse(text)).toEqual({ keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k' }] })
  })

  it.each([
    async () => ({ keys: [] }),
    () => Promise.reject(new UpstreamError('ERR_STORE_UNAVAILABLE', { retryAfterSeconds: 3 })),
  ])('is never empty: a 503 stands for it (%#)', async (jwks) => {
    const { signingKeys } = await createWorld()
    const world = await createWorld({ signingKeys: { ...signingKeys, jwks } })
    const response = await world.get('/tenant/jwks')
    expect([response.status, response.headers.get('cache-control')]).toEqual([503, 'no-store'])
    expect(response.headers.get('retry-after')).toMatch(/^[13]$/)
    expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' })
  })

  it('answers HEAD and preflights, and nothing else', async () => {
    const world = await createWorld()
    const head = await world.get('/tenant/jwks', { method: 'HEAD' })
    expect([head.status, await head.text(), head.headers.get('etag') === null]).toEqual([200, '', false])
    const preflight = await world.get('/tenant/jwks', { method: 'OPTIONS' })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    const post = await world.get('/tenant/jwks', { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })
})

const METADATA = {
  issuer: STS,
  token_endpoint: `${STS}/token`,
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
  jwks_uri: `${STS}/jwks`,
  response_types_supported: [],
  grant_types_supported: ['urn:ietf:params:oauth:grant-type:token-exchange', 'client_credentials'],
  introspection_endpoint: `${STS}/introspect`,
  introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
  introspection_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
  revocation_endpoint: `${STS}/revoke`,
  revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
  revocation_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
  dpop_signing_alg_values_supported: ALGORITHMS,
}

describe('the metadata', () => {
  it('RFC 8414 section 3: says what the service does, where its issuer says', async () => {
    const world = await createWorld()
    const response = await world.get('/.well-known/oauth-authorization-server/tenant')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(await response.json()).toEqual(METADATA)
  })

  it.each(['/tenant/.well-known/openid-configuration', '/.well-known/openid-configuration/tenant'])(
    'RFC 8414 section 5: has the form of OpenID Connect Discovery at %s',
    async (path) => {
      const world = await createWorld()
      expect(await (await world.get(path)).json()).toEqual({
        ...METADATA,
        subject_types_supported: ['public', 'pairwise'],
        id_token_signing_alg_values_supported: ['ES256'],
      })
    },
  )

  it('RFC 8414 section 2: names nothing that is not there', async () => {
    const secret = { method: 'client_secret_post', secrets: ['x'.repeat(32)] } as const
    const world = await createWorld({
      revocations: undefined,
      trust: [],
      clients: [
        { clientId: 'only', authentication: secret, grants: ['client-credentials'] },
        {
          clientId: 'mesh',
          authentication: { method: 'tls_client_auth', dnsName: 'a.example' },
          grants: ['client-credentials'],
        },
      ],
      policy: {
        id: 'p',
        rules: [
          {
            id: 'r',
            effect: 'allow',
            clients: ['only'],
            targets: ['billing'],
            subjectIssuers: [],
            grants: ['client-credentials'],
            grantScopes: ['invoice:read'],
          },
        ],
      },
      dpop: { algorithms: ['ES256'] },
    })
    const response = await world.get('/.well-known/oauth-authorization-server/tenant')
    expect(await response.json()).toEqual({
      issuer: STS,
      token_endpoint: `${STS}/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'tls_client_auth'],
      jwks_uri: `${STS}/jwks`,
      response_types_supported: [],
      grant_types_supported: ['client_credentials'],
      introspection_endpoint: `${STS}/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_post', 'tls_client_auth'],
      dpop_signing_alg_values_supported: ['ES256'],
      tls_client_certificate_bound_access_tokens: true,
    })
  })
})

describe('health', () => {
  it('is 200 while the service can sign, and 503 while it cannot, and says no more than that', async () => {
    const world = await createWorld()
    const response = await world.get('/tenant/health')
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
    const health = () => ({ ok: false, version: undefined, keys: [] })
    const broken = await createWorld({ signingKeys: { ...world.signingKeys, health } })
    const unwell = await broken.get('/tenant/health')
    expect([unwell.status, await unwell.json()]).toEqual([503, { status: 'unavailable' }])
  })
})
