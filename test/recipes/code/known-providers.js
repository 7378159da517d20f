/** @typedef {import('@countersign/core').IssuerOptions} Entry */

/** Microsoft Entra, one tenant. @type {Entry} */
export const entra = {
  issuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
  // The client id of the API, not its URI.
  audience: '00001111-aaaa-2222-bbbb-3333cccc4444',
  mapping: { subject: { claim: ['oid'] }, tenant: { claim: ['tid'] } },
}

/** Microsoft Entra, every tenant. @type {Entry} */
export const entraTenants = {
  issuer: 'https://login.microsoftonline.com/{tid}/v2.0',
  keys: { jwksUri: 'https://login.microsoftonline.com/common/discovery/v2.0/keys' },
  audience: '00001111-aaaa-2222-bbbb-3333cccc4444',
  mapping: { subject: { claim: ['oid'] } },
  // What is not named here is cut: any tenant may sign in.
  grants: { roles: ['Orders.Read'] },
}

/** Auth0. @type {Entry} */
export const auth0 = {
  // The slash belongs to it.
  issuer: 'https://acme.eu.auth0.com/',
  audience: 'https://api.example.com',
  mapping: { roles: { claim: ['https://acme.example/roles'] } },
}

/** Amazon Cognito. @type {Entry} */
export const cognito = {
  issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example12',
  audience: { claim: ['client_id'], oneOf: ['57cbishk4j24pabc1234567890'] },
  requiredClaims: [{ claim: ['token_use'], oneOf: ['access'] }],
  mapping: { groups: { claim: ['cognito:groups'] } },
}

/** Okta, an authorization server of your own. @type {Entry} */
export const okta = {
  issuer: 'https://acme.okta.com/oauth2/default',
  audience: 'api://default',
  mapping: { subject: [{ claim: ['uid'] }, { claim: ['sub'] }] },
}
