import type { AnyGuard, AuthorizationDetail, Guard } from '@countersign/core'

/** The makers of guards, whoever exports them: core, or an adapter. */
export interface GuardMakers {
  readonly requireScopes: (...scopes: string[]) => Guard
  readonly requireAnyScope: (...scopes: string[]) => Guard
  readonly requireRoles: (...roles: string[]) => Guard
  readonly requireAnyRole: (...roles: string[]) => Guard
  readonly requirePermissions: (...permissions: string[]) => Guard
  readonly requireGroups: (...groups: string[]) => Guard
  readonly requireClaim: (path: readonly string[], values: readonly (string | number | boolean)[]) => Guard
  readonly requireIssuer: (...issuers: string[]) => Guard
  readonly requireActor: (...actors: string[]) => Guard
  readonly requireAuthentication: (requirement: { readonly acr?: string[]; readonly maxAgeSeconds?: number }) => Guard
  readonly requireAuthorizationDetails: (requirement: {
    readonly type: string
    readonly actions?: string[]
    readonly locations?: string[]
    readonly where?: (detail: AuthorizationDetail) => boolean
  }) => Guard
  readonly requireThat: (predicate: () => boolean | Promise<boolean>) => AnyGuard
  readonly allOf: (...guards: [AnyGuard, ...AnyGuard[]]) => AnyGuard
  readonly anyOf: (...guards: [AnyGuard, ...AnyGuard[]]) => AnyGuard
}

/** What comes back of a guarded route, and why. */
export interface Outcome {
  readonly status: number
  /** Of the error; absent where the guard allows. */
  readonly reason?: string
  /** The one `WWW-Authenticate` field; absent: there is none. */
  readonly challenge?: string
}

/** Who calls: the claims of a token of Acme beyond the ordinary ones, or a token of Globex with them. */
export interface Situation {
  readonly title: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly issuer?: 'globex'
  readonly outcome: Outcome
}

/** One guard, and who calls. */
export interface GuardRow {
  readonly name: string
  make(guards: GuardMakers): AnyGuard
  readonly situations: readonly Situation[]
}

export const ALLOWED: Outcome = { status: 200 }

export const NOBODY: Outcome = { status: 401, reason: 'ERR_CREDENTIALS_MISSING', challenge: 'Bearer realm="api"' }

export const UNJUDGED: Outcome = { status: 500, reason: 'ERR_NOT_AUTHENTICATED' }

const FORBIDDEN =
  'Bearer realm="api", error="insufficient_scope", error_description="The request requires higher privileges than the access token provides"'

export const DENIED: Outcome = { status: 403, reason: 'ERR_ACCESS_DENIED', challenge: FORBIDDEN }

const FAILED: Outcome = { status: 500, reason: 'ERR_GUARD_FAILED' }

/** A registered claim of a wrong type refuses the whole token: the challenge has neither scopes nor classes in it. */
const REFUSED: Outcome = {
  status: 401,
  reason: 'ERR_TOKEN_CLAIM_TYPE',
  challenge: 'Bearer realm="api", error="invalid_token", error_description="The access token is invalid or expired"',
}

function lacks(scope: string): Outcome {
  return { status: 403, reason: 'ERR_SCOPE_INSUFFICIENT', challenge: `${FORBIDDEN}, scope="${scope}"` }
}

function stepUp(reason: string, parameters: string): Outcome {
  const challenge =
    'Bearer realm="api", error="insufficient_user_authentication", error_description="A stronger or more recent authentication is required"'
  return { status: 401, reason, challenge: `${challenge}, ${parameters}` }
}

const holds = (claims: Situation['claims'], title = 'holds') => ({ title, claims, outcome: ALLOWED })
const missing = (outcome: Outcome) => ({ title: 'no claim', claims: {}, outcome })

/** One claim, in each of these values. */
function each(claim: string, values: readonly unknown[], outcome: Outcome): readonly Situation[] {
  return values.map((value) => ({ title: `${claim} of ${JSON.stringify(value)}`, claims: { [claim]: value }, outcome }))
}

