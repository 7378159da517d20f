import { describe, expect, it } from 'vitest'
import { decide, findObserved, findReachableTargets } from '../../src/policy/decide.js'
import type { Facts } from '../../src/policy/facts.js'
import { toPolicy } from '../../src/policy/read-policy.js'
import type { PolicyRule } from '../../src/policy/rule.js'
import { ACME, createService, GLOBEX, STS } from '../service.js'

const { service } = await createService()
const surroundings = { issuer: STS, clients: service.clients, targets: service.targets, trust: service.trust }

const reach = { clients: ['orders'], targets: ['billing'], subjectIssuers: [ACME] }
const allow = { ...reach, id: 'allow', effect: 'allow', scopes: 'same' } as const
const deny = { ...reach, id: 'deny', effect: 'deny' } as const
const facts: Facts = { grant: 'token-exchange', clientId: 'orders', target: 'billing', subjectIssuer: ACME, claims: {} }

function outcome(rules: readonly PolicyRule[], changes: Partial<Facts> = {}): string {
  const decision = decide(toPolicy({ id: 'p', rules }, surroundings), { ...facts, ...changes })
  return [decision.outcome, decision.rule?.id].filter(Boolean).join(' ')
}

describe('decide', () => {
  it.each<[string, readonly PolicyRule[], Partial<Facts>, string]>([
    ['the rule that is met allows', [allow], {}, 'allow allow'],
    ['nothing is allowed that no rule names: another client', [allow], { clientId: 'billing' }, 'deny'],
    ['another target', [allow], { target: 'ledger' }, 'deny'],
    ['another issuer', [allow], { subjectIssuer: GLOBEX }, 'deny'],
    ['no issuer', [allow], { subjectIssuer: undefined }, 'deny'],
    ['another grant', [allow], { grant: 'jwt-bearer' }, 'deny'],
    ['a rule that denies wins, after one that allows', [allow, deny], {}, 'deny deny'],
    ['and before it', [deny, allow], {}, 'deny deny'],
    ['but where it is not met', [{ ...deny, subjectIssuers: [GLOBEX] }, allow], {}, 'allow allow'],
    ['and where it only observes', [{ ...deny, observe: true }, allow], {}, 'allow allow'],
    [
      'a rule that denies is about every grant with a token',
      [{ ...allow, grants: ['jwt-bearer'] }, deny],
      { grant: 'jwt-bearer' },
      'deny deny',
    ],
    ['of two that allow, the first decides', [{ ...allow, id: 'first' }, allow], {}, 'allow first'],
  ])('%s', (_, rules, changes, gives) => {
    expect(outcome(rules, changes)).toBe(gives)
  })

  it.each<[string, unknown, readonly (string | number | boolean)[], boolean]>([
    ['a value', 'acme', ['acme'], true],
    ['another value', 'acme2', ['acme'], false],
    ['one of several', 'acme', ['globex', 'acme'], true],
    ['a list that holds it', ['clerk', 'admin'], ['admin'], true],
    ['a list that does not', ['clerk'], ['admin'], false],
    ['an empty list', [], ['admin'], false],
    ['a number that only looks like it', 1, ['1'], false],
    ['true', true, [true], true],
    ['what is missing', undefined, ['undefined'], false],
    ['null', null, ['null'], false],
  ])('a condition on %s', (_, value, oneOf, met) => {
    const rule = { ...allow, when: [{ claim: 'role', oneOf }] }
    expect(outcome([rule], { claims: { role: value } })).toBe(met ? 'allow allow' : 'deny')
  })

  it('follows a path through own members, and takes a name with dots for a name', () => {
    const of = (claim: string | readonly string[], claims: Facts['claims']): string =>
      outcome([{ ...allow, when: [{ claim, oneOf: ['x'] }] }], { claims })
    expect(of(['realm', 'unit'], { realm: { unit: 'x' } })).toBe('allow allow')
    expect(of('realm.unit', { realm: { unit: 'x' } })).toBe('deny')
    expect(of('realm.unit', { 'realm.unit': 'x' })).toBe('allow allow')
    expect(of(['constructor', 'name'], {})).toBe('deny')
    expect(of(['list', '0'], { list: ['x'] })).toBe('deny')
  })

  it.each<[string, Partial<Facts>, string]>([
    ['is not met by a token of its issuer that says nothing of it', {}, 'allow allow'],
    ['is met by a token that cannot have said all', { isPartial: true }, 'deny deny'],
    ['is met where a token of ours says nothing of it', { subjectIssuer: STS, originIssuer: ACME }, 'deny deny'],
    [
      'is not met where a token of ours says otherwise',
      { subjectIssuer: STS, originIssuer: ACME, claims: { role: 'clerk' } },
      'allow allow',
    ],
    ['says nothing of another issuer', { subjectIssuer: STS, originIssuer: GLOBEX }, 'allow allow'],
  ])('a rule that denies by a claim %s', (_, changes, gives) => {
    const rules = [
      { ...allow, subjectIssuers: [ACME, STS] },
      { ...deny, when: [{ claim: 'role', oneOf: ['contractor'] }] },
    ]
    expect(outcome(rules, changes)).toBe(gives)
  })

  it('a rule that denies tokens of ours by their own words is met by those, and by what is missing', () => {
    const rules = [
      { ...allow, subjectIssuers: [STS] },
      { ...deny, subjectIssuers: [STS], when: [{ claim: 'client_id', oneOf: ['web'] }] },
    ]
    const about = { subjectIssuer: STS, originIssuer: ACME }
    expect(outcome(rules, { ...about, claims: { client_id: 'web' } })).toBe('deny deny')
    expect(outcome(rules, { ...about, claims: { client_id: 'kiosk' } })).toBe('allow allow')
    expect(outcome(rules, about)).toBe('deny deny')
  })

  it('a rule that allows is met by what is there alone, whatever a token could carry', () => {
    const rule = { ...allow, when: [{ claim: 'role', oneOf: ['clerk'] }] }
    expect(outcome([rule], { isPartial: true })).toBe('deny')
  })

  it('wants every condition of a rule', () => {
    const rule = {
      ...allow,
      when: [
        { claim: 'a', oneOf: [1] },
        { claim: 'b', oneOf: [2] },
      ],
    }
    expect(outcome([rule], { claims: { a: 1, b: 2 } })).toBe('allow allow')
    expect(outcome([rule], { claims: { a: 1, b: 3 } })).toBe('deny')
  })

  it('tells of each rule why it was not met', () => {
    const rules = [
      { ...allow, id: 'grant', grants: ['jwt-bearer'] },
      { ...allow, id: 'client', clients: ['billing'] },
      { ...allow, id: 'target', targets: ['ledger'], scopes: 'same' },
      { ...allow, id: 'issuer', subjectIssuers: [GLOBEX] },
      { ...allow, id: 'condition', when: [{ claim: 'a', oneOf: [1] }] },
      { ...deny, id: 'watching', observe: true },
      allow,
    ] as const
    const decision = decide(toPolicy({ id: 'p', rules }, surroundings), facts)
    expect(decision.judgements.map(({ rule, met, because }) => `${rule} ${String(met)} ${String(because)}`)).toEqual([
      'grant false grant',
      'client false client',
      'target false target',
      'issuer false subject issuer',
      'condition false condition',
      'watching true undefined',
      'allow true undefined',
    ])
    expect(findObserved(decision)).toEqual(['watching'])
  })

  it('knows what a client can reach at all', () => {
    const policy = toPolicy(
      { id: 'p', rules: [allow, { ...allow, id: 'more', targets: ['ledger', 'billing'] }, deny] },
      surroundings,
    )
    expect(findReachableTargets(policy, facts)).toEqual(['billing', 'ledger'])
    expect(findReachableTargets(policy, { ...facts, grant: 'jwt-bearer' })).toEqual([])
  })
})
