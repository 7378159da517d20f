import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CHANNELS, createVerifier, requireIssuer, requireRoles } from '@countersign/core'
import type { Claims, IssuerOptions, VerdictEvent, Verifier, VerifierOptions } from '@countersign/core'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import { reasonOf } from '../conformance/party.js'

const clock = createTestClock()
const acme = await createTestIssuer({ issuer: 'https://login.acme.example', clock })
const evil = await createTestIssuer({ issuer: 'https://evil.example', clock })
const runtime = testRuntime(acme, evil)

const acmeOptions: IssuerOptions = {
  issuer: acme.issuer,
  acceptedIssuers: ['acme'],
  mapping: { tenant: { claim: ['org'] }, roles: { claim: ['realm_access', 'roles'] } },
}

/** How an application may come to trust the hostile issuer, within bounds. */
const ways: readonly (readonly [name: string, options: Partial<VerifierOptions>])[] = [
  [
    'listed',
    {
      issuers: [
        acmeOptions,
        {
          issuer: evil.issuer,
          grants: { roles: ['guest'], groups: [], permissions: [], tenants: ['evil'] },
          mapping: { tenant: { constant: 'evil' } },
        },
      ],
    },
  ],
  [
    'named on demand',
    { issuers: [acmeOptions], resolveIssuer: (issuer) => ({ issuer, mapping: { tenant: { constant: 'evil' } } }) },
  ],
  [
    'named on demand, with a mapping like the other',
    {
      issuers: [acmeOptions],
      resolveIssuer: (issuer) => ({
        issuer,
        mapping: { roles: { claim: ['realm_access', 'roles'] }, tenant: { constant: 'evil' } },
      }),
    },
  ],
]

function create(options: Partial<VerifierOptions>): Verifier {
  return createVerifier({ audience: 'https://api.example.com', issuers: [], runtime, ...options })
}

/** What Acme's administrator has, said by somebody else, in every place where it might be believed. */
const stolen: readonly (readonly [string, Claims])[] = [
  [
    'everything under its own name',
    {
      sub: 'admin',
      org: 'acme',
      tenant: 'acme',
      roles: ['admin'],
      groups: ['admins'],
      permissions: ['all'],
      realm_access: { roles: ['admin'] },
    },
  ],
  [
    'names of the principal',
    { issuer: acme.issuer, subject: 'admin', tenant: 'acme', clientId: 'console', principal: { issuer: acme.issuer } },
  ],
  ['an actor of the other', { act: { iss: acme.issuer, sub: 'admin' } }],
  ['attributes', { attributes: { tenant: 'acme', roles: ['admin'] } }],
  [
    'what JavaScript inherits',
    JSON.parse(
      '{"__proto__":{"issuer":"https://login.acme.example","roles":["admin"],"tenant":"acme"},"constructor":{"name":"acme"}}',
    ) as Claims,
  ],
]

