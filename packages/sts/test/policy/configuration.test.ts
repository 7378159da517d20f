import { ConfigurationError, createVerifier } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { toPolicy } from '../../src/policy/read-policy.js'
import { toTargets } from '../../src/policy/targets.js'
import { toTrust } from '../../src/policy/trust.js'
import { ACME, createService, GLOBEX, jobs, ordersToBilling, STS, TARGETS } from '../service.js'

const { service } = await createService()
const surroundings = { issuer: STS, clients: service.clients, targets: service.targets, trust: service.trust }
const rule = ordersToBilling

const KEYS = { algorithms: ['ES256'], maxTokenLifetimeSeconds: 3_600 } as const

/** What a configuration is refused with: `option: got … wants …`, or `accepted`. */
function refusalOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  return 'accepted'
}

describe('the policy', () => {
  const read = (changes: object): string =>
    refusalOf(() => toPolicy({ id: 'p', rules: [{ ...rule, ...changes }] }, surroundings))

  it.each<[string, object, string]>([
    ['a client that does not exist', { clients: ['order'] }, '"policy.rules[0].clients": got "order"'],
    ['a target that does not exist', { targets: ['biling'] }, '"policy.rules[0].targets": got "biling"'],
    ['a target by its audience', { targets: ['https://billing.example'] }, '"policy.rules[0].targets"'],
    [
      'an issuer without a trust record',
      { subjectIssuers: ['https://evil.example'] },
      '"policy.rules[0].subjectIssuers": got "https://evil.example"',
    ],
    ['no issuer of subjects', { subjectIssuers: [] }, '"policy.rules[0].subjectIssuers": got an empty list'],
    ['no client', { clients: [] }, '"policy.rules[0].clients": got an empty list'],
    ['a grant that does not exist', { grants: ['password'] }, '"policy.rules[0].grants[0]": got "password"'],
    [
      'a scope that its targets do not know',
      { scopes: { 'orders:read': ['invoice:reed'] } },
      '"policy.rules[0].scopes": got "invoice:reed"',
    ],
    [
      'a scope of its own that its targets do not know',
      { grantScopes: ['invoice:reed'] },
      '"policy.rules[0].grantScopes": got "invoice:reed"',
    ],
    ['no scopes at all', { scopes: undefined }, '"policy.rules[0].scopes": got nothing'],
    ['a rule that admits and observes', { observe: true }, '"policy.rules[0].observe": got true'],
    ['a rule that admits and does not observe', { observe: false }, '"policy.rules[0].observe": got false'],
    ['neither allow nor deny', { effect: 'permit' }, '"policy.rules[0].effect": got "permit"'],
    ['a member that does not exist', { boundSubjects: 'audience' }, 'Did you mean "boundSubject"?'],
    ['a member of the other kind', { effect: 'deny' }, '"policy.rules[0].scopes" is unknown'],
    [
      'a condition without values',
      { when: [{ claim: 'a', oneOf: [] }] },
      '"policy.rules[0].when[0].oneOf": got an empty list',
    ],
    [
      'a condition on nothing',
      { when: [{ claim: [], oneOf: ['x'] }] },
      '"policy.rules[0].when[0].claim": got an empty list',
    ],
    [
      'a condition on an object',
      { when: [{ claim: 'a', oneOf: [{}] }] },
      '"policy.rules[0].when[0].oneOf[0]": got an object',
    ],
    [
      'an actor without an issuer',
      { actors: [{ subject: 'agent' }] },
      '"policy.rules[0].actors[0].issuer": got nothing',
    ],
  ])('refuses %s', (_, changes, message) => {
    expect(read(changes)).toContain(message)
  })

  it('refuses two rules of one id, no rule, and no id', () => {
    const of = (policy: unknown): string => refusalOf(() => toPolicy(policy, surroundings))
    expect(of({ id: 'p', rules: [rule, rule] })).toContain('"policy.rules[1].id": got "orders-to-billing"')
    expect(of({ id: 'p', rules: [] })).toContain('"policy.rules": got an empty list')
    expect(of({ rules: [rule] })).toContain('"policy.id": got nothing')
    expect(of(undefined)).toContain('"policy": got nothing')
  })

  it('takes a rule that denies and observes', () => {
    const { scopes: _, ...reach } = rule
    const deny = { ...reach, id: 'deny', effect: 'deny', observe: true }
    expect(refusalOf(() => toPolicy({ id: 'p', rules: [rule, deny] }, surroundings))).toBe('accepted')
  })

  it('lets nothing but an exchange lead to an authorization server: only that makes grants', () => {
    const targets = toTargets(
      { ...TARGETS, partner: { kind: 'authorization-server', audience: 'https://p.example', scopes: ['s'] } },
      KEYS,
    )
    const to = (grants: readonly string[]): string =>
      refusalOf(() =>
        toPolicy(
          { id: 'p', rules: [{ ...rule, targets: ['partner'], scopes: 'same', grants }] },
          { ...surroundings, targets },
        ),
      )
    expect(to(['token-exchange'])).toBe('accepted')
    expect(to(['token-exchange', 'jwt-bearer'])).toContain('"policy.rules[0].grants": got "jwt-bearer"')
  })

  it('has a hash that its order of members does not change, and each of its values does', () => {
    const hashOf = (rules: readonly unknown[], id = 'p'): string => toPolicy({ id, rules }, surroundings).hash
    const { id, ...others } = rule
    expect(hashOf([{ ...others, id }])).toBe(hashOf([rule]))
    expect(hashOf([{ ...others, id, mode: undefined }])).toBe(hashOf([rule]))
    expect(hashOf([rule])).toMatch(/^[\w-]{43}$/)
    expect(new Set([hashOf([rule]), hashOf([rule], 'q'), hashOf([{ ...rule, mode: 'impersonation' }])]).size).toBe(3)
  })
})