/** A list of names, in every shape that is not that list. */
function wrongLists(claim: string, ...names: readonly string[]): readonly Situation[] {
  const text = names.join(' ')
  const members = Object.fromEntries(names.map((name) => [name, true]))
  const shapes = [null, 1, true, {}, members, [...names, 1], [names], [[...names]], text, names.join(','), [text], []]
  const cases = [names.map((name) => name.toUpperCase()), names.map((name) => `${name} `)]
  return each(claim, [...shapes, ...cases], DENIED)
}

const wrongScopes = [null, 1, true, {}, { a: true }, ['a', 1], [['a', 'b']]]

const payment = { type: 'payment', actions: ['initiate', 'cancel'], locations: ['https://bank.example'] }
const details = (...entries: readonly unknown[]) => ({ authorization_details: entries })
const notTrue: readonly (readonly [label: string, value: unknown])[] = [
  ['1', 1],
  ['"true"', 'true'],
  ['an object', {}],
  ['a list', []],
  ['a list of true', [true]],
  ['a function', () => true],
  ['a symbol', Symbol.iterator],
  ['a bigint', 1n],
  ['an object that holds true', Object(true)],
  ['false', false],
  ['nothing', undefined],
  ['null', null],
]

/** A predicate that answers what no type allows. */
function answers(value: unknown): () => boolean {
  return () => value as boolean
}

function fails(): never {
  throw new TypeError('the directory is down')
}

