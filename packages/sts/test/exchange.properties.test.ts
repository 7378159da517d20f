import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { TokenError } from '../src/errors.js'
import {
  ACME,
  createService,
  exchangeOf,
  GLOBEX,
  NOW_SECONDS,
  payloadOf,
  ordersToBilling,
  STS,
  TYPES,
} from './service.js'
import type { Asked, TestService } from './service.js'

const SUBJECT_SCOPES = ['orders:read', 'orders:write', 'profile', 'invoice:read']
const TARGET_SCOPES = ['invoice:read', 'invoice:write']
const TABLE: Readonly<Record<string, readonly string[]>> = {
  'orders:read': ['invoice:read'],
  'orders:write': ['invoice:read', 'invoice:write'],
}

interface Link {
  readonly iss?: string | undefined
  readonly sub: string
  readonly act?: Link | undefined
}

const links: fc.Arbitrary<readonly Link[]> = fc.array(
  fc.record({ iss: fc.constantFrom(undefined, ACME, GLOBEX, STS), sub: fc.constantFrom('orders', 'gateway', 'x') }),
  { maxLength: 6, size: 'small' },
)

const toAct = (chain: readonly Link[]): Link | undefined =>
  chain.reduceRight<Link | undefined>((act, link) => ({ ...link, ...(act && { act }) }), undefined)

const flatten = (act: unknown): readonly Link[] => {
  const found: Link[] = []
  for (let link = act as Link | undefined; link !== undefined; link = link.act)
    found.push({ iss: link.iss, sub: link.sub })
  return found
}

const party = fc.constantFrom(
  { iss: STS, sub: 'orders' },
  { iss: STS, client_id: 'orders' },
  { iss: GLOBEX, sub: 'agent' },
  { sub: 'orders' },
  { iss: STS, sub: 'billing' },
  { iss: STS, sub: 'orders', extra: 1 },
)

const requests = fc.record({
  scopes: fc.oneof(fc.constant<readonly string[]>(['orders:write']), fc.subarray<string>(SUBJECT_SCOPES)),
  asked: fc.option(fc.subarray([...TARGET_SCOPES, 'entries:read'], { minLength: 1 }), { nil: undefined }),
  chain: links,
  mayAct: fc.option(party, { nil: undefined, freq: 1 }),
  own: fc.boolean(),
  actor: fc.boolean(),
  mode: fc.constantFrom('delegation', 'impersonation'),
  narrow: fc.boolean(),
  subjectSeconds: fc.integer({ min: 5, max: 1_000 }),
  actorSeconds: fc.integer({ min: 5, max: 1_000 }),
  key: fc.constantFrom(undefined, undefined, 'mine', 'mine', 'theirs'),
  proven: fc.constantFrom(undefined, 'mine'),
})

type Drawn = typeof requests extends fc.Arbitrary<infer T> ? T : never

const services = new Map<string, TestService>()
beforeAll(async () => {
  for (const mode of ['delegation', 'impersonation'] as const)
    for (const narrow of [true, false]) {
      const actors = [{ issuer: GLOBEX, subject: 'agent' }]
      services.set(
        `${mode} ${narrow}`,
        await createService({ rules: [{ ...ordersToBilling, scopes: TABLE, mode, narrow, actors }] }),
      )
    }
})

async function toAsked(test: TestService, drawn: Drawn): Promise<Asked> {
  const claims = {
    sub: 'alice',
    scope: drawn.scopes.length === 0 ? undefined : drawn.scopes.join(' '),
    act: toAct(drawn.chain),
    may_act: drawn.mayAct,
    cnf: drawn.key && { jkt: drawn.key },
    exp: NOW_SECONDS + drawn.subjectSeconds,
  }
  const subject = await (drawn.own ? test.ownToken({ ...claims, client_id: 'orders' }) : test.acme.token(claims))
  const actor = drawn.actor
    ? await test.globex.token({ sub: 'agent', exp: NOW_SECONDS + drawn.actorSeconds })
    : undefined
  return exchangeOf(subject, {
    values: {
      subject_token_type: drawn.own ? TYPES.accessToken : TYPES.jwt,
      actor_token: actor,
      actor_token_type: actor && TYPES.jwt,
    },
    ...(drawn.asked && { scope: drawn.asked.join(' ') }),
    ...(drawn.proven && { possession: { jkt: drawn.proven } }),
  })
}

describe('whatever is exchanged', () => {
  it('scopes, actors, time and binding only ever get narrower, and each request leaves one event', async () => {
    let issued = 0
    await fc.assert(
      fc.asyncProperty(requests, async (drawn) => {
        const test = services.get(`${drawn.mode} ${drawn.narrow}`) as TestService
        const asked = await toAsked(test, drawn)
        const before = test.audit.entries.length
        const answer = await test.request(asked).catch((error: unknown) => {
          if (!(error instanceof TokenError) || error.status >= 500) throw error
          return undefined
        })
        expect(test.audit.entries.length).toBe(before + 1)
        const event = test.audit.entries.at(-1)
        expect(event?.outcome === 'success').toBe(answer !== undefined)
        if (answer === undefined) return
        issued++
        const claims = payloadOf(answer.access_token)

        // Scopes: of what was asked for, of what the subject's are worth, of what the target knows.
        const granted = answer.scope.split(' ')
        const worth = drawn.scopes.flatMap((scope) => TABLE[scope] ?? [])
        for (const scope of granted) {
          expect(worth).toContain(scope)
          expect(TARGET_SCOPES).toContain(scope)
          expect(drawn.asked ?? granted).toContain(scope)
        }

        // Actors: every one of before is still there, in order, named in full, and nobody but the new one before them.
        const chain = flatten(claims['act'])
        const known = drawn.chain.map(({ iss, sub }) => ({ iss: iss ?? (drawn.own ? STS : ACME), sub }))
        expect(chain.slice(chain.length - known.length)).toEqual(known)
        expect(chain.length).toBeLessThanOrEqual(5)
        const impersonates =
          drawn.mode === 'impersonation' && !drawn.actor && known.length === 0 && drawn.mayAct === undefined
        expect(chain.length).toBe(known.length + (impersonates ? 0 : 1))
        if (!impersonates)
          expect(chain[0]).toEqual(drawn.actor ? { iss: GLOBEX, sub: 'agent' } : { iss: STS, sub: 'orders' })

        // Time: no longer than what it was made from.
        const expires = claims['exp'] as number
        expect(expires).toBeLessThanOrEqual(NOW_SECONDS + Math.min(300, drawn.subjectSeconds))
        if (drawn.actor) expect(expires).toBeLessThanOrEqual(NOW_SECONDS + drawn.actorSeconds)
        expect(answer.expires_in).toBe(expires - NOW_SECONDS)

        // Binding: to the proven key alone, and never lost.
        expect(claims['cnf']).toEqual(drawn.proven && { jkt: drawn.proven })
        if (drawn.key !== undefined) expect(drawn.proven).toBe(drawn.key)
      }),
      { numRuns: 600 },
    )
    // A property that nothing ever reaches holds for nothing.
    expect(issued).toBeGreaterThan(60)
  })
})