describe('subjects that come as they are', () => {
  const same = {
    billing: { audience: 'https://billing.example', scopes: ['invoice:read', 'invoice:write'], subject: 'same' },
  }
  const other = { orders: { audience: 'https://orders.example', scopes: ['orders:read'] } }
  const targets = toTargets({ ...same, ...other }, KEYS)
  const toBilling = { ...rule, scopes: 'same' }
  const toOrders = { ...rule, id: 'to-orders', targets: ['orders'], scopes: 'same' }

  it.each<[string, readonly object[], boolean]>([
    ['one foreign issuer', [{ ...toBilling, subjectIssuers: [ACME] }], true],
    ['two of them', [{ ...toBilling, subjectIssuers: [ACME, GLOBEX] }], false],
    [
      'two of them, by two rules',
      [
        { ...toBilling, subjectIssuers: [ACME] },
        { ...toBilling, id: 'b', subjectIssuers: [GLOBEX] },
      ],
      false,
    ],
    [
      'one, and tokens of ours that can only be about its subjects',
      [{ ...toBilling, subjectIssuers: [ACME, STS] }],
      true,
    ],
    [
      'one, and tokens of ours, which another issuer can get elsewhere',
      [
        { ...toBilling, subjectIssuers: [ACME, STS] },
        { ...toOrders, subjectIssuers: [GLOBEX] },
      ],
      false,
    ],
    [
      'tokens of ours, and another issuer elsewhere',
      [
        { ...toBilling, subjectIssuers: [STS] },
        { ...toOrders, subjectIssuers: [GLOBEX] },
      ],
      true,
    ],
    ['one, and clients of ours that speak for themselves', [{ ...toBilling, subjectIssuers: [ACME] }, jobs], false],
    [
      'one, and tokens of ours, which clients can get elsewhere',
      [
        { ...toBilling, subjectIssuers: [ACME, STS] },
        { ...jobs, targets: ['orders'], grantScopes: ['orders:read'] },
      ],
      false,
    ],
    [
      'two, one of which is only denied',
      [
        { ...toBilling, subjectIssuers: [ACME] },
        { id: 'd', effect: 'deny', clients: ['orders'], targets: ['billing'], subjectIssuers: [GLOBEX] },
      ],
      true,
    ],
    ['none', [{ ...toOrders, subjectIssuers: [ACME] }], false],
  ])('%s', (_, rules, accepted) => {
    const message = refusalOf(() => toPolicy({ id: 'p', rules }, { ...surroundings, targets }))
    if (accepted) expect(message).toBe('accepted')
    else expect(message).toContain('"targets.billing.subject": got "same", wants subjects of exactly one issuer')
  })
})

