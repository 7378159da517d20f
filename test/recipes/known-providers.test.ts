import { createVerifier } from '@countersign/core'
import type { IssuerOptions, Principal } from '@countersign/core'
import { createTestIssuer, testRuntime } from '@countersign/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCode } from './code.js'

type Code = Record<'entra' | 'entraTenants' | 'auth0' | 'cognito' | 'okta', IssuerOptions>
type Claims = Readonly<Record<string, unknown>>

const tenant = 'aaaabbbb-0000-cccc-1111-dddd2222eeee'
const other = '22223333-cccc-4444-dddd-5555eeee6666'
const api = '00001111-aaaa-2222-bbbb-3333cccc4444'
const toEntra = (tid: string) => `https://login.microsoftonline.com/${tid}/v2.0`

/** A verifier with one entry of the page, and the provider behind it; its tokens have the claims of `shape` and no others. */
async function start(name: keyof Code, issuer: string, shape: Claims, more: Partial<IssuerOptions> = {}) {
  const { [name]: shown } = await runCode<Code>('known-providers.js')
  const entry = { ...shown, ...more }
  const jwksUri = typeof entry.keys === 'object' && 'jwksUri' in entry.keys ? entry.keys.jwksUri : undefined
  const provider = await createTestIssuer({ issuer, algorithms: ['RS256'], ...(jwksUri && { jwksUri: `${jwksUri}` }) })
  const runtime = testRuntime(provider)
  const verifier = createVerifier({ audience: 'https://verifier.example.com', issuers: [entry], runtime })
  onTestFinished(() => verifier.close())
  const bare = { aud: undefined, client_id: undefined, scope: undefined, sub: undefined, jti: undefined }
  const verify = async (claims: Claims = {}, typ: string | undefined = 'JWT'): Promise<Principal> =>
    verifier.verify(await provider.token({ ...bare, ...shape, ...claims }, { typ }))
  const refuse = async (claims: Claims, typ?: string) =>
    verify(claims, typ).then(
      () => 'accepted',
      ({ reason }: { reason: string }) => reason,
    )
  return { verify, refuse }
}

const entraShape = {
  aud: api,
  azp: '11112222-bbbb-3333-cccc-4444dddd5555',
  azpacr: '1',
  oid: 'aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb',
  scp: 'Orders.Read Orders.Write',
  sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
  tid: tenant,
  ver: '2.0',
  roles: ['Orders.Read', 'Orders.Admin'],
}

describe('Entra, one tenant', () => {
  it('has subject, tenant, client, scopes and roles where the page says', async () => {
    const { verify } = await start('entra', toEntra(tenant), entraShape)
    expect(await verify()).toMatchObject({
      subject: entraShape.oid,
      tenant,
      clientId: entraShape.azp,
      scopes: ['Orders.Read', 'Orders.Write'],
      roles: entraShape.roles,
    })
    expect(await verify({ scp: undefined })).toMatchObject({ scopes: [], roles: entraShape.roles })
    const overage = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph.example' } },
    }
    expect(await verify(overage)).toMatchObject({ groups: [] })
  })

  it('refuses another tenant, a token of version 1, another API, and a token without oid', async () => {
    const { refuse } = await start('entra', toEntra(tenant), entraShape)
    expect(await refuse({ iss: toEntra(other), tid: other })).toBe('ERR_ISSUER_UNTRUSTED')
    expect(await refuse({ iss: `https://sts.windows.net/${tenant}/`, ver: '1.0' })).toBe('ERR_ISSUER_UNTRUSTED')
    expect(await refuse({ aud: '00000003-0000-0000-c000-000000000000' })).toBe('ERR_TOKEN_AUDIENCE')
    expect(await refuse({ aud: `api://${api}` })).toBe('ERR_TOKEN_AUDIENCE')
    expect(await refuse({ oid: undefined })).toBe('ERR_TOKEN_CLAIM_MISSING')
  })
})

describe('Entra, every tenant', () => {
  it('has the tenant that the name matched, and cuts what is not granted', async () => {
    const { verify } = await start('entraTenants', toEntra(tenant), entraShape)
    const claims = { permissions: ['all'], groups: ['admins'], tenant: 'mine' }
    const granted = { roles: ['Orders.Read'], permissions: [], groups: [], scopes: ['Orders.Read', 'Orders.Write'] }
    expect(await verify(claims)).toMatchObject({ subject: entraShape.oid, tenant, ...granted })
    expect(await verify({ ...claims, iss: toEntra(other), tid: other })).toMatchObject({ tenant: other, ...granted })
  })

  it('refuses a tenant that the claim denies, and what is no tenant', async () => {
    const { refuse } = await start('entraTenants', toEntra(tenant), entraShape)
    expect(await refuse({ tid: other })).toBe('ERR_TOKEN_CLAIM_VALUE')
    expect(await refuse({ tid: undefined })).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(await refuse({ iss: toEntra('a/b') })).toBe('ERR_ISSUER_UNTRUSTED')
  })
})