/** The guard table. `nowSeconds` is the time of the verifier. */
export function createGuardTable(nowSeconds: number): readonly GuardRow[] {
  const strong = { acr: 'gold', auth_time: nowSeconds - 100 }
  const classes = 'acr_values="gold silver", max_age="300"'
  return [
    {
      name: 'requireScopes',
      make: ({ requireScopes }) => requireScopes('a', 'b'),
      situations: [
        holds({ scope: 'b a' }),
        holds({ scp: ['a', 'b'] }, 'holds by scp'),
        missing(lacks('a b')),
        ...each('scope', wrongScopes, REFUSED),
        ...each('scope', ['', 'a', 'A B', 'a,b', 'a\tb', 'ab', ['a b']], lacks('a b')),
        ...each('scp', wrongScopes, lacks('a b')),
      ],
    },
    {
      name: 'requireAnyScope',
      make: ({ requireAnyScope }) => requireAnyScope('a', 'b'),
      situations: [
        holds({ scope: 'c b' }),
        missing(lacks('a b')),
        ...each('scope', wrongScopes, REFUSED),
        ...each('scope', ['', 'c', 'A', 'a,b'], lacks('a b')),
      ],
    },
    {
      name: 'requireRoles',
      make: ({ requireRoles }) => requireRoles('clerk', 'owner'),
      situations: [
        holds({ roles: ['owner', 'x', 'clerk'] }),
        missing(DENIED),
        ...wrongLists('roles', 'clerk', 'owner'),
      ],
    },
    {
      name: 'requireAnyRole',
      make: ({ requireAnyRole }) => requireAnyRole('clerk', 'owner'),
      situations: [
        holds({ roles: ['x', 'owner'] }),
        holds({ roles: 'owner' }, 'holds by a string, which is a list of one'),
        missing(DENIED),
        ...wrongLists('roles', 'clerk', 'owner'),
      ],
    },
    {
      name: 'requirePermissions',
      make: ({ requirePermissions }) => requirePermissions('refund', 'void'),
      situations: [
        holds({ permissions: ['void', 'refund'] }),
        missing(DENIED),
        ...wrongLists('permissions', 'refund', 'void'),
      ],
    },
    {
      name: 'requireGroups',
      make: ({ requireGroups }) => requireGroups('staff', 'sales'),
      situations: [holds({ groups: ['sales', 'staff'] }), missing(DENIED), ...wrongLists('groups', 'staff', 'sales')],
    },
    {
      name: 'requireClaim',
      make: ({ requireClaim }) => requireClaim(['org', 'plan'], ['gold', 7, false]),
      situations: [
        ...[{ plan: 'gold' }, { plan: 7 }, { plan: false }, { plan: ['x', 'gold'] }].map((org) =>
          holds({ org }, JSON.stringify(org)),
        ),
        missing(DENIED),
        ...each('org', [null, 'gold', ['gold'], {}, { 'plan.x': 'gold' }], DENIED),
        ...each(
          'org',
          ['Gold', '7', 'false', 0, '', null, true, {}, [], [['gold']], { gold: true }].map((plan) => ({ plan })),
          DENIED,
        ),
        ...each('org.plan', ['gold'], DENIED),
      ],
    },
    {
      name: 'requireIssuer',
      make: ({ requireIssuer }) => requireIssuer('https://login.acme.example'),
      situations: [
        holds({}),
        { title: 'another issuer', claims: {}, issuer: 'globex', outcome: DENIED },
        {
          title: 'another issuer that says so',
          claims: { issuer: 'https://login.acme.example' },
          issuer: 'globex',
          outcome: DENIED,
        },
      ],
    },
    {
      name: 'requireActor',
      make: ({ requireActor }) => requireActor('service-1'),
      situations: [
        holds({ act: { sub: 'service-1' } }),
        holds({ act: { sub: 'service-1', act: { sub: 'service-2' } } }, 'holds, after another'),
        missing(DENIED),
        ...each(
          'act',
          [null, 'service-1', 1, [{ sub: 'service-1' }], { sub: 1 }, { sub: ['service-1'] }, { sub: '' }],
          REFUSED,
        ),
        ...each(
          'act',
          [{}, { sub: 'Service-1' }, { client_id: 'service-1' }, { sub: 'x', act: { sub: 'service-1' } }],
          DENIED,
        ),
        ...each('act', [{ sub: 'service-1', iss: 'https://other.example' }], DENIED),
        ...each('may_act', [{ sub: 'service-1' }], DENIED),
      ],
    },
    {
      name: 'requireAuthentication',
      make: ({ requireAuthentication }) => requireAuthentication({ acr: ['gold', 'silver'], maxAgeSeconds: 300 }),
      situations: [
        holds(strong),
        missing(stepUp('ERR_STEP_UP_ACR', classes)),
        { title: 'no acr', claims: { auth_time: strong.auth_time }, outcome: stepUp('ERR_STEP_UP_ACR', classes) },
        { title: 'another acr', claims: { ...strong, acr: 'Gold' }, outcome: stepUp('ERR_STEP_UP_ACR', classes) },
        { title: 'no auth_time', claims: { acr: 'gold' }, outcome: stepUp('ERR_STEP_UP_AGE', classes) },
        {
          title: 'too old',
          claims: { ...strong, auth_time: nowSeconds - 400 },
          outcome: stepUp('ERR_STEP_UP_AGE', classes),
        },
        ...each('acr', [null, 1, ['gold'], {}, true, ''], REFUSED),
        ...each('auth_time', [null, String(nowSeconds), [nowSeconds], {}, true], REFUSED),
      ],
    },
    {
      name: 'requireAuthorizationDetails',
      make: ({ requireAuthorizationDetails }) =>
        requireAuthorizationDetails({
          type: 'payment',
          actions: ['initiate'],
          locations: ['https://bank.example'],
          where: ({ where = true }) => (where === 'throws' ? fails() : (where as boolean)),
        }),
      situations: [
        holds(details({ type: 'other' }, payment)),
        missing(DENIED),
        ...each('authorization_details', [null, payment, 'payment', [], [null], ['payment'], [[payment]]], DENIED),
        ...each(
          'authorization_details',
          [[{ ...payment, actions: 'initiate' }], [{ ...payment, actions: ['Initiate'] }]],
          DENIED,
        ),
        ...each(
          'authorization_details',
          [[{ ...payment, locations: { 0: 'https://bank.example' } }], [{ ...payment, type: ['payment'] }]],
          DENIED,
        ),
        ...each(
          'authorization_details',
          [1, 'true', {}, [true], 0, false, null].map((where) => [{ ...payment, where }]),
          DENIED,
        ),
        { title: 'a predicate that throws', claims: details({ ...payment, where: 'throws' }), outcome: FAILED },
      ],
    },
    {
      name: 'requireAuthorizationDetails, with a predicate that rejects',
      make: ({ requireAuthorizationDetails }) =>
        requireAuthorizationDetails({
          type: 'payment',
          where: (() => Promise.reject(new Error('down'))) as () => never,
        }),
      situations: [
        { title: 'an entry that fits', claims: details(payment), outcome: FAILED },
        { title: 'none that fits', claims: details({ type: 'other' }), outcome: DENIED },
      ],
    },
    {
      name: 'requireThat',
      make: ({ requireThat }) => requireThat(() => true),
      situations: [holds({})],
    },
    {
      name: 'requireThat, with a promise',
      make: ({ requireThat }) => requireThat(async () => true),
      situations: [holds({})],
    },
    {
      name: 'requireThat, with a predicate that throws',
      make: ({ requireThat }) => requireThat(fails),
      situations: [{ title: 'anybody', claims: {}, outcome: FAILED }],
    },
    {
      name: 'requireThat, with a predicate that rejects',
      make: ({ requireThat }) => requireThat(async () => fails()),
      situations: [{ title: 'anybody', claims: {}, outcome: FAILED }],
    },
    ...notTrue.flatMap(([label, value]): readonly GuardRow[] => {
      const situations = [{ title: 'anybody', claims: {}, outcome: DENIED }]
      return [
        { name: `requireThat, with ${label}`, make: ({ requireThat }) => requireThat(answers(value)), situations },
        {
          name: `requireThat, with a promise of ${label}`,
          make: ({ requireThat }) => requireThat(answers(Promise.resolve(value))),
          situations,
        },
      ]
    }),
  ]
}

