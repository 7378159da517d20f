import type { TokenName } from './world.js'

/** One call, and what must come back, byte by byte, whatever the framework. */
export interface ContractCase {
  readonly title: string
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS'
  readonly path: string
  /** `Authorization` fields, in order; `{name}` stands for a token of the world. */
  readonly authorization?: readonly string[]
  readonly dpop?: readonly string[]
  readonly status: number
  /** The one `WWW-Authenticate` field; absent: there is none. */
  readonly challenge?: string
  /** Whether there is a `Retry-After`, of 1 to 99 seconds. */
  readonly retryAfter?: true
  /** What the handler answers. */
  readonly answer?: object
  /** What `errorHandler()` answers. */
  readonly error?: readonly [error: string, description: string]
}

const INVALID_TOKEN = {
  status: 401,
  challenge: 'Bearer realm="api", error="invalid_token", error_description="The access token is invalid or expired"',
  error: ['invalid_token', 'The access token is invalid or expired'],
} as const

const INVALID_REQUEST = {
  status: 400,
  challenge: 'Bearer realm="api", error="invalid_request", error_description="The request is malformed"',
  error: ['invalid_request', 'The request is malformed'],
} as const

const UNAUTHENTICATED = {
  status: 401,
  challenge: 'Bearer realm="api"',
  error: ['unauthorized', 'Authentication is required'],
} as const

const MISCONFIGURED = { status: 500, error: ['server_error', 'The request could not be processed'] } as const

const ACME = { issuer: 'https://login.acme.example', subject: 'user-1', clientId: 'client-1', scheme: 'Bearer' }

function insufficientScope(scope: string) {
  const text = 'The request requires higher privileges than the access token provides'
  return {
    status: 403,
    challenge: `Bearer realm="api", error="insufficient_scope", error_description="${text}", scope="${scope}"`,
    error: ['insufficient_scope', text],
  } as const
}

const bearer = (name: TokenName) => [`Bearer {${name}}`]