describe.each(ways)('a hostile issuer that is %s', (_, options) => {
  const verifier = create(options)

  it.each(stolen)('stays itself, whatever it says: %s', async (_title, claims) => {
    const principal = await verifier.verify(await evil.token(claims))
    expect([principal.issuer, principal.tenant]).toEqual(['https://evil.example', 'evil'])
    expect([principal.roles, principal.groups, principal.permissions]).toEqual([[], [], []])
    await expect(reasonOf((async () => requireRoles('admin').check(principal))())).resolves.toBe('ERR_ACCESS_DENIED')
    await expect(reasonOf((async () => requireIssuer(acme.issuer).check(principal))())).resolves.toBe(
      'ERR_ACCESS_DENIED',
    )
  })

  it('has a subject of its own, where another has the same', async () => {
    const [theirs, ours] = [
      await verifier.verify(await evil.token({ sub: 'admin' })),
      await verifier.verify(await acme.token({ sub: 'admin' })),
    ]
    expect(theirs.subject).toBe(ours.subject)
    expect(theirs.issuer).not.toBe(ours.issuer)
  })

  it.each([
    ['the name of the other', acme.issuer, 'ERR_TOKEN_SIGNATURE'],
    ['another name of the other', 'acme', 'ERR_TOKEN_SIGNATURE'],
    ['both names', [evil.issuer, acme.issuer], 'ERR_TOKEN_ISSUER'],
    ['an object', { toString: acme.issuer }, 'ERR_TOKEN_ISSUER'],
  ])('cannot say that it is %s', async (_title, iss, reason) => {
    expect(await reasonOf(verifier.verify(await evil.token({ iss: iss as string })))).toBe(reason)
  })

  it('changes nothing for the other', async () => {
    for (const [, claims] of stolen) await verifier.verify(await evil.token(claims))
    const principal = await verifier.verify(await acme.token({ org: 'acme', realm_access: { roles: ['admin'] } }))
    expect([principal.tenant, principal.roles]).toEqual(['acme', ['admin']])
    expect([{}.constructor.name, Object.keys(Object.prototype), Object.keys(Array.prototype)]).toEqual([
      'Object',
      [],
      [],
    ])
  })
})

describe('a tenant template', () => {
  const tenants = ['acme', 'globex']
  const template = async (more: Partial<IssuerOptions> = {}): Promise<Verifier> =>
    create({ issuers: [{ issuer: 'https://login.example/{tid}/v2.0', keys: { jwks: acme.jwks }, ...more }] })
  const token = (tid: unknown, iss = `https://login.example/${String(tid)}/v2.0`, more: Claims = {}) =>
    acme.token({ iss, tid, ...more })

  it('gives each tenant its own issuer, and the tenant that its name says', async () => {
    const verifier = await template()
    for (const tenant of tenants) {
      const principal = await verifier.verify(await token(tenant))
      expect([principal.issuer, principal.tenant]).toEqual([`https://login.example/${tenant}/v2.0`, tenant])
    }
  })

  it('takes no tenant whose claim says another, none, or more than one', async () => {
    const verifier = await template()
    const iss = 'https://login.example/acme/v2.0'
    const reasons = async (tid: unknown) => reasonOf(verifier.verify(await token(tid, iss)))
    expect(await reasons('globex')).toBe('ERR_TOKEN_CLAIM_VALUE')
    expect(await reasons('ACME')).toBe('ERR_TOKEN_CLAIM_VALUE')
    expect(await reasons(undefined)).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(await reasons(null)).toBe('ERR_TOKEN_CLAIM_MISSING')
    for (const tid of [['acme'], ['acme', 'globex'], { acme: true }, 1, true]) {
      expect(await reasons(tid)).toBe('ERR_TOKEN_CLAIM_TYPE')
    }
  })

  it.each(['a/b', '..', '.', 'a.b', 'a%2Fb', 'a b', 'ü', '', 'x'.repeat(65), 'a?b', 'a#b', 'a@b', 'a_b', '{tid}'])(
    'has no tenant of the name %j',
    async (tid) => {
      expect(await reasonOf((await template()).verify(await token(tid)))).toBe('ERR_ISSUER_UNTRUSTED')
    },
  )

  it('gives roles, groups and permissions through grants alone, and caps its tenants', async () => {
    const claims = { roles: ['user', 'admin'], groups: ['g'], permissions: ['p'] }
    const bare = await (await template()).verify(await token('acme', undefined, claims))
    expect([bare.roles, bare.groups, bare.permissions]).toEqual([[], [], []])
    const capped = await template({ grants: { roles: ['user'], tenants: ['acme'] } })
    expect((await capped.verify(await token('acme', undefined, claims))).roles).toEqual(['user'])
    expect(await reasonOf(capped.verify(await token('globex', undefined, claims)))).toBe('ERR_TOKEN_TENANT')
  })

  it('never fetches from where a token says', async () => {
    const requests = acme.requests.length + evil.requests.length
    await reasonOf((await template()).verify(await token('evil')))
    expect(acme.requests.length + evil.requests.length).toBe(requests)
  })

  it('holds a thousand tenants at once, and knows one that was pushed out anew', async () => {
    const verifier = await template()
    for (let index = 0; index < 1_100; index++) await reasonOf(verifier.verify(await token(`t-${index}`)))
    expect(await reasonOf(verifier.verify(await token('t-0')))).toBe('accepted')
  })
})