/** A way to put a guard beside others, and what must come of it: nothing that it closes is open there. */
export interface GuardForm {
  readonly name: string
  make(guard: AnyGuard, guards: GuardMakers): AnyGuard
  expect(outcome: Outcome): Outcome
}

const yes = ({ requireIssuer }: GuardMakers) =>
  requireIssuer('https://login.acme.example', 'https://id.globex.example/')
const no = ({ requireGroups }: GuardMakers) => requireGroups('nobody')
const laterYes = ({ requireThat }: GuardMakers) => requireThat(async () => true)
const laterNo = ({ requireThat }: GuardMakers) => requireThat(async () => false)

const same = <T>(it: T): T => it
const isStepUp = ({ reason = '' }: Outcome) => reason.startsWith('ERR_STEP_UP')
/** What a later guard says is heard only where the one before it denies. */
const afterDenial = (outcome: Outcome) => (outcome.status === 403 ? DENIED : outcome)
const unlessFailed = (outcome: Outcome) => (outcome === FAILED ? FAILED : ALLOWED)
const beforeDenial = (outcome: Outcome) => (outcome === ALLOWED || isStepUp(outcome) ? DENIED : outcome)

export const GUARD_FORMS: readonly GuardForm[] = [
  { name: 'alone', make: same, expect: same },
  { name: 'allOf(it)', make: (guard, { allOf }) => allOf(guard), expect: same },
  { name: 'anyOf(it)', make: (guard, { anyOf }) => anyOf(guard), expect: same },
  { name: 'allOf(it, yes)', make: (guard, guards) => guards.allOf(guard, yes(guards)), expect: same },
  { name: 'allOf(yes, it)', make: (guard, guards) => guards.allOf(yes(guards), guard), expect: same },
  { name: 'allOf(it, a later yes)', make: (guard, guards) => guards.allOf(guard, laterYes(guards)), expect: same },
  { name: 'allOf(it, no)', make: (guard, guards) => guards.allOf(guard, no(guards)), expect: beforeDenial },
  { name: 'allOf(no, it)', make: (guard, guards) => guards.allOf(no(guards), guard), expect: () => DENIED },
  { name: 'anyOf(it, no)', make: (guard, guards) => guards.anyOf(guard, no(guards)), expect: same },
  { name: 'anyOf(no, it)', make: (guard, guards) => guards.anyOf(no(guards), guard), expect: afterDenial },
  { name: 'anyOf(a later no, it)', make: (guard, guards) => guards.anyOf(laterNo(guards), guard), expect: afterDenial },
  { name: 'anyOf(it, yes)', make: (guard, guards) => guards.anyOf(guard, yes(guards)), expect: unlessFailed },
  {
    name: 'anyOf(no, allOf(yes, it))',
    make: (guard, guards) => guards.anyOf(no(guards), guards.allOf(yes(guards), guard)),
    expect: afterDenial,
  },
]
