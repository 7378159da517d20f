import type { GrantsOptions, IssuerOptions, MappedFields, MappingOptions, Principal } from '@countersign/core'

/** What of a principal a mapping decides. */
export type MappedPrincipal = Partial<
  Pick<Principal, 'subject' | 'clientId' | 'scopes' | 'roles' | 'permissions' | 'groups' | 'tenant' | 'attributes'>
>

/** What one issuer says, and what becomes of it: fields of the principal, or the reason why there is none. */
export interface MappingCase {
  readonly claims: Readonly<Record<string, unknown>> | string
  readonly outcome: MappedPrincipal | string
}

/** One way to map, and what issuers do to it. */
export interface MappingRow {
  readonly title: string
  readonly mapping?: MappingOptions
  readonly grants?: GrantsOptions
  /** Whether the application names the issuer on demand, in place of the configuration. */
  readonly onDemand?: true
  readonly cases: readonly MappingCase[]
}

const says = (claims: MappingCase['claims'], outcome: MappingCase['outcome']): MappingCase => ({ claims, outcome })
const each = <T>(values: readonly T[], toCase: (value: T) => MappingCase) => values.map(toCase)

const TYPE = 'ERR_TOKEN_CLAIM_TYPE'
const MISSING = 'ERR_TOKEN_CLAIM_MISSING'
const MAPPING = 'ERR_TOKEN_MAPPING'

/** What is no text, for a claim that wants one. */
const noTexts: readonly unknown[] = [null, 0, 1, -1.5, true, false, {}, { toString: 'x' }, [], ['x'], [['x']], '']

/** What is no list of names, for a claim that wants one. */
const noLists: readonly unknown[] = [
  null,
  0,
  1,
  true,
  {},
  { 0: 'x', length: 1 },
  { x: true },
  ['x', 1],
  ['x', null],
  ['x', ['y']],
  [['x']],
  '',
]

/** A payload as text, with what an object in JavaScript cannot say. */
const raw = (members: string): string => `{${members},"STANDARD":0}`

const from = (mapping: (payload: Readonly<Record<string, unknown>>) => unknown) => mapping as () => MappedFields
const odd = (value: unknown) => value as MappedFields

const member = (name: string, read: () => unknown): MappedFields =>
  Object.defineProperty({ subject: 's' }, name, { get: read, enumerable: true, configurable: true })
const thrower = (): never => {
  throw new TypeError('x')
}

/** Every claim that anybody's mapping might read, with what another issuer's users have there. */
const victim = {
  tenant: 'acme',
  tid: 'acme',
  org_id: 'acme',
  roles: ['admin'],
  role: 'admin',
  groups: ['admins'],
  permissions: ['everything'],
  realm_access: { roles: ['admin'] },
  attributes: { tenant: 'acme', roles: ['admin'] },
  issuer: 'https://login.acme.example',
  subject: 'root',
  principal: { issuer: 'https://login.acme.example', subject: 'root' },
  'https://login.acme.example/roles': ['admin'],
}

