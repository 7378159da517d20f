import { createHash } from 'node:crypto'
import { createVerifier, memoryRevocationStore, UpstreamError } from '@countersign/core'
import type { HttpPeer, MemoryRevocationStore } from '@countersign/core'
import { createTestIssuer, testRuntime } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { authenticateClient } from '../../src/clients/authenticate-client.js'
import type { ClaimedClient, ClientAuthentication } from '../../src/clients/authenticate-client.js'
import { errorOf, reasonOf } from '../refusals.js'
import { ordersCertificate } from './certificates.js'
import {
  ASSERTION,
  CLIENTS,
  ISSUER,
  NOW_SECONDS,
  SECRET,
  clock,
  ordersKey,
  platform,
  strangeKey,
  toAssertion,
  toAuthentication,
  toClients,
} from './parts.js'

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

interface Sent {
  readonly form?: Readonly<Record<string, string>>
  readonly basic?: string
  readonly peer?: HttpPeer
}

async function authenticate({ form = {}, basic, peer = {} }: Sent, context = toAuthentication()) {
  const headers = new Headers()
  if (basic !== undefined) headers.set('Authorization', `Basic ${Buffer.from(basic).toString('base64')}`)
  const claimed: ClaimedClient = { clientId: undefined }
  const fields = new Map(Object.entries(form).map(([name, value]) => [name, [value]]))
  return authenticateClient({ headers, form: fields, peer }, context, claimed)
}

const withAssertion = (assertion: string, more: Readonly<Record<string, string>> = {}): Sent => ({
  form: { client_assertion: assertion, client_assertion_type: JWT_BEARER, ...more },
})

type Changes = Readonly<Record<string, unknown>>

const claimsReason = async (claims: Changes, context?: ClientAuthentication) =>
  reasonOf(async () => authenticate(withAssertion(await toAssertion(claims)), context))
const headerReason = async (header: Changes) =>
  reasonOf(async () => authenticate(withAssertion(await toAssertion({}, header))))

