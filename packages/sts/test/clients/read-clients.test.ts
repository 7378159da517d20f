import { ConfigurationError } from '@countersign/core'
import { createTestKey } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { CLIENTS, SECRET, platform, toClients } from './parts.js'

const secret = { method: 'client_secret_basic', secrets: [SECRET] }
const workload = (...claims: readonly object[]) => ({ method: 'workload', issuer: platform.issuer, claims })

function errorOf(options: unknown, more?: Parameters<typeof toClients>[1]): ConfigurationError {
  try {
    toClients(options, more)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('It was accepted')
}

const messageOf = (client: object, more?: Parameters<typeof toClients>[1]) => errorOf([client], more).message

describe('clients', () => {
  it('are registered with their defaults', () => {
    const clients = toClients(CLIENTS)
    expect(clients.find('basic')?.registration).toEqual({
      clientId: 'basic',
      method: 'client_secret_basic',
      grants: ['token-exchange'],
      subjectTokenTypes: ['urn:ietf:params:oauth:token-type:access_token', 'urn:ietf:params:oauth:token-type:jwt'],
      audiences: ['basic'],
      requireBoundTokens: false,
    })
    expect([...clients.methods].toSorted()).toEqual([
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'self_signed_tls_client_auth',
      'tls_client_auth',
      'workload',
    ])
  })

  it('are registered as they say', () => {
    const client = {
      clientId: 'billing',
      authentication: secret,
      grants: ['client-credentials', 'jwt-bearer'],
      subjectTokenTypes: ['saml2'],
      audiences: ['https://billing.example', 'billing'],
      requireBoundTokens: true,
    }
    expect(toClients([client]).find('billing')?.registration).toMatchObject({
      grants: ['client-credentials', 'jwt-bearer'],
      subjectTokenTypes: ['urn:ietf:params:oauth:token-type:saml2'],
      audiences: ['billing', 'https://billing.example'],
      requireBoundTokens: true,
    })
  })

  it('are found by their exact id', () => {
    const clients = toClients(CLIENTS)
    for (const id of ['Basic', 'basic ', '', '__proto__', 'toString']) expect(clients.find(id)).toBeUndefined()
  })

  it('show nobody what they prove themselves with', () => {
    expect(JSON.stringify(toClients(CLIENTS).registrations)).not.toContain('secrets')
    expect(JSON.stringify(toClients(CLIENTS).registrations)).not.toContain(SECRET)
  })
})

describe('a ConfigurationError', () => {
  it.each([undefined, [], {}, 'orders'])('asks for clients: not %j', (options) => {
    expect(errorOf(options).message).toContain('wants a list of clients')
  })

  it.each([
    [{ clientId: 'a b', authentication: secret }, 'clients[0].clientId'],
    [{ clientId: '', authentication: secret }, 'clients[0].clientId'],
    [{ clientId: 'ü', authentication: secret }, 'clients[0].clientId'],
    [{ clientId: 'x'.repeat(257), authentication: secret }, 'clients[0].clientId'],
    [{ authentication: secret }, 'clients[0].clientId'],
    [{ clientId: platform.issuer, authentication: secret }, 'clients[0].clientId'],
    [{ clientId: 'a' }, 'clients[0].authentication'],
    [{ clientId: 'a', authentication: { method: 'none' } }, 'clients[0].authentication.method'],
    [{ clientId: 'a', authentication: { method: 'toString' } }, 'clients[0].authentication.method'],
    [{ clientId: 'a', authentication: null }, 'clients[0].authentication.method'],
    [{ clientId: 'a', authentication: secret, grants: [] }, 'clients[0].grants'],
    [{ clientId: 'a', authentication: secret, grants: ['password'] }, 'clients[0].grants[0]'],
    [{ clientId: 'a', authentication: secret, subjectTokenTypes: ['refresh_token'] }, 'subjectTokenTypes[0]'],
    [{ clientId: 'a', authentication: secret, subjectTokenTypes: ['urn:x'] }, 'subjectTokenTypes[0]'],
    [{ clientId: 'a', authentication: secret, requireBoundTokens: 'yes' }, 'clients[0].requireBoundTokens'],
    [{ clientId: 'a', authentication: { ...secret, jwks: {} } }, 'clients[0].authentication.jwks'],
    [{ clientId: 'a', authentication: { ...secret, secrets: [] } }, 'clients[0].authentication.secrets'],
    [
      { clientId: 'a', authentication: { method: 'self_signed_tls_client_auth', thumbprints: ['AA:BB'] } },
      'clients[0].authentication.thumbprints[0]',
    ],
    [{ clientId: 'a', authentication: { method: 'tls_client_auth' } }, 'clients[0].authentication'],
    [
      { clientId: 'a', authentication: { method: 'tls_client_auth', dnsName: 'a', uri: 'b' } },
      'clients[0].authentication',
    ],
    [{ clientId: 'a', authentication: { method: 'private_key_jwt' } }, 'clients[0].authentication.keys'],
    [
      { clientId: 'a', authentication: { method: 'private_key_jwt', keys: { discoveryUrl: 'https://a.example' } } },
      'clients[0].authentication.keys',
    ],
    [
      { clientId: 'a', authentication: { method: 'private_key_jwt', keys: { jwksUri: 'http://a.example/jwks' } } },
      'clients[0].authentication.keys.jwksUri',
    ],
    [
      { clientId: 'a', authentication: { method: 'private_key_jwt', keys: { jwks: { keys: [] } } } },
      'clients[0].authentication.keys',
    ],
    [{ clientId: 'a', authentication: secret, redirectUris: [] }, 'clients[0].redirectUris'],
  ])('names the option: %j', (client, option) => {
    expect(messageOf(client)).toContain(option)
  })

  it('never shows a secret', () => {
    const message = messageOf({ clientId: 'a', authentication: { ...secret, secrets: ['hunter2'] } })
    expect(message).toContain('clients[0].authentication.secrets[0]')
    expect(message).not.toContain('hunter2')
  })

  it('refuses a private key in place of a public one', async () => {
    const { privateKey } = await createTestKey('ES256')
    const jwks = { keys: [privateKey.export({ format: 'jwk' })] }
    const message = messageOf({ clientId: 'a', authentication: { method: 'private_key_jwt', keys: { jwks } } })
    expect(message).toContain('Option "clients[0].authentication.keys.jwks": no usable key')
    expect(message).toContain('private 1')
  })

  it.each([
    [{ clientId: 'a' }, { clientId: 'a' }],
    [{ clientId: 'a', audiences: ['b'] }, { clientId: 'b' }],
    [
      { clientId: 'a', audiences: ['https://x'] },
      { clientId: 'b', audiences: ['https://x'] },
    ],
  ])('refuses two clients that one name could mean (%#)', (one, other) => {
    const clients = [one, other].map((client) => ({ ...client, authentication: secret }))
    expect(errorOf(clients).message).toContain('clients[1]')
  })
})

describe('a workload', () => {
  const errorFor = (...claims: readonly object[]) => messageOf({ clientId: 'a', authentication: workload(...claims) })

  it.each([
    [{ claim: 'repository_id', oneOf: ['74'] }],
    [{ claim: 'sub', oneOf: ['system:serviceaccount:prod:deploy'] }],
    [{ claim: ['kubernetes.io', 'serviceaccount', 'uid'], oneOf: ['0f2c'] }],
    [{ claim: 'sub', oneOf: ['repo:acme@12/shop@74:ref:refs/heads/main'] }],
  ])('is pinned by a claim that never changes: %j', (claim) => {
    const clients = toClients([{ clientId: 'a', authentication: workload(claim) }])
    expect(clients.workloads).toHaveLength(1)
  })

  it.each([
    [[{ claim: 'repository', oneOf: ['acme/shop'] }], 'add "repository_id"'],
    [[{ claim: 'repository_id', oneOf: ['74', '75'] }], 'Such as "sub"'],
    [[{ claim: 'ref', oneOf: ['refs/heads/main'] }], 'Such as "sub"'],
    [[{ claim: 'email', oneOf: ['a@b.example'] }], 'add "sub"'],
    [[{ claim: 'sub', oneOf: ['repo:acme/shop:ref:refs/heads/main'] }], 'wants one claim that never changes'],
    [[{ claim: 'email_verified', oneOf: [true] }], 'wants one claim that never changes'],
    [[{ claim: 'tenant', oneOf: ['acme'] }], 'wants one claim that never changes'],
  ])('is not pinned by %j', (claims, part) => {
    expect(errorFor(...claims)).toContain('clients[0].authentication.claims')
    expect(errorFor(...claims)).toContain(part)
  })

  it('is one of an issuer that is trusted for clients', () => {
    const claims = [{ claim: 'sub', oneOf: ['x'] }]
    const authentication = { method: 'workload', issuer: 'https://users.example', claims }
    expect(messageOf({ clientId: 'a', authentication })).toContain(
      'wants an issuer with a trust record of use "client"',
    )
  })

  it('needs a verifier', () => {
    const client = { clientId: 'a', authentication: workload({ claim: 'sub', oneOf: ['x'] }) }
    expect(messageOf(client, { verifier: undefined })).toContain('"verifier"')
  })
})