describe('Auth0', () => {
  const shape = {
    sub: 'auth0|123456',
    aud: ['https://api.example.com', 'https://acme.eu.auth0.com/userinfo'],
    azp: 'my_client_id',
    scope: 'openid profile orders:read',
    permissions: ['orders:read'],
    'https://acme.example/roles': ['admin'],
  }

  it('has roles in the claim of an Action, and permissions as they are, in both profiles', async () => {
    const { verify } = await start('auth0', 'https://acme.eu.auth0.com/', shape)
    const principal = {
      subject: 'auth0|123456',
      clientId: 'my_client_id',
      roles: ['admin'],
      permissions: ['orders:read'],
      scopes: ['openid', 'profile', 'orders:read'],
    }
    expect(await verify()).toMatchObject(principal)
    const rfc9068 = { azp: undefined, client_id: 'my_client_id', jti: '73WakrfVbNJBaAmhQtEeDv' }
    expect(await verify(rfc9068, 'at+jwt')).toMatchObject(principal)
    const strict = await start('auth0', 'https://acme.eu.auth0.com/', shape, { tokenProfile: 'rfc9068' })
    expect(await strict.verify(rfc9068, 'at+jwt')).toMatchObject(principal)
    expect(await strict.refuse({})).toBe('ERR_TOKEN_TYPE')
  })

  it('refuses an issuer without its slash, another tenant, and another API', async () => {
    const { refuse } = await start('auth0', 'https://acme.eu.auth0.com/', shape)
    expect(await refuse({ iss: 'https://acme.eu.auth0.com' })).toBe('ERR_ISSUER_UNTRUSTED')
    expect(await refuse({ iss: 'https://evil.eu.auth0.com/' })).toBe('ERR_ISSUER_UNTRUSTED')
    expect(await refuse({ aud: 'https://acme.eu.auth0.com/userinfo' })).toBe('ERR_TOKEN_AUDIENCE')
  })
})

describe('Cognito', () => {
  const issuer = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example12'
  const client = '57cbishk4j24pabc1234567890'
  const shape = {
    sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    'cognito:groups': ['admin'],
    token_use: 'access',
    scope: 'orders/read',
    client_id: client,
    username: 'janedoe@example.com',
  }

  it('has the app client in place of an audience, and groups', async () => {
    const { verify } = await start('cognito', issuer, shape)
    expect(await verify()).toMatchObject({
      subject: shape.sub,
      clientId: client,
      groups: ['admin'],
      scopes: ['orders/read'],
    })
  })

  it('refuses ID tokens, another app client, another pool, and a token that does not say what it is for', async () => {
    const { refuse } = await start('cognito', issuer, shape)
    const id = { token_use: 'id', client_id: undefined, aud: client, scope: undefined, email: 'janedoe@example.com' }
    expect(await refuse(id)).toBe('ERR_TOKEN_TYPE')
    expect(await refuse({ token_use: 'id' })).toBe('ERR_TOKEN_TYPE')
    expect(await refuse({ token_use: undefined })).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(await refuse({ client_id: '1example23456789' })).toBe('ERR_TOKEN_AUDIENCE')
    expect(await refuse({ iss: `${issuer}3` })).toBe('ERR_ISSUER_UNTRUSTED')
  })
})

describe('Okta', () => {
  const issuer = 'https://acme.okta.com/oauth2/default'
  const shape = {
    ver: 1,
    aud: 'api://default',
    sub: 'arthur.dent@example.com',
    cid: 'nmdP1fcyvdVO11AL7ECm',
    uid: '00ujmkLgagxeRrAg20g3',
    scp: ['openid', 'orders:read'],
  }

  it('has the id of the user, the client in cid, and a list of scopes', async () => {
    const { verify } = await start('okta', issuer, shape)
    const principal = { clientId: shape.cid, scopes: shape.scp, groups: [] }
    expect(await verify()).toMatchObject({ subject: shape.uid, ...principal })
    expect(await verify({ groups: ['Everyone'] })).toMatchObject({ groups: ['Everyone'] })
    expect(await verify({ uid: undefined, sub: shape.cid })).toMatchObject({ subject: shape.cid, ...principal })
  })

  it('refuses the org server, another server, and another audience', async () => {
    const { refuse } = await start('okta', issuer, shape)
    const org = { iss: 'https://acme.okta.com', aud: 'https://acme.okta.com' }
    expect(await refuse(org)).toBe('ERR_ISSUER_UNTRUSTED')
    expect(await refuse({ iss: 'https://evil.okta.com/oauth2/default' })).toBe('ERR_ISSUER_UNTRUSTED')
    expect(await refuse({ aud: 'api://other' })).toBe('ERR_TOKEN_AUDIENCE')
  })
})