describe('private_key_jwt', () => {
  it('RFC 7523 section 3: authenticates the client that signed the assertion', async () => {
    expect(await authenticate(withAssertion(await toAssertion()))).toEqual({
      registration: expect.objectContaining({ clientId: 'orders', method: 'private_key_jwt' }),
      method: 'private_key_jwt',
      keyId: ordersKey.kid,
      workload: undefined,
    })
    expect(await claimsReason({ aud: [ISSUER], nbf: NOW_SECONDS, anything: { else: 1 } })).toBe('accepted')
    expect(await reasonOf(async () => authenticate(withAssertion(await toAssertion(), { client_id: 'orders' })))).toBe(
      'accepted',
    )
  })

  it.each([
    { iss: 'billing' },
    { iss: undefined },
    { iss: '' },
    { iss: 1 },
    { iss: ['orders'] },
    { iss: ISSUER },
    { iss: 'nobody' },
    { iss: '__proto__' },
    { sub: undefined },
    { sub: 'billing' },
    { sub: '' },
    { sub: ['orders'] },
    { iss: 'basic', sub: 'basic' },
  ])('RFC 7523 section 3: is about its own issuer, a client with a key: not with %j', async (claims) => {
    const error = await errorOf(async () => authenticate(withAssertion(await toAssertion(claims))))
    expect(error).toMatchObject({ code: 'invalid_client', status: 401, message: 'Client authentication failed' })
  })

  it.each([
    undefined,
    '',
    `${ISSUER}/`,
    `${ISSUER}/token`,
    'orders',
    [],
    [ISSUER, 'https://other.example'],
    [ISSUER, ISSUER],
    [`${ISSUER}/token`],
    [[ISSUER]],
    { [ISSUER]: 1 },
    1,
  ])('rfc7523bis section 4: is meant for this issuer and for nobody else: not with aud %j', async (aud) => {
    expect(await claimsReason({ aud })).toBe('ERR_STS_CLIENT_ASSERTION')
  })

  it.each([
    { exp: undefined },
    { exp: NOW_SECONDS - 5 },
    { exp: NOW_SECONDS + 306 },
    { exp: String(NOW_SECONDS + 60) },
    { exp: NOW_SECONDS + 86_400 },
    { nbf: NOW_SECONDS + 6 },
    { nbf: 'now' },
    { iat: NOW_SECONDS + 6 },
    { iat: null },
    { jti: undefined },
    { jti: '' },
    { jti: 1 },
    { jti: 'x'.repeat(257) },
  ])('is for now, for a few minutes, and has an id: not with %j', async (claims) => {
    expect(await claimsReason(claims)).toBe('ERR_STS_CLIENT_ASSERTION')
  })

  it.each([{ exp: NOW_SECONDS - 4 }, { exp: NOW_SECONDS + 305 }, { iat: undefined }, { nbf: NOW_SECONDS + 5 }])(
    'may be off by the tolerance of clocks: %j',
    async (claims) => {
      expect(await claimsReason(claims)).toBe('accepted')
    },
  )

  it.each([undefined, 'JWT', 'jwt', 'client-authentication+jwt', 'Client-Authentication+JWT'])(
    'rfc7523bis section 4: may have the type %j',
    async (typ) => {
      expect(await headerReason({ typ })).toBe('accepted')
    },
  )

  it.each(['at+jwt', 'dpop+jwt', 'oauth-id-jag+jwt', 'logout+jwt', 'application/jwt', '', 'JWT '])(
    'RFC 8725 section 3.11: has no other type: %j',
    async (typ) => {
      expect(await headerReason({ typ })).toBe('ERR_STS_CLIENT_ASSERTION')
    },
  )

  it.each(['', 'x', 'a.b', 'a.b.c', 'a.b.c.d.e', 'x'.repeat(9_000)])('is a JWT: not %#', async (assertion) => {
    expect(await reasonOf(() => authenticate(withAssertion(assertion)))).toBe('ERR_STS_CLIENT_ASSERTION')
  })

  it('is signed by the key of that client', async () => {
    const forged = [
      await toAssertion({}, {}, strangeKey),
      await toAssertion({}, { kid: ordersKey.kid }, strangeKey),
      await toAssertion({}, { kid: undefined }, strangeKey),
      `${(await toAssertion()).split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`,
    ]
    for (const assertion of forged)
      expect(await reasonOf(() => authenticate(withAssertion(assertion)))).toBe('ERR_STS_CLIENT_ASSERTION')
  })

  it('is never signed with a secret, or not at all', async () => {
    const payload = Buffer.from(JSON.stringify(ASSERTION)).toString('base64url')
    for (const alg of ['none', 'HS256', 'HS512', 'NONE', '']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: ordersKey.kid })).toString('base64url')
      expect(await reasonOf(() => authenticate(withAssertion(`${header}.${payload}.AAAA`)))).toBe(
        'ERR_STS_CLIENT_ASSERTION',
      )
    }
  })

  it('RFC 7523 section 3: is used once', async () => {
    const context = toAuthentication()
    expect(await claimsReason({}, context)).toBe('accepted')
    expect(await claimsReason({}, context)).toBe('ERR_STS_CLIENT_REPLAYED')
    expect(await claimsReason({ exp: NOW_SECONDS + 90 }, context)).toBe('ERR_STS_CLIENT_REPLAYED')
    expect(await claimsReason({ jti: 'assertion-2' }, context)).toBe('accepted')
  })

  it('is used once of many at the same moment', async () => {
    const context = toAuthentication()
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => claimsReason({}, context)))
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1)
  })

  it('is used up by whoever may use it alone: a forged one burns no id', async () => {
    const asked: string[] = []
    const replayStore = { shared: false, claim: (id: string) => ({ fresh: asked.push(id) > 0 }) }
    const context = toAuthentication({ replayStore })
    await reasonOf(async () => authenticate(withAssertion(await toAssertion({}, {}, strangeKey)), context))
    await claimsReason({ aud: 'other' }, context)
    await claimsReason({ exp: NOW_SECONDS - 60 }, context)
    expect(asked).toEqual([])
  })

  it('is an outage where nobody can say whether it was used', async () => {
    for (const claim of [() => Promise.reject(new Error('ECONNREFUSED')), () => ({ fresh: 'yes' as never })]) {
      const context = toAuthentication({ replayStore: { shared: true, claim } })
      const error = await errorOf(async () => authenticate(withAssertion(await toAssertion()), context))
      expect(error).toMatchObject({ reason: 'ERR_STS_UNAVAILABLE', status: 503, retryAfterSeconds: 1 })
    }
  })

  it('is not taken where the memory may have forgotten it, until it is newer than the gap', async () => {
    const claim = () => ({ fresh: true, memorySinceMs: NOW_SECONDS * 1_000 })
    const context = toAuthentication({ replayStore: { shared: true, claim } })
    expect(await claimsReason({}, context)).toBe('ERR_STS_UNAVAILABLE')
    const later = { now: () => (NOW_SECONDS + 30) * 1_000, monotonicNow: () => 35_000, fetch: undefined }
    const claims = { iat: NOW_SECONDS + 30, exp: NOW_SECONDS + 90 }
    expect(await claimsReason(claims, { ...context, runtime: later })).toBe('accepted')
  })

  it('is verified with keys that the client publishes, and is an outage where those cannot be read', async () => {
    const client = await createTestIssuer({ issuer: 'https://client.example', clock })
    const options = [
      { clientId: 'far', authentication: { method: 'private_key_jwt', keys: { jwksUri: client.jwksUri } } },
    ]
    const keySource = { runtime: client.runtime }
    const clients = toClients(options, { keySource })
    const context = toAuthentication({ clients, runtime: { ...clock, fetch: undefined } })
    const [key] = client.keys
    if (key === undefined) throw new Error('no key')
    const sign = (jti: string) => toAssertion({ iss: 'far', sub: 'far', jti }, {}, key)
    expect(await reasonOf(async () => authenticate(withAssertion(await sign('1')), context))).toBe('accepted')
    clients.close()

    await client.outage('down')
    const cut = toAuthentication({ clients: toClients(options, { keySource }) })
    const error = await errorOf(async () => authenticate(withAssertion(await sign('2')), cut))
    expect(error).toMatchObject({ reason: 'ERR_STS_UNAVAILABLE', rootReason: 'ERR_KEYS_UNAVAILABLE', status: 503 })
  })

  it('RFC 7521 section 4.2: names the client that stands beside it', async () => {
    const sent = withAssertion(await toAssertion(), { client_id: 'billing' })
    expect(await reasonOf(() => authenticate(sent))).toBe('ERR_STS_CLIENT_ASSERTION')
  })
})