describe('grants', () => {
  const listen = (): VerdictEvent[] => {
    const events: VerdictEvent[] = []
    const hear = (event: unknown) => void events.push(event as VerdictEvent)
    subscribe(CHANNELS.verdict, hear)
    onTestFinished(() => void unsubscribe(CHANNELS.verdict, hear))
    return events
  }
  const grants = { scopes: ['a'], roles: ['user'], permissions: [] }

  it('count what they cut in the verdict event, and name none of it', async () => {
    const verifier = create({ issuers: [{ issuer: acme.issuer, grants }] })
    const events = listen()
    const token = await acme.token({
      scope: 'a b c',
      roles: ['user', 'SECRET-ROLE'],
      permissions: ['p', 'q'],
      groups: ['g'],
    })
    const principal = await verifier.verify(token)
    expect([principal.scopes, principal.roles, principal.permissions, principal.groups]).toEqual([
      ['a'],
      ['user'],
      [],
      ['g'],
    ])
    expect(events).toMatchObject([
      { outcome: 'accepted', cut: { scopes: 2, roles: 1, permissions: 2, groups: 0 }, cached: false },
    ])
    expect(JSON.stringify(events)).not.toContain('SECRET-ROLE')
  })

  it('are told for a cached verdict too, and for nothing where nothing was cut', async () => {
    const verifier = create({ issuers: [{ issuer: acme.issuer, grants }] })
    const events = listen()
    const [more, less] = [await acme.token({ roles: ['admin'] }), await acme.token({ roles: ['user'] })]
    for (const token of [more, more, less]) await verifier.verify(token)
    const cut = { scopes: 0, roles: 1, permissions: 0, groups: 0 }
    expect(events.map((event) => event.outcome === 'accepted' && [event.cached, event.cut])).toEqual([
      [false, cut],
      [true, cut],
      [false, undefined],
    ])
  })

  it('tell nobody of a tenant that is refused', async () => {
    const verifier = create({ issuers: [{ ...acmeOptions, grants: { tenants: ['globex'] } }] })
    const events = listen()
    await reasonOf(verifier.verify(await acme.token({ org: 'SECRET-TENANT' })))
    expect(events).toMatchObject([{ outcome: 'refused', reason: 'ERR_TOKEN_TENANT', code: 'ERR_INVALID_TOKEN' }])
    expect(JSON.stringify(events)).not.toContain('SECRET-TENANT')
  })
})

describe('ten thousand groups', () => {
  const groups = Array.from({ length: 10_000 }, () => 'g')

  it('are too large a token, unless the limits say otherwise', async () => {
    const token = await acme.token({ groups })
    expect(await reasonOf(create({ issuers: [acme.issuer] }).verify(token))).toBe('ERR_TOKEN_TOO_LARGE')
  })

  it('that fit are a list like any other', async () => {
    const verifier = create({ issuers: [acme.issuer], limits: { tokenBytes: 65_536 } })
    expect((await verifier.verify(await acme.token({ groups }))).groups).toHaveLength(10_000)
  })

  it('as the members of an object are too many members', async () => {
    const roles = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`r${index}`, 1]))
    const verifier = create({
      issuers: [{ issuer: acme.issuer, mapping: { roles: { claim: ['roles'], take: 'names' } } }],
    })
    expect(await reasonOf(verifier.verify(await acme.token({ roles })))).toBe('ERR_TOKEN_JSON')
  })
})
