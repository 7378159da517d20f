import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CHANNELS, createVerifier, memoryRevocationStore } from '@countersign/core'
import type { CheckName, Claims, Explanation, IssuerOptions, Verifier, VerifierOptions } from '@countersign/core'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import { z } from 'zod'
import { reasonOf } from '../conformance/party.js'

const clock = createTestClock()
const acme = await createTestIssuer({ issuer: 'https://login.acme.example', clock })
const tenant = await createTestIssuer({ issuer: 'https://tenant.example', clock })
const runtime = testRuntime(acme, tenant)

const AUDIENCE = 'https://api.example.com'
const SECRET = 'secret-of-the-user'

function create(entry: Partial<IssuerOptions> = {}, options: Partial<VerifierOptions> = {}): Verifier {
  const issuers = [{ issuer: acme.issuer, ...entry }]
  return createVerifier({ audience: AUDIENCE, issuers, runtime, ...options })
}

function refusals({ checks }: Explanation): readonly (readonly [CheckName, string | undefined])[] {
  return checks.filter(({ result }) => result === 'refused').map(({ check, reason }) => [check, reason])
}

function unreached({ checks }: Explanation): readonly CheckName[] {
  return checks.filter(({ result }) => result === 'not reached').map(({ check }) => check)
}

/** What of a token must never be printed: its text and its parts. */
function checkHidden(explanation: unknown, token: string): void {
  const text = JSON.stringify(explanation)
  for (const part of [token, ...token.split('.')]) if (part.length > 8) expect(text).not.toContain(part)
}

const AFTER_SIGNATURE = ['profile', 'time', 'audience', 'required claims', 'binding', 'status', 'principal'] as const