describe('a secret', () => {
  it('authenticates the client that has it, in the way that it is registered for', async () => {
    expect(await authenticate({ basic: `basic:${SECRET}` })).toMatchObject({
      registration: { clientId: 'basic' },
      method: 'client_secret_basic',
      keyId: undefined,
    })
    expect(await reasonOf(() => authenticate({ basic: `basic:${'y'.repeat(40)}` }))).toBe('accepted')
    const post = { client_id: 'post', client_secret: SECRET }
    expect(await authenticate({ form: post })).toMatchObject({ method: 'client_secret_post' })
  })

  it.each([
    [{ basic: 'basic:wrong' }, 'ERR_STS_CLIENT_SECRET'],
    [{ basic: 'basic:' }, 'ERR_STS_CLIENT_SECRET'],
    [{ basic: `basic:${SECRET}x` }, 'ERR_STS_CLIENT_SECRET'],
    [{ basic: `Basic:${SECRET}` }, 'ERR_STS_CLIENT_UNKNOWN'],
    [{ basic: `nobody:${SECRET}` }, 'ERR_STS_CLIENT_UNKNOWN'],
    [{ basic: `__proto__:${SECRET}` }, 'ERR_STS_CLIENT_UNKNOWN'],
    [{ basic: `post:${SECRET}` }, 'ERR_STS_CLIENT_METHOD'],
    [{ basic: 'orders:' }, 'ERR_STS_CLIENT_METHOD'],
    [{ form: { client_id: 'basic', client_secret: SECRET } }, 'ERR_STS_CLIENT_METHOD'],
    [{ form: { client_id: 'post', client_secret: 'wrong' } }, 'ERR_STS_CLIENT_SECRET'],
    [{ form: { client_id: 'mesh', client_secret: SECRET } }, 'ERR_STS_CLIENT_METHOD'],
  ])('in no other way: %j', async (sent, reason) => {
    const error = await errorOf(() => authenticate(sent))
    expect(error).toMatchObject({
      reason,
      code: 'invalid_client',
      status: 401,
      message: 'Client authentication failed',
    })
  })
})