describe('targets', () => {
  const BOTH = { ...KEYS, algorithms: ['ES256', 'RS256'] } as const
  const valid = { audience: 'https://billing.example', scopes: ['invoice:read'] }
  const read = (changes: object): string => refusalOf(() => toTargets({ billing: { ...valid, ...changes } }, BOTH))

  it('has defaults: 300 s, the first algorithm, pairwise, no claims, an API', () => {
    expect(toTargets({ billing: valid }, { ...BOTH, algorithms: ['RS256', 'ES256'] }).find('billing')).toMatchObject({
      kind: 'api',
      tokenLifetimeSeconds: 300,
      algorithm: 'RS256',
      subject: 'pairwise',
      claims: [],
      resources: [],
    })
  })

  it.each<[string, object, string]>([
    ['no audience', { audience: undefined }, '"targets.billing.audience": got nothing'],
    ['no scopes', { scopes: [] }, '"targets.billing.scopes": got an empty list'],
    ['a scope with a space', { scopes: ['a b'] }, '"targets.billing.scopes[0]": got "a b"'],
    ['a resource with a fragment', { resources: ['https://b.example/#x'] }, '"targets.billing.resources[0]"'],
    ['a resource that is not absolute', { resources: ['/api'] }, '"targets.billing.resources[0]"'],
    ['a life of a day', { tokenLifetimeSeconds: 86_400 }, '"targets.billing.tokenLifetimeSeconds": got 86400'],
    ['a life of seconds', { tokenLifetimeSeconds: 9 }, '"targets.billing.tokenLifetimeSeconds": got 9'],
    [
      'a grant that lives as long as a token',
      { kind: 'authorization-server', tokenLifetimeSeconds: 301 },
      'at most 300 seconds',
    ],
    ['an algorithm without keys', { algorithm: 'PS256' }, '"targets.billing.algorithm": got "PS256"'],
    ['a claim that the service says itself', { claims: ['act'] }, '"targets.billing.claims[0]": got "act"'],
    ['a claim that gives rights', { claims: ['authorization_details'] }, '"targets.billing.claims[0]"'],
    ['a member that does not exist', { scope: ['x'] }, 'Did you mean "scopes"?'],
  ])('refuse %s', (_, changes, message) => {
    expect(read(changes)).toContain(message)
  })

  it.each<[string, object, number, string]>([
    ['said', { tokenLifetimeSeconds: 3_600 }, 3_599, 'got 3600, wants at most the 3599 seconds'],
    ['the usual one', {}, 299, 'got 300, wants at most the 299 seconds'],
    ['that of a grant', { kind: 'authorization-server' }, 59, 'got 60, wants at most the 59 seconds'],
    ['just as long', { tokenLifetimeSeconds: 3_600 }, 3_600, 'accepted'],
    ['the usual one, just as long', {}, 300, 'accepted'],
  ])('live no longer than a key is published after it signed last: %s', (_, changes, longest, message) => {
    const keys = { ...KEYS, maxTokenLifetimeSeconds: longest }
    const found = refusalOf(() => toTargets({ billing: { ...valid, ...changes } }, keys))
    expect(found).toContain(message)
    if (message !== 'accepted') expect(found).toContain('Option "targets.billing.tokenLifetimeSeconds"')
  })

  it('are not taken on trust from signing keys that say nothing of it', () => {
    const keys = { algorithms: ['ES256'], maxTokenLifetimeSeconds: undefined } as unknown as typeof KEYS
    expect(refusalOf(() => toTargets({ billing: valid }, keys))).toContain('maxTokenLifetimeSeconds')
  })

  it.each([
    'iss',
    'sub',
    'aud',
    'exp',
    'iat',
    'jti',
    'client_id',
    'scope',
    'act',
    'may_act',
    'cnf',
    'sub_id',
    'txn',
    'acr',
    'amr',
    '__proto__',
  ])('pass on no mapped claim that is called %s', (claim) => {
    expect(read({ claims: [claim] })).toContain(`got ${JSON.stringify(claim)}`)
  })

  it('are told apart by every name that they have, section 2.1', () => {
    const of = (other: object): string =>
      refusalOf(() => toTargets({ billing: valid, other: { scopes: ['x'], ...other } }, KEYS))
    expect(of({ audience: valid.audience })).toContain('It already means "billing"')
    expect(of({ audience: 'billing' })).toContain('It already means "billing"')
    expect(of({ audience: 'https://o.example', resources: [valid.audience] })).toContain('It already means "billing"')
    expect(of({ audience: 'https://o.example', resources: ['https://o.example'] })).toBe('accepted')
  })

  it('are at least one', () => {
    for (const none of [undefined, {}, []]) expect(refusalOf(() => toTargets(none, KEYS))).toContain('"targets"')
  })
})