/** The mapping table. */
export const mappingTable: readonly MappingRow[] = [
  {
    title: 'the standard claims',
    cases: [
      says({ sub: 'user-7' }, { subject: 'user-7', clientId: 'client-1', scopes: [], roles: [], attributes: {} }),
      says({ sub: undefined }, MISSING),
      ...each(noTexts, (sub) => says({ sub }, TYPE)),
      ...each(noTexts, (client_id) => says({ client_id }, TYPE)),
      ...each(noTexts, (azp) => says({ azp }, TYPE)),
      ...each(noTexts.slice(0, -1), (cid) => says({ client_id: undefined, cid, appid: 'c-2' }, { clientId: 'c-2' })),
      says({ scope: 'a b' }, { scopes: ['a', 'b'] }),
      ...each([null, 1, true, {}, ['a', 1], [['a']]], (scope) => says({ scope }, TYPE)),
      ...each([null, 1, true, {}, ['a', 1], [['a']]], (scp) => says({ scp }, { scopes: [] })),
      says({ roles: ['r'], permissions: ['p'], groups: ['g'] }, { roles: ['r'], permissions: ['p'], groups: ['g'] }),
      says({ roles: 'r s', groups: 'g,h' }, { roles: ['r s'], groups: ['g,h'] }),
      ...each(noLists, (roles) => says({ roles }, { roles: [] })),
      ...each(noLists, (permissions) => says({ permissions }, { permissions: [] })),
      ...each(noLists, (groups) => says({ groups }, { groups: [] })),
      says({ tenant: 'acme', tid: 'acme', org_id: 'acme' }, { tenant: undefined, attributes: {} }),
      says({ role: 'admin', 'cognito:groups': ['g'], realm_access: { roles: ['r'] } }, { roles: [], groups: [] }),
    ],
  },
  {
    title: 'members that every object has',
    mapping: {
      roles: { claim: ['constructor', 'roles'] },
      groups: { claim: ['__proto__', 'groups'] },
      permissions: { claim: ['org', '__proto__', 'permissions'] },
      tenant: { claim: ['constructor', 'name'] },
      attributes: {
        text: { claim: ['toString'] },
        length: { claim: ['sub', 'length'] },
        first: { claim: ['roles', '0'] },
        own: { claim: ['__proto__', 'own'] },
      },
    },
    cases: [
      says({}, { roles: [], groups: [], permissions: [], tenant: undefined, attributes: {} }),
      says({ roles: ['a'], org: {} }, { roles: [], groups: [], permissions: [], attributes: {} }),
      // What an issuer spells out is its own, and nobody's prototype.
      says(raw('"__proto__":{"groups":["g"],"own":1,"roles":["x"]}'), {
        groups: ['g'],
        roles: [],
        attributes: { own: 1 },
      }),
      says(raw('"constructor":{"roles":["r"],"name":"acme"}'), { roles: ['r'], tenant: 'acme', attributes: {} }),
      says(raw('"org":{"__proto__":{"permissions":["p"]}}'), { permissions: ['p'] }),
      says(raw('"org":{"constructor":{"prototype":{"permissions":["p"]}}}'), { permissions: [] }),
      says(raw('"__proto__":{"sub":"root"},"toString":"x"'), { subject: 'user-1', attributes: { text: 'x' } }),
      says(raw('"roles":["a"],"roles":["b"]'), 'ERR_TOKEN_JSON'),
      says(raw('"__proto__":{},"__proto__":{}'), 'ERR_TOKEN_JSON'),
    ],
  },
  {
    title: 'paths, of names that hold dots, slashes and colons',
    mapping: {
      subject: { claim: ['user', 'id'] },
      roles: { claim: ['realm_access.roles'] },
      groups: { claim: '/urn:x:groups/a~1b/c~0d' },
      permissions: { claim: ['a', 'b', 'c'] },
    },
    cases: [
      says({ user: { id: 'u' }, 'realm_access.roles': ['r'] }, { subject: 'u', roles: ['r'] }),
      says({ user: { id: 'u' }, realm_access: { roles: ['r'] } }, { subject: 'u', roles: [] }),
      says({ user: { id: 'u' }, 'urn:x:groups': { 'a/b': { 'c~d': ['g'] } } }, { groups: ['g'] }),
      says({ user: { id: 'u' }, 'a.b.c': ['p'], 'a/b/c': ['p'] }, { permissions: [] }),
      says({ user: { id: 'u' }, a: { b: { c: 'p' } } }, { permissions: ['p'] }),
      ...each([null, 'b', ['b'], [{ b: { c: ['p'] } }], { b: null }], (a) =>
        says({ user: { id: 'u' }, a }, { permissions: [] }),
      ),
      // A subject that must be there, and is not, or is no text: refused; sub does not stand in for it.
      says({ 'user.id': 'u' }, MISSING),
      ...each(noTexts, (id) => says({ user: { id } }, MISSING)),
      ...each([null, 'u', ['u'], [{ id: 'u' }]], (user) => says({ user }, MISSING)),
    ],
  },
  {
    title: 'fallbacks, unions, constants, prefixes, tables and separators',
    mapping: {
      subject: [{ claim: ['oid'] }, { claim: ['sub'] }],
      clientId: { constant: 'the-client' },
      scopes: { claim: ['permissions'], separator: ',' },
      roles: {
        all: [
          { claim: ['roles'], table: { 'acme-admin': ['admin', 'staff'], boss: 'admin' } },
          { claim: ['teams'], prefix: 'team:' },
        ],
      },
      permissions: [{ claim: ['rights'], prefix: 'p:' }, { constant: ['guest'] }],
      groups: { claim: ['orgs'], take: 'names' },
      tenant: { claim: ['org'], table: { acme: 'Acme Ltd' } },
      attributes: {
        level: { claim: ['level'] },
        flag: [{ claim: ['f'] }, { claim: ['g'] }],
        names: { claim: ['orgs'], take: 'names' },
      },
    },
    cases: [
      says(
        {},
        {
          subject: 'user-1',
          clientId: 'the-client',
          scopes: [],
          roles: [],
          permissions: ['guest'],
          groups: [],
          attributes: {},
        },
      ),
      says({ oid: 'o', client_id: 'x' }, { subject: 'o', clientId: 'the-client' }),
      ...each(noTexts, (oid) => says({ oid }, { subject: 'user-1' })),
      says({ permissions: 'a,b c,,d' }, { scopes: ['a', 'b c', 'd'] }),
      says({ permissions: ['a,b'] }, { scopes: ['a,b'] }),
      says({ roles: ['acme-admin', 'boss', 'x'] }, { roles: ['admin', 'staff'] }),
      says({ roles: ['constructor', '__proto__', 'toString', 'hasOwnProperty'] }, { roles: [] }),
      says({ roles: 'boss', teams: ['admin', 'b'] }, { roles: ['admin', 'team:admin', 'team:b'] }),
      says({ roles: ['boss', 1], teams: 'a' }, { roles: ['team:a'] }),
      says({ rights: ['guest', ''] }, { permissions: ['p:guest', 'p:'] }),
      ...each([null, 1, {}, ['a', 1]], (rights) => says({ rights }, { permissions: ['guest'] })),
      says({ orgs: { a: 1, b: { admin: true } } }, { groups: ['a', 'b'], attributes: { names: ['a', 'b'] } }),
      says(raw('"orgs":{"__proto__":1,"constructor":2}'), { groups: ['__proto__', 'constructor'] }),
      ...each([null, 'a', ['a'], 1, {}], (orgs) => says({ orgs }, { groups: [] })),
      says({ org: 'acme' }, { tenant: 'Acme Ltd' }),
      ...each(['Acme', 'Acme Ltd', '', 'constructor', ['acme'], { acme: 1 }, null], (org) =>
        says({ org }, { tenant: undefined }),
      ),
      // An attribute without any other member is the claim as it is.
      ...each([0, '1', true, ['x', 1], { a: { b: [] } }, null, ''], (level) =>
        says({ level }, { attributes: { level } }),
      ),
      says({ g: 'y' }, { attributes: { flag: 'y' } }),
      says({ f: 'x', g: 'y' }, { attributes: { flag: 'x' } }),
    ],
  },
  {
    title: 'grants',
    mapping: { tenant: { claim: ['org'] } },
    grants: { scopes: ['a'], roles: ['user'], permissions: [], tenants: ['globex'] },
    cases: [
      says(
        { org: 'globex', scope: 'a b A', roles: ['user', 'admin'], permissions: ['p'], groups: ['g'] },
        { tenant: 'globex', scopes: ['a'], roles: ['user'], permissions: [], groups: ['g'] },
      ),
      says({ ...victim, org: 'globex' }, { tenant: 'globex', roles: [], permissions: [], attributes: {} }),
      ...each(['acme', 'Globex', 'globex ', 'constructor'], (org) => says({ org }, 'ERR_TOKEN_TENANT')),
      // No tenant is not one of these either.
      ...each([undefined, ['globex'], 1, null, {}, ''], (org) => says({ ...victim, org }, 'ERR_TOKEN_TENANT')),
    ],
  },
  {
    title: 'an issuer that the application names on demand',
    onDemand: true,
    cases: [
      says(
        { scope: 'a' },
        { subject: 'user-1', scopes: ['a'], roles: [], groups: [], permissions: [], tenant: undefined },
      ),
      says(victim, { subject: 'user-1', roles: [], groups: [], permissions: [], tenant: undefined, attributes: {} }),
    ],
  },
  {
    title: 'the same, with grants, a tenant and attributes',
    onDemand: true,
    mapping: {
      tenant: { constant: 'initech' },
      roles: { claim: ['realm_access', 'roles'] },
      attributes: { org: { claim: ['org_id'] } },
    },
    grants: { roles: ['user'], tenants: ['initech'] },
    cases: [
      says({}, { tenant: 'initech', roles: [] }),
      says(victim, { tenant: 'initech', roles: [], groups: [], permissions: [], attributes: { org: 'acme' } }),
      says({ realm_access: { roles: ['user', 'admin'] } }, { roles: ['user'] }),
    ],
  },
  {
    title: 'the same, with a function that gives everything away',
    onDemand: true,
    mapping: from(() => ({
      subject: 'root',
      tenant: 'acme',
      roles: ['admin'],
      groups: ['admins'],
      permissions: ['all'],
      scopes: ['s'],
    })),
    cases: [
      says(victim, { subject: 'root', tenant: undefined, roles: [], groups: [], permissions: [], scopes: ['s'] }),
    ],
  },
  {
    title: 'a function',
    mapping: from((payload) => {
      const { call } = payload as { call?: string }
      const results: Readonly<Record<string, () => unknown>> = {
        whole: () => ({
          subject: 's',
          clientId: 'c',
          scopes: ['a'],
          roles: ['r'],
          permissions: ['p'],
          groups: ['g'],
          tenant: 't',
          attributes: { x: [1] },
        }),
        least: () => ({ subject: 's' }),
        undefined: () => ({ subject: 's', roles: undefined, tenant: undefined, attributes: undefined }),
        nothing: () => undefined,
        null: () => null,
        text: () => 's',
        list: () => ['s'],
        promise: async () => ({ subject: 's' }),
        rejection: () => Promise.reject(new Error('x')),
        // oxlint-disable-next-line unicorn/no-thenable -- the odd thing to return
        thenable: () => ({ subject: 's', then: thrower }),
        throw: thrower,
        number: () => odd({ subject: 1 }),
        empty: () => odd({ subject: '' }),
        object: () => odd({ subject: new String('s') }),
        'no subject': () => ({ roles: ['r'] }),
        'roles as text': () => odd({ subject: 's', roles: 'admin' }),
        'a role as a number': () => odd({ subject: 's', roles: ['r', 1] }),
        'roles as a set': () => odd({ subject: 's', roles: new Set(['r']) }),
        'null roles': () => odd({ subject: 's', roles: null }),
        'a tenant as a list': () => odd({ subject: 's', tenant: ['t'] }),
        'attributes as text': () => odd({ subject: 's', attributes: 'x' }),
        'attributes as a list': () => odd({ subject: 's', attributes: ['x'] }),
        'a getter': () => member('tenant', () => 't'),
        'a getter that throws': () => member('tenant', thrower),
        'an attribute that throws': () => ({ subject: 's', attributes: member('x', thrower) }),
        'an unknown member': () => ({ subject: 's', rolls: ['r'] }),
        'the payload itself': () => payload,
        'a write': () => Object.assign(payload as object, { sub: 'root' }),
      }
      return results[call ?? 'whole']?.()
    }),
    cases: [
      says(
        {},
        {
          subject: 's',
          clientId: 'c',
          scopes: ['a'],
          roles: ['r'],
          permissions: ['p'],
          groups: ['g'],
          tenant: 't',
          attributes: { x: [1] },
        },
      ),
      ...each(['least', 'undefined'], (call) =>
        says({ call, roles: ['x'] }, { subject: 's', clientId: undefined, scopes: [], roles: [], attributes: {} }),
      ),
      says({ call: 'a getter' }, { subject: 's', tenant: 't' }),
      says({ call: 'an unknown member' }, { subject: 's', roles: [] }),
      ...each(['nothing', 'null', 'text', 'list', 'promise', 'rejection', 'throw'], (call) => says({ call }, MAPPING)),
      ...each(['number', 'empty', 'object', 'roles as text', 'a role as a number', 'roles as a set'], (call) =>
        says({ call }, MAPPING),
      ),
      ...each(
        ['null roles', 'a tenant as a list', 'attributes as text', 'attributes as a list', 'a write', 'thenable'],
        (call) => says({ call }, MAPPING),
      ),
      ...each(['a getter that throws', 'an attribute that throws'], (call) => says({ call }, MAPPING)),
      ...each(['no subject', 'the payload itself'], (call) => says({ call, subject: undefined }, MISSING)),
    ],
  },
]

/** The options of a row's issuer. */
export function toIssuerOptions(issuer: string, { mapping, grants }: MappingRow): IssuerOptions {
  return { issuer, mapping, grants }
}