describe('a certificate', () => {
  const peer: HttpPeer = { clientCertificate: () => ordersCertificate, isCertificateTrusted: () => true }
  const thumbprint = createHash('sha256').update(ordersCertificate.raw).digest('base64url')

  it('RFC 8705 section 2: authenticates the client that it belongs to', async () => {
    const context = toAuthentication({
      clients: toClients([
        ...CLIENTS.filter(({ clientId }) => clientId !== 'pinned'),
        { clientId: 'pinned', authentication: { method: 'self_signed_tls_client_auth', thumbprints: [thumbprint] } },
      ]),
    })
    const method = async (clientId: string) =>
      (await authenticate({ form: { client_id: clientId }, peer }, context)).method
    expect(await method('mesh')).toBe('tls_client_auth')
    expect(await method('pinned')).toBe('self_signed_tls_client_auth')
  })

  it.each([
    ['mesh', {}, 'ERR_STS_CLIENT_CERTIFICATE'],
    ['mesh', { clientCertificate: () => ordersCertificate }, 'ERR_STS_CLIENT_CERTIFICATE'],
    ['pinned', peer, 'ERR_STS_CLIENT_CERTIFICATE'],
    ['pinned', {}, 'ERR_STS_CLIENT_CERTIFICATE'],
    ['nobody', peer, 'ERR_STS_CLIENT_UNKNOWN'],
    ['orders', peer, 'ERR_STS_CLIENT_METHOD'],
    ['basic', peer, 'ERR_STS_CLIENT_METHOD'],
    ['deploy', peer, 'ERR_STS_CLIENT_METHOD'],
  ])('authenticates no other: %s (%#)', async (clientId, given, reason) => {
    const error = await errorOf(() => authenticate({ form: { client_id: clientId }, peer: given }))
    expect(error).toMatchObject({ reason, code: 'invalid_client' })
  })
})