describe('trust', () => {
  const { verifier } = service
  const read = (records: unknown, changes: object = {}): string =>
    refusalOf(() => toTrust(records, { issuer: STS, verifier, hasOtherVerifiers: false, ...changes }))

  it.each<[string, unknown, string]>([
    [
      'one issuer for both uses',
      [
        { use: 'client', issuer: ACME },
        { use: 'subject', issuer: ACME },
      ],
      '"trust[1].issuer"',
    ],
    [
      'one issuer twice',
      [
        { use: 'subject', issuer: ACME },
        { use: 'subject', issuer: ACME },
      ],
      '"trust[1].issuer"',
    ],
    ['ourselves', [{ use: 'subject', issuer: STS }], '"trust[0].issuer"'],
    ['an issuer for nothing', [{ issuer: ACME }], '"trust[0].use": got nothing'],
    [
      'subjects of an issuer of clients',
      [{ use: 'client', issuer: ACME, audiences: ['x'] }],
      '"trust[0].audiences" is unknown',
    ],
    [
      'a token type that does not exist',
      [{ use: 'subject', issuer: ACME, tokenTypes: ['refresh_token'] }],
      '"trust[0].tokenTypes[0]"',
    ],
    [
      'a word that means nothing',
      [{ use: 'subject', issuer: ACME, acr: { gold: '' } }],
      '"trust[0].acr["gold"]": got ""',
    ],
    ['no list', { [ACME]: 'subject' }, '"trust": got an object'],
  ])('refuses %s', (_, records, message) => {
    expect(read(records)).toContain(message)
  })

  it('needs somebody who verifies', () => {
    const record = [{ use: 'subject', issuer: ACME }]
    expect(read(record, { verifier: undefined })).toContain('"verifier": got nothing')
    expect(read(record, { verifier: undefined, hasOtherVerifiers: true })).toBe('accepted')
    expect(read(undefined, { verifier: undefined })).toBe('accepted')
  })

  it('agrees with the verifier on what an issuer gives: ID tokens or others', () => {
    const idTokens = createVerifier({
      audience: STS,
      issuers: [{ issuer: ACME, tokenProfile: 'id-token', clientIds: ['orders'] }, GLOBEX],
    })
    const of = (issuer: string, tokenTypes?: readonly string[]): string =>
      read([{ use: 'subject', issuer, tokenTypes }], { verifier: idTokens })
    expect(of(ACME, ['id_token'])).toBe('accepted')
    expect(of(ACME)).toContain('"trust[0].tokenTypes": got "jwt", wants "id_token" alone')
    expect(of(ACME, ['id_token', 'jwt'])).toContain('got "jwt"')
    expect(of(GLOBEX, ['jwt', 'access_token'])).toBe('accepted')
    expect(of(GLOBEX, ['id_token'])).toContain('got "id_token"')
    expect(of('https://resolved.example', ['id_token'])).toBe('accepted')
  })
})