describe('explain(token)', () => {
  it('says of an accepted token that every check held, and who it is', async () => {
    const token = await acme.token({ scope: 'a', jti: SECRET })
    const explanation = await create().explain(token)
    expect(explanation.checks.map(({ check }) => check)).toEqual([
      'decode',
      'issuer',
      'key',
      'signature',
      ...AFTER_SIGNATURE,
    ])
    expect(explanation).toMatchObject({ accepted: true, issuer: acme.issuer, cut: undefined })
    expect(explanation.principal).toMatchObject({
      issuer: acme.issuer,
      subject: 'user-1',
      clientId: 'client-1',
      scopes: ['a'],
    })
    expect(explanation.from).toEqual({ subject: '/sub', clientId: '/client_id', scopes: '/scope' })
    expect(JSON.parse(JSON.stringify(explanation.checks))).toEqual(
      explanation.checks.map(({ check, result }) => ({ check, result })),
    )
    checkHidden(explanation, token)
    expect(JSON.stringify(explanation)).not.toContain(SECRET)
  })

  it.each<readonly [CheckName, string, Partial<IssuerOptions>, Partial<VerifierOptions>, Claims]>([
    ['profile', 'ERR_TOKEN_TYPE', {}, {}, { nonce: SECRET }],
    ['time', 'ERR_TOKEN_EXPIRED', {}, {}, { exp: 1 }],
    ['time', 'ERR_TOKEN_TOO_OLD', {}, { maxTokenAgeSeconds: 1 }, { iat: Math.floor(clock.now() / 1_000) - 100 }],
    ['audience', 'ERR_TOKEN_AUDIENCE', {}, {}, { aud: SECRET }],
    ['required claims', 'ERR_TOKEN_CLAIM_MISSING', { requiredClaims: ['org'] }, {}, {}],
    [
      'required claims',
      'ERR_TOKEN_CLAIM_VALUE',
      { requiredClaims: [{ claim: ['org'], oneOf: ['acme'] }] },
      {},
      { org: SECRET },
    ],
    ['required claims', 'ERR_TOKEN_CLAIM_TYPE', {}, {}, { scope: 1 }],
    ['binding', 'ERR_PROOF_REQUIRED', {}, {}, { cnf: { jkt: 'x'.repeat(43) } }],
    ['status', 'ERR_TOKEN_REVOKED', {}, { revocationStore: { isRevoked: () => true } }, {}],
    [
      'status',
      'ERR_STATUS_UNAVAILABLE',
      {},
      { revocationStore: { isRevoked: () => Promise.reject(new Error(SECRET)) } },
      {},
    ],
    ['principal', 'ERR_TOKEN_CLAIM_MISSING', { mapping: { subject: { claim: ['oid'] } } }, {}, {}],
    [
      'principal',
      'ERR_TOKEN_MAPPING',
      {
        mapping: () => {
          throw new Error(SECRET)
        },
      },
      {},
      {},
    ],
    [
      'principal',
      'ERR_TOKEN_TENANT',
      { mapping: { tenant: { claim: ['org'] } }, grants: { tenants: ['acme'] } },
      {},
      { org: SECRET },
    ],
    ['principal', 'ERR_CLAIMS_SCHEMA', {}, { claims: z.object({ org: z.literal('acme') }) }, { org: SECRET }],
  ])('names %s as what refuses, by %s, and makes every other check', async (check, reason, entry, options, claims) => {
    const verifier = create(entry, options)
    const token = await acme.token(claims)
    const explanation = await verifier.explain(token)
    expect(refusals(explanation)).toEqual([[check, reason]])
    expect([explanation.accepted, unreached(explanation)]).toEqual([false, []])
    expect(await reasonOf(verifier.verify(token))).toBe(reason)
    const { principal, ...printed } = explanation
    expect(JSON.stringify([printed, refusals(explanation)])).not.toContain(SECRET)
    expect(principal === undefined).toBe(check === 'principal')
  })

  it('shows all that is wrong at once', async () => {
    const revocationStore = memoryRevocationStore({ now: clock.now })
    revocationStore.revokeToken({ issuer: acme.issuer, tokenId: 'x' })
    const verifier = create(
      { requiredClaims: ['org'] },
      { revocationStore, claims: z.object({ a: z.string() }) as never },
    )
    const explanation = await verifier.explain(await acme.token({ aud: 'x', exp: 1, nonce: 'n', jti: 'x' }))
    expect(refusals(explanation)).toEqual([
      ['profile', 'ERR_TOKEN_TYPE'],
      ['time', 'ERR_TOKEN_EXPIRED'],
      ['audience', 'ERR_TOKEN_AUDIENCE'],
      ['required claims', 'ERR_TOKEN_CLAIM_MISSING'],
      ['status', 'ERR_TOKEN_REVOKED'],
      ['principal', 'ERR_CLAIMS_SCHEMA'],
    ])
  })

  it('stops where nothing further can be known, and repeats nothing of what nobody signed', async () => {
    const verifier = create({ issuer: acme.issuer }, { logger: { debug() {}, info() {}, warn() {}, error() {} } })
    const good = await acme.token({ sub: SECRET, [SECRET]: SECRET })
    const [header = '', payload = '', signature = ''] = good.split('.')
    const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    const stranger = await createTestIssuer({ issuer: `https://${SECRET}.example`, clock })
    const cases: readonly (readonly [string, readonly [CheckName, string]])[] = [
      [SECRET, ['decode', 'ERR_TOKEN_MALFORMED']],
      [`${header}.${payload}`, ['decode', 'ERR_TOKEN_MALFORMED']],
      [`${good}=`, ['decode', 'ERR_TOKEN_ENCODING']],
      [await stranger.token(), ['issuer', 'ERR_ISSUER_UNTRUSTED']],
      [forged, ['signature', 'ERR_TOKEN_SIGNATURE']],
    ]
    for (const [token, refusal] of cases) {
      const explanation = await verifier.explain(token)
      expect(refusals(explanation)).toEqual([refusal])
      expect(unreached(explanation).slice(-AFTER_SIGNATURE.length)).toEqual(AFTER_SIGNATURE)
      expect([explanation.principal, explanation.from, explanation.cut]).toEqual([undefined, undefined, undefined])
      expect(JSON.stringify(explanation)).not.toContain(SECRET)
      checkHidden(explanation, token)
    }
  })

  it('tells an outage of its keys from a verdict', async () => {
    const verifier = create({ issuer: tenant.issuer })
    await tenant.outage('down')
    expect(refusals(await verifier.explain(await tenant.token()))).toEqual([['key', 'ERR_KEYS_UNAVAILABLE']])
    await tenant.recover()
  })

  it('says where each field came from', async () => {
    const verifier = create({
      mapping: {
        subject: [{ claim: ['oid'] }, { claim: ['sub'] }],
        clientId: { constant: 'c' },
        scopes: { claim: ['scp'], separator: ' ' },
        roles: { all: [{ claim: ['realm_access', 'roles'] }, { claim: ['a/b~c'] }, { claim: ['none'] }] },
        groups: { claim: ['groups'] },
        tenant: { claim: ['org', 'id'] },
        attributes: { level: { claim: ['level'] }, gone: { claim: ['gone'] } },
      },
      grants: { roles: ['r'] },
    })
    const claims = {
      realm_access: { roles: ['r', 's'] },
      'a/b~c': 't',
      groups: { g: 1 },
      org: { id: 'acme' },
      level: 0,
    }
    const explanation = await verifier.explain(await acme.token({ ...claims, scp: 'a', scope: 'ignored' }))
    expect(explanation.from).toEqual({
      subject: '/sub',
      clientId: 'configuration',
      scopes: '/scp',
      roles: ['/realm_access/roles', '/a~1b~0c'],
      tenant: '/org/id',
      'attributes.level': '/level',
    })
    expect(explanation.cut).toEqual({ scopes: 0, roles: 2, permissions: 0, groups: 0 })
    expect(explanation.principal).toMatchObject({ roles: ['r'], groups: [], tenant: 'acme', attributes: { level: 0 } })
  })

  it('says of a mapping function no more than that there is one', async () => {
    const verifier = create({ mapping: ({ sub }) => ({ subject: String(sub) }) })
    expect((await verifier.explain(await acme.token())).from).toEqual({ '*': 'mapping function' })
  })

  it('says of a tenant that the name of its issuer gave it', async () => {
    const verifier = create({ issuer: 'https://login.example/{tid}/v2.0', keys: { jwks: acme.jwks } })
    const iss = 'https://login.example/globex/v2.0'
    const explanation = await verifier.explain(await acme.token({ iss, tid: 'globex' }))
    expect([explanation.issuer, explanation.principal?.['tenant'], explanation.from?.['tenant']]).toEqual([
      iss,
      'globex',
      '/iss',
    ])
  })

  it('judges by what resolveIssuer answers', async () => {
    const verifier = create({}, { resolveIssuer: (issuer) => ({ issuer, grants: { roles: ['user'] } }) })
    const explanation = await verifier.explain(await tenant.token({ roles: ['user', 'admin'] }))
    expect([explanation.accepted, explanation.issuer, explanation.cut?.roles]).toEqual([true, tenant.issuer, 1])
  })

  it('goes around the cache, remembers nothing, and is no verdict to those who listen', async () => {
    const events: unknown[] = []
    const hear = (event: unknown) => void events.push((event as { cached?: boolean }).cached)
    subscribe(CHANNELS.verdict, hear)
    onTestFinished(() => void unsubscribe(CHANNELS.verdict, hear))
    const verifier = create()
    const token = await acme.token()
    await verifier.explain(token)
    await verifier.verify(token)
    await verifier.explain(token)
    await verifier.verify(token)
    expect(events).toEqual([false, true])
  })

  it.each(['', ' ', '.', '..', 'a.b.c', '\u0000', 'x'.repeat(100_000), null, 1, {}, [], Symbol('x'), () => 'x'])(
    'never rejects, of %o neither',
    async (token) => {
      const explanation = await create().explain(token as string)
      expect([explanation.accepted, refusals(explanation)[0]?.[0]]).toEqual([false, 'decode'])
    },
  )
})