describe('a workload', () => {
  const CLAIMS = { sub: 'repo:acme/shop', repository_id: '74', ref: 'refs/heads/main' }
  const AHEAD = { issuer: platform.issuer, subject: CLAIMS.sub, issuedBeforeSeconds: NOW_SECONDS - 4 }
  const token = (claims: Changes = {}, options: { readonly header?: Changes } = {}) =>
    platform.token({ ...CLAIMS, ...claims }, { ...options, header: { typ: 'JWT', ...options.header } })
  const reason = async (claims: Changes, more: Readonly<Record<string, string>> = {}, context = toAuthentication()) =>
    reasonOf(async () => authenticate(withAssertion(await token(claims), more), context))

  it('is the client whose claims its token has', async () => {
    const client = await authenticate(withAssertion(await token()))
    expect(client).toMatchObject({ registration: { clientId: 'deploy' }, method: 'workload', keyId: undefined })
    expect(client.workload).toMatchObject({ issuer: platform.issuer, subject: 'repo:acme/shop' })
    expect(await reason({ ref: 'refs/heads/next' })).toBe('accepted')
    expect(await reason({}, { client_id: 'deploy' })).toBe('accepted')
  })

  it('may use its token for as long as it lives: its platform hands it out in a file', async () => {
    const context = toAuthentication()
    expect(await reason({ jti: 'one' }, {}, context)).toBe('accepted')
    expect(await reason({ jti: 'one' }, {}, context)).toBe('accepted')
  })

  it.each([
    { repository_id: '75' },
    { repository_id: undefined },
    { repository_id: 74 },
    { ref: 'refs/heads/evil' },
    { ref: undefined },
  ])('is nobody where one claim is another: %j', async (claims) => {
    expect(await reason(claims)).toBe('ERR_STS_CLIENT_UNKNOWN')
  })

  it('is nobody else, whatever stands beside its token', async () => {
    for (const clientId of ['orders', 'basic', 'nobody', platform.issuer])
      expect(await reason({}, { client_id: clientId })).toBe('ERR_STS_CLIENT_UNKNOWN')
  })

  it.each([
    { aud: 'https://other.example' },
    { aud: [ISSUER, 'https://other.example'] },
    { aud: undefined },
    { exp: NOW_SECONDS - 60 },
    { cnf: { jkt: 'x' } },
  ])('presents a token for this service alone, that is good now: not with %j', async (claims) => {
    expect(await reason(claims)).toBe('ERR_STS_CLIENT_WORKLOAD')
  })

  it('presents no token that is meant for an API whose name the verifier takes for users', async () => {
    const audience = [ISSUER, 'https://orders.example']
    const verifier = createVerifier({ audience, issuers: [platform.issuer], runtime: platform.runtime })
    const context = toAuthentication({ verifier })
    expect(await reason({ aud: 'https://orders.example' }, {}, context)).toBe('ERR_STS_CLIENT_WORKLOAD')
    expect(await reason({ aud: [ISSUER, 'https://orders.example'] }, {}, context)).toBe('ERR_STS_CLIENT_WORKLOAD')
    expect(await reason({ aud: [ISSUER] }, {}, context)).toBe('accepted')
  })

  it('presents no access token', async () => {
    const assertion = await token({}, { header: { typ: 'at+jwt' } })
    expect(await reasonOf(() => authenticate(withAssertion(assertion)))).toBe('ERR_STS_CLIENT_ASSERTION')
  })

  it('presents no token that was forged', async () => {
    const [header, payload] = (await token()).split('.')
    expect(await reasonOf(() => authenticate(withAssertion(`${header}.${payload}.${'A'.repeat(86)}`)))).toBe(
      'ERR_STS_CLIENT_WORKLOAD',
    )
  })

  it('of an issuer of users is no client', async () => {
    const users = await createTestIssuer({ issuer: 'https://users.example', audience: ISSUER, clock })
    const assertion = await users.token(CLAIMS, { header: { typ: 'JWT' } })
    expect(await reasonOf(() => authenticate(withAssertion(assertion)))).toBe('ERR_STS_CLIENT_UNKNOWN')
  })

  it('of another platform is another, though its claims be the same', async () => {
    const other = await createTestIssuer({ issuer: 'https://other-ci.example', audience: ISSUER, clock })
    const verifier = createVerifier({
      audience: ISSUER,
      issuers: [platform.issuer, other.issuer],
      runtime: testRuntime(platform, other),
    })
    const isClientIssuer = (issuer: string) => issuer === platform.issuer || issuer === other.issuer
    const context = toAuthentication({ verifier, isClientIssuer })
    const assertion = await other.token(CLAIMS, { header: { typ: 'JWT' } })
    expect(await reasonOf(() => authenticate(withAssertion(assertion), context))).toBe('ERR_STS_CLIENT_UNKNOWN')
  })

  it('is of the platform that the verifier knows by that name, not of one that it merely signs for', async () => {
    const issuers = [
      { issuer: 'https://users.example', acceptedIssuers: [platform.issuer], keys: { jwks: platform.jwks } },
    ]
    const verifier = createVerifier({ audience: ISSUER, issuers, runtime: platform.runtime })
    expect(await reason({}, {}, toAuthentication({ verifier }))).toBe('ERR_STS_CLIENT_WORKLOAD')
  })

  it('that matches two clients is neither: whose rights would it have?', async () => {
    const authentication = {
      method: 'workload',
      issuer: platform.issuer,
      claims: [{ claim: 'repository_id', oneOf: ['74'] }],
    }
    const clients = toClients([...CLIENTS, { clientId: 'release', authentication }])
    const context = toAuthentication({ clients })
    const error = await errorOf(async () => authenticate(withAssertion(await token()), context))
    expect(error).toMatchObject({ reason: 'ERR_STS_CLIENT_WORKLOAD', code: 'invalid_client' })
    expect(await reason({}, { client_id: 'release' }, context)).toBe('accepted')
    expect(await reason({ ref: 'refs/heads/evil' }, {}, context)).toBe('accepted')
  })

  it.each<[string, (store: MemoryRevocationStore) => void]>([
    ['token', (store) => store.revokeToken({ issuer: platform.issuer, tokenId: 'stolen' })],
    ['session', (store) => store.revokeSession({ issuer: platform.issuer, sessionId: 'run-1' })],
    ['subject', (store) => store.revokeSubject({ issuer: platform.issuer, subject: CLAIMS.sub })],
    ['subject, by a clock that is ahead', (store) => store.revokeSubject(AHEAD)],
  ])('that was revoked is no client any more: its %s', async (_, revoke) => {
    const revocations = memoryRevocationStore({ now: clock.now })
    const context = toAuthentication({ standing: { revocations, clockToleranceSeconds: 5 } })
    const claims = { jti: 'stolen', sid: 'run-1' }
    expect(await reason(claims, {}, context)).toBe('accepted')
    revoke(revocations)
    const error = await errorOf(async () => authenticate(withAssertion(await token(claims)), context))
    expect(error).toMatchObject({
      reason: 'ERR_STS_CLIENT_WORKLOAD',
      rootReason: 'ERR_TOKEN_REVOKED',
      code: 'invalid_client',
      status: 401,
      message: 'Client authentication failed',
    })
  })

  it('is an outage where nobody can say whether it was revoked, and nobody is asked about one that is forged', async () => {
    let asked = 0
    const isRevoked = (): Promise<boolean> => {
      asked++
      return Promise.reject(new Error('ECONNREFUSED'))
    }
    const context = toAuthentication({ standing: { revocations: { isRevoked }, clockToleranceSeconds: 5 } })
    const error = await errorOf(async () => authenticate(withAssertion(await token()), context))
    expect(error).toMatchObject({ reason: 'ERR_STS_UNAVAILABLE', rootReason: 'ERR_STATUS_UNAVAILABLE', status: 503 })
    expect(asked).toBe(1)
    const [header, payload] = (await token()).split('.')
    await reasonOf(() => authenticate(withAssertion(`${header}.${payload}.${'A'.repeat(86)}`), context))
    expect(await reason({ aud: 'https://other.example' }, {}, context)).toBe('ERR_STS_CLIENT_WORKLOAD')
    expect(asked).toBe(1)
  })

  it('is an outage where the keys of its platform cannot be read', async () => {
    const verifier = {
      ...toAuthentication().verifier,
      verify: () => Promise.reject(new UpstreamError('ERR_KEYS_UNAVAILABLE', { retryAfterSeconds: 7 })),
    }
    const context = toAuthentication({ verifier: verifier as never })
    const error = await errorOf(async () => authenticate(withAssertion(await token()), context))
    expect(error).toMatchObject({ reason: 'ERR_STS_UNAVAILABLE', status: 503, retryAfterSeconds: 7 })
  })
})

describe('who a request claims to be', () => {
  const claimedBy = async (sent: Sent): Promise<string | undefined> => {
    const headers = new Headers(
      sent.basic === undefined ? {} : { authorization: `Basic ${Buffer.from(sent.basic).toString('base64')}` },
    )
    const claimed: ClaimedClient = { clientId: undefined }
    const form = new Map(Object.entries(sent.form ?? {}).map(([name, value]) => [name, [value]]))
    await authenticateClient({ headers, form, peer: {} }, toAuthentication(), claimed).catch(() => {})
    return claimed.clientId
  }

  it('is told where such a client exists, and nothing that a stranger wrote', async () => {
    expect(await claimedBy({ basic: 'basic:wrong' })).toBe('basic')
    expect(await claimedBy({ basic: 'evil\u001b[31m:wrong' })).toBeUndefined()
    expect(await claimedBy({ form: { client_id: 'nobody', client_secret: 'x' } })).toBeUndefined()
    expect(await claimedBy(withAssertion(await toAssertion({}, {}, strangeKey)))).toBe('orders')
    expect(await claimedBy(withAssertion(await toAssertion({ iss: 'nobody' })))).toBeUndefined()
  })
})