/** The contract. */
export const cases: readonly ContractCase[] = [
  // Who gets in.
  {
    title: 'a token of one issuer',
    path: '/me',
    authorization: bearer('acme'),
    status: 200,
    answer: { ...ACME, scopes: ['orders:read'] },
  },
  {
    title: 'a token of another issuer, other algorithm, the same principal',
    path: '/me',
    authorization: bearer('globex'),
    status: 200,
    answer: {
      issuer: 'https://id.globex.example/',
      subject: 'user-9',
      clientId: 'client-9',
      scopes: ['orders:read'],
      scheme: 'Bearer',
    },
  },
  { title: 'B1: a scheme in lower case', path: '/me', authorization: ['bearer {acme}'], status: 200 },
  {
    title: 'B1: a scheme in mixed case and three spaces',
    path: '/me',
    authorization: ['bEaReR   {acme}'],
    status: 200,
  },
  { title: 'an open route without a token', path: '/open', status: 200, answer: { open: true } },
  { title: 'an open route with a bad token', path: '/open', authorization: bearer('expired'), status: 200 },

  // B5: no credentials of ours, no error in the challenge.
  { title: 'B5: no field', path: '/me', ...UNAUTHENTICATED },
  { title: 'B5: a foreign scheme', path: '/me', authorization: ['Basic dXNlcjpwYXNz'], ...UNAUTHENTICATED },
  { title: 'B5: no field, on a route that wants a scope', path: '/orders', ...UNAUTHENTICATED },

  // B2, B6: a request nobody can read.
  { title: 'B6: an empty field', path: '/me', authorization: [''], ...INVALID_REQUEST },
  { title: 'B6: a scheme without a token', path: '/me', authorization: ['Bearer'], ...INVALID_REQUEST },
  { title: 'B6: a token with a space', path: '/me', authorization: ['Bearer {acme} x'], ...INVALID_REQUEST },
  {
    title: 'B2: two tokens in a list',
    path: '/me',
    authorization: ['Bearer {acme}, Bearer {acme}'],
    ...INVALID_REQUEST,
  },
  {
    title: 'B2: a token and another scheme in a list',
    path: '/me',
    authorization: ['Bearer {acme}, Basic eA=='],
    ...INVALID_REQUEST,
  },
  {
    title: 'B2: two fields, the good one first',
    path: '/me',
    authorization: ['Bearer {acme}', 'Basic eA=='],
    ...INVALID_REQUEST,
  },
  {
    title: 'B2: two fields, the same token',
    path: '/me',
    authorization: ['Bearer {acme}', 'Bearer {acme}'],
    ...INVALID_REQUEST,
  },
  { title: 'B2: a good field and an empty one', path: '/me', authorization: ['Bearer {acme}', ''], ...INVALID_REQUEST },

  // A token that does not hold. One text for all of them.
  { title: 'not a token', path: '/me', authorization: ['Bearer x'], ...INVALID_TOKEN },
  { title: 'base64url that is not canonical', path: '/me', authorization: bearer('encoding'), ...INVALID_TOKEN },
  { title: 'another signature', path: '/me', authorization: bearer('tampered'), ...INVALID_TOKEN },
  { title: 'an expired token', path: '/me', authorization: bearer('expired'), ...INVALID_TOKEN },
  { title: 'a token for another audience', path: '/me', authorization: bearer('audience'), ...INVALID_TOKEN },
  {
    title: 'a token of an issuer that nobody trusts',
    path: '/me',
    authorization: bearer('stranger'),
    ...INVALID_TOKEN,
  },
  {
    title: 'B6: a bad token on a route that wants a scope',
    path: '/orders',
    authorization: bearer('expired'),
    ...INVALID_TOKEN,
  },

  // What the principal may do.
  { title: 'a scope that is there', path: '/orders', authorization: bearer('acme'), status: 200 },
  {
    title: 'B6: a scope that is missing',
    path: '/orders',
    authorization: bearer('acmeInner'),
    ...insufficientScope('orders:read'),
  },
  {
    title: 'B6: one scope of two missing, both in the challenge',
    path: '/orders/both',
    authorization: bearer('acme'),
    ...insufficientScope('orders:read orders:write'),
  },
  { title: 'two scopes of two', path: '/orders/both', authorization: bearer('acmeWrite'), status: 200 },
  { title: 'one scope of several', path: '/any', authorization: bearer('acmeWrite'), status: 200 },
  {
    title: 'none of several scopes',
    path: '/any',
    authorization: bearer('acme'),
    ...insufficientScope('orders:write orders:admin'),
  },
  { title: 'an alternative that holds', path: '/either', authorization: bearer('acmeWrite'), status: 200 },
  { title: 'no alternative that holds', path: '/either', authorization: bearer('acme'), ...insufficientScope('root') },
  { title: 'an alternative, for nobody', path: '/either', ...UNAUTHENTICATED },

  // Optional.
  { title: 'optional: neither field', path: '/optional/me', status: 200, answer: { subject: null } },
  {
    title: 'optional: a good token',
    path: '/optional/me',
    authorization: bearer('acme'),
    status: 200,
    answer: { ...ACME, scopes: ['orders:read'] },
  },
  { title: 'optional: a bad token', path: '/optional/me', authorization: bearer('expired'), ...INVALID_TOKEN },
  { title: 'optional: an empty field', path: '/optional/me', authorization: [''], ...INVALID_REQUEST },
  { title: 'optional: a foreign scheme', path: '/optional/me', authorization: ['Basic eA=='], ...UNAUTHENTICATED },
  { title: 'optional: a DPoP field alone', path: '/optional/me', dpop: ['x.y.z'], ...UNAUTHENTICATED },
  { title: 'optional: nobody, at a guard', path: '/optional/orders', ...UNAUTHENTICATED },
  { title: 'optional: a good token, at a guard', path: '/optional/orders', authorization: bearer('acme'), status: 200 },

  // Mistakes of the application, and trouble elsewhere.
  { title: 'a guard that no middleware stands before', path: '/unguarded', ...MISCONFIGURED },
  { title: 'the same with a good token', path: '/unguarded', authorization: bearer('acme'), ...MISCONFIGURED },
  {
    title: 'an issuer whose keys cannot be had',
    path: '/me',
    authorization: bearer('hooli'),
    status: 503,
    retryAfter: true,
    error: ['temporarily_unavailable', 'The access token cannot be verified at the moment'],
  },

  // Methods.
  { title: 'HEAD with a good token', method: 'HEAD', path: '/me', authorization: bearer('acme'), status: 200 },
  { title: 'HEAD without a token', method: 'HEAD', path: '/me', ...UNAUTHENTICATED },
  {
    title: 'HEAD without the scope',
    method: 'HEAD',
    path: '/orders',
    authorization: bearer('acmeInner'),
    ...insufficientScope('orders:read'),
  },
  { title: 'a preflight, which is not skipped', method: 'OPTIONS', path: '/me', ...UNAUTHENTICATED },
  {
    title: 'OPTIONS with a token, which we do not answer',
    method: 'OPTIONS',
    path: '/me',
    authorization: bearer('acme'),
    status: 204,
  },

  // Routers, prefixes, sub-applications.
  { title: 'a router under a prefix, without a token', path: '/shop/orders/1', ...UNAUTHENTICATED },
  {
    title: 'a router under a prefix, without the scope',
    path: '/shop/orders/1?a=b',
    authorization: bearer('acmeInner'),
    ...insufficientScope('orders:read'),
  },
  { title: 'a router under a prefix', path: '/shop/orders/1', authorization: bearer('globex'), status: 200 },
  { title: 'a sub-application, without a token', path: '/admin/stats', ...UNAUTHENTICATED },
  {
    title: 'a sub-application, without the scope',
    path: '/admin/stats',
    authorization: bearer('acme'),
    ...insufficientScope('admin'),
  },

  // Several verifiers in one application.
  {
    title: 'another verifier, its own realm',
    path: '/partner/me',
    status: 401,
    challenge: 'Bearer realm="partner"',
    error: UNAUTHENTICATED.error,
  },
  { title: 'another verifier, its own issuer', path: '/partner/me', authorization: bearer('initech'), status: 200 },
  {
    title: 'another verifier, a token that only the first one trusts',
    path: '/partner/me',
    authorization: bearer('acme'),
    status: 401,
    challenge:
      'Bearer realm="partner", error="invalid_token", error_description="The access token is invalid or expired"',
    error: INVALID_TOKEN.error,
  },
  {
    title: 'the first verifier, a token that only the other one trusts',
    path: '/me',
    authorization: bearer('initech'),
    ...INVALID_TOKEN,
  },
  {
    title: 'a verifier inside another, which the token satisfies too',
    path: '/inner/me',
    authorization: bearer('acmeInner'),
    status: 200,
    answer: { ...ACME, scopes: [] },
  },
  {
    title: 'a verifier inside another, whose verdict counts',
    path: '/inner/me',
    authorization: bearer('acme'),
    status: 401,
    challenge:
      'Bearer realm="inner", error="invalid_token", error_description="The access token is invalid or expired"',
    error: INVALID_TOKEN.error,
  },

  // Two schemes: the one that was used stands first, and the error stands in it.
  {
    title: 'tokens bound or not: no field',
    path: '/bound/orders',
    status: 401,
    challenge: 'Bearer realm="api", DPoP realm="api", algs="ES256"',
    error: UNAUTHENTICATED.error,
  },
  {
    title: 'tokens bound or not: one that is not, without the scope',
    path: '/bound/orders',
    authorization: bearer('acme'),
    status: 403,
    challenge: `${insufficientScope('orders:write').challenge}, DPoP realm="api", algs="ES256"`,
    error: insufficientScope('orders:write').error,
  },
  {
    title: 'D15: tokens bound or not: one that is not, under the DPoP scheme',
    path: '/bound/orders',
    authorization: ['DPoP {acme}'],
    status: 401,
    challenge:
      'DPoP realm="api", error="invalid_token", error_description="The access token is invalid or expired", algs="ES256", Bearer realm="api"',
    error: INVALID_TOKEN.error,
  },
]
