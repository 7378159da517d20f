import { ConfigurationError, UpstreamError } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { createTokenService } from '../src/index.js'
import type { SigningKeys, TokenServiceOptions } from '../src/index.js'
import { createWorld, STS } from './endpoints/world.js'

const { options } = await createWorld()

function messageOf(changes: Readonly<Record<string, unknown>>): string {
  try {
    createTokenService({ ...options, ...changes } as TokenServiceOptions)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  return 'accepted'
}

describe('paths', () => {
  it('are those of the issuer, and no others', async () => {
    const world = await createWorld()
    for (const path of [
      '/',
      '/token',
      '/tenant',
      '/tenant/',
      '/tenant/token/',
      '/tenant/Token',
      '/tenant//token',
      '/tenant/%74oken',
      '/tenant/token;x',
      '/.well-known/oauth-authorization-server',
      '/tenant/.well-known/oauth-authorization-server',
      '/tenant/authorize',
    ]) {
      expect((await world.get(path)).status).toBe(404)
    }
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('of forms take POST, not %s', async (method) => {
    const world = await createWorld()
    for (const path of ['/tenant/token', '/tenant/introspect', '/tenant/revoke']) {
      const response = await world.get(path, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
      if (method !== 'HEAD') expect(await response.json()).toMatchObject({ error: 'invalid_request' })
    }
    expect(world.audit.entries).toEqual([])
  })

  it('hang on no host: what a request calls us does not matter', async () => {
    const world = await createWorld()
    expect((await world.get('https://evil.example/tenant/jwks')).status).toBe(200)
  })

  it('of an issuer without a path stand at the root', async () => {
    const policy = { id: 'p', rules: options.policy.rules.slice(1) }
    const world = await createWorld({ issuer: 'https://sts.example', policy })
    const openid = await world.get('/.well-known/openid-configuration')
    expect(await openid.json()).toMatchObject({
      issuer: 'https://sts.example',
      token_endpoint: 'https://sts.example/token',
    })
    expect((await world.get('/.well-known/oauth-authorization-server')).status).toBe(200)
    expect((await world.get('/jwks')).status).toBe(200)
  })
})

describe('options', () => {
  it('are enough as they are', () => {
    expect(messageOf({})).toBe('accepted')
    expect(messageOf({ dpop: undefined, network: undefined, logger: undefined })).toBe('accepted')
  })

  it('agree with those of the signing keys: no token outlives its key in the key set', () => {
    const signingKeys = { ...options.signingKeys, maxTokenLifetimeSeconds: 299 }
    expect(messageOf({ signingKeys })).toContain('tokenLifetimeSeconds": got 300')
  })

  it.each([
    ['issuers', { issuers: [] }, 'Did you mean "issuer"?'],
    ['isuer', { isuer: STS }, 'Did you mean "issuer"?'],
    ['dpop.mode', { dpop: { mode: 'allowed' } }, 'is unknown'],
  ])('that do not exist are refused: %s', (option, changes, fix) => {
    expect(messageOf(changes)).toContain(`Option "${option}" is unknown`)
    expect(messageOf(changes)).toContain(fix)
  })

  it.each([
    'sts.example',
    'ftp://sts.example',
    'https://sts.example?x',
    'https://sts.example/?',
    'https://sts.example#x',
    'https://sts.example/#',
    'https://user@sts.example',
    'https://STS.example',
    'https://sts.example:443',
    'https://sts.example/a/../b',
    'https://sts.example/a/',
    'https://sts.example//a',
    'https://sts.example/a b',
    'https://sts.example/%61',
    'https://sts.example/ü',
    'https://sts.example/a;b',
    ' https://sts.example',
    '',
    1,
    null,
    ['https://sts.example'],
  ])('name an issuer as every token will: not %j', (issuer) => {
    expect(messageOf({ issuer })).toContain('Option "issuer"')
    expect(messageOf({ issuer })).toContain('wants')
  })

  it.each(['https://sts.example/', 'https://sts.example:8443/a/b', 'https://sts.example/a.b-c_d~'])(
    'may name the issuer %s',
    (issuer) => {
      expect(messageOf({ issuer, policy: { id: 'p', rules: options.policy.rules.slice(1) } })).toBe('accepted')
    },
  )

  it('let an issuer be plain http on this machine, where that is said', () => {
    const policy = { id: 'p', rules: options.policy.rules.slice(1) }
    for (const issuer of ['http://localhost:3000', 'http://127.0.0.1:3000/sts', 'http://[::1]:3000']) {
      expect(messageOf({ issuer, policy })).toContain('network.allowInsecureLoopback')
      expect(messageOf({ issuer, policy, network: { allowInsecureLoopback: true } })).toBe('accepted')
    }
    for (const issuer of ['http://sts.example', 'http://127.0.0.1.evil.example', 'http://localhost.evil.example'])
      expect(messageOf({ issuer, policy, network: { allowInsecureLoopback: true } })).toContain('wants an https URL')
  })

  it.each([
    ['signingKeys', { signingKeys: {} }],
    ['signingKeys', { signingKeys: undefined }],
    ['verifier', { verifier: { verify: 1 } }],
    ['audit', { audit: undefined }],
    ['audit', { audit: { record() {} } }],
    ['replayStore', { replayStore: undefined }],
    ['revocations', { revocations: { isRevoked() {} } }],
    ['clients', { clients: [] }],
    ['targets', { targets: {} }],
    ['policy', { policy: undefined }],
    ['maxActorDepth', { maxActorDepth: 0 }],
    ['minTokenLifetimeSeconds', { minTokenLifetimeSeconds: '10' }],
    ['clockToleranceSeconds', { clockToleranceSeconds: 61 }],
    ['subjectTokenVerifiers[0]', { subjectTokenVerifiers: [{}] }],
    ['subjectTokenVerifiers[0].tokenTypes', { subjectTokenVerifiers: [{ tokenTypes: [], verify() {} }] }],
    ['logger', { logger: {} }],
    ['runtime.now', { runtime: { now: 1 } }],
  ])('name what is wrong: %s', (option, changes) => {
    expect(messageOf(changes)).toContain(`Option "${option}"`)
  })

  it('refuse two verifiers of one token type', () => {
    const verifier = {
      tokenTypes: ['urn:ietf:params:oauth:token-type:saml2'],
      verify: () => Promise.reject(new Error()),
    }
    expect(messageOf({ subjectTokenVerifiers: [verifier, verifier] })).toContain('subjectTokenVerifiers[1].tokenTypes')
  })

  it('want nonce secrets where instances share a memory', () => {
    const replayStore = { shared: true, claim: () => ({ fresh: true }) }
    expect(messageOf({ replayStore, dpop: { nonce: {} } })).toContain('dpop.nonce.secrets')
  })
})

describe('a token service', () => {
  it('explains which rule would decide, and why the others would not', async () => {
    const { service, acme } = await createWorld()
    const question = { clientId: 'orders', target: 'billing', subjectIssuer: acme.issuer }
    expect(service.explain(question)).toEqual({
      outcome: 'allow',
      rule: 'orders-to-billing',
      rules: [
        { rule: 'orders-to-billing', effect: 'allow', met: true, because: undefined, observe: false },
        { rule: 'jobs', effect: 'allow', met: false, because: 'grant', observe: false },
      ],
    })
    expect(service.explain({ ...question, clientId: 'stranger' })).toMatchObject({ outcome: 'deny', rule: undefined })
  })

  it('explains that a token of its own is denied for what it may not say', async () => {
    const when = [{ claim: 'department', oneOf: ['lab'] }]
    const deny = {
      id: 'lab',
      effect: 'deny',
      clients: ['orders'],
      targets: ['billing'],
      subjectIssuers: [STS],
      when,
    } as const
    const { service } = await createWorld({ policy: { id: 'test', rules: [deny] } })
    const question = { clientId: 'orders', target: 'billing', subjectIssuer: STS, claims: {} }
    expect(service.explain(question)).toMatchObject({ outcome: 'deny', rule: 'lab' })
  })

  it('is ready once its keys and its issuers are, and never rejects', async () => {
    const world = await createWorld()
    expect(await world.service.ready()).toMatchObject({
      ok: true,
      signingKeys: { ok: true, reason: undefined },
      issuers: [{ ok: true }, { ok: true }],
    })
    const ready = () => Promise.reject(new UpstreamError('ERR_STORE_UNAVAILABLE'))
    const broken = await createWorld({ signingKeys: { ...world.signingKeys, ready } })
    await broken.acme.outage('down')
    expect(await broken.service.ready()).toMatchObject({
      ok: false,
      signingKeys: { ok: false, reason: 'ERR_STORE_UNAVAILABLE' },
      issuers: [{ ok: false }, { ok: true }],
    })
  })

  it('shows how it stands', async () => {
    const { service } = await createWorld()
    await service.ready()
    expect(service.health()).toMatchObject({ ok: true, signingKeys: { ok: true } })
    expect(service.health().issuers).toHaveLength(2)
  })

  it('is unwell where a target waits for the first key of its algorithm', async () => {
    const world = await createWorld()
    const { keys } = world.signingKeys.health()
    const waiting = keys.map((key) => ({ ...key, state: 'pending' as const }))
    const health = (): ReturnType<SigningKeys['health']> => ({ ok: true, version: 1, keys: waiting })
    const { service, get } = await createWorld({ signingKeys: { ...world.signingKeys, health } })
    expect(service.health()).toMatchObject({ ok: false, signingKeys: { ok: true } })
    expect((await get('/tenant/health')).status).toBe(503)
    expect((await world.get('/tenant/health')).status).toBe(200)
  })

  it('answers as it would have where its logger throws', async () => {
    const fail = (): never => {
      throw new Error('the log is full')
    }
    const world = await createWorld({ logger: { debug: fail, info: fail, warn: fail, error: fail } })
    world.audit.failing = true
    const form = { grant_type: 'client_credentials', audience: 'billing' }
    expect(await world.post('/token', { as: 'job', form })).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable' },
    })
  })

  it('closes nothing that it was given', async () => {
    const closed: string[] = []
    const world = await createWorld()
    const signingKeys = { ...world.signingKeys, close: async () => void closed.push('keys') }
    const verifier = { ...world.options.verifier, close: async () => void closed.push('verifier') }
    const { service } = await createWorld({ signingKeys, verifier: verifier as never })
    await service.close()
    await service.close()
    expect(closed).toEqual([])
  })
})
