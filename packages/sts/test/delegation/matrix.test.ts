import { beforeAll, describe, expect, it } from 'vitest'
import {
  ACME,
  createService,
  exchangeOf,
  GLOBEX,
  outcomeOf,
  payloadOf,
  ordersToBilling,
  STS,
  TYPES,
} from '../service.js'
import type { TestService } from '../service.js'

const AGENT = { iss: GLOBEX, sub: 'agent' }
const ORDERS = { iss: STS, sub: 'orders' }
const actors = [{ issuer: GLOBEX, subject: 'agent' }]

/** Which service: by what its one rule says of actors. */
const services = {} as Record<'ordinary' | 'impersonating' | 'without actors', TestService>
beforeAll(async () => {
  services['ordinary'] = await createService({ rules: [{ ...ordersToBilling, actors }] })
  services['impersonating'] = await createService({ rules: [{ ...ordersToBilling, actors, mode: 'impersonation' }] })
  services['without actors'] = await createService({ rules: [ordersToBilling] })
})

interface Row {
  readonly title: string
  /** Claims of the subject's token, of ACME. */
  readonly subject?: Readonly<Record<string, unknown>>
  /** Claims of the actor's token, of GLOBEX. */
  readonly actor?: Readonly<Record<string, unknown>>
  readonly by?: keyof typeof services
  /** The `act` of the answer, or how it is refused. */
  readonly gives: object | undefined | string
}

const refused = (reason: string): string => `invalid_request denied ${reason}`
const failed = (reason: string): string => `invalid_request failure ${reason}`
const chainOf = (length: number): object | undefined =>
  length === 0 ? undefined : { sub: `service-${length}`, act: chainOf(length - 1) }

const rows: readonly Row[] = [
  { title: 'DM-1: nothing said, no actor token: the client acts', gives: ORDERS },
  { title: 'DM-1: nothing said, no actor token, by opt-in: impersonation', by: 'impersonating', gives: undefined },

  { title: 'DM-2: nothing said, an actor token of a party that the policy names: it acts', actor: AGENT, gives: AGENT },
  {
    title: 'DM-2: nothing said, an actor token of another party: refused',
    actor: { sub: 'stranger' },
    gives: refused('ERR_STS_ACTOR_FORBIDDEN'),
  },
  {
    title: 'DM-2: nothing said, an actor token that no rule speaks of: refused',
    actor: AGENT,
    by: 'without actors',
    gives: refused('ERR_STS_ACTOR_FORBIDDEN'),
  },
  {
    title: 'DM-2: an actor token is delegation where impersonation is the rule',
    actor: AGENT,
    by: 'impersonating',
    gives: AGENT,
  },

  { title: 'DM-3: may_act names the client by sub and iss', subject: { may_act: ORDERS }, gives: ORDERS },
  {
    title: 'DM-3: may_act names the client by client_id and iss',
    subject: { may_act: { iss: STS, client_id: 'orders' } },
    gives: ORDERS,
  },
  {
    title: 'DM-3: may_act is delegation where impersonation is the rule',
    subject: { may_act: ORDERS },
    by: 'impersonating',
    gives: ORDERS,
  },
  {
    title: 'DM-3: may_act names another',
    subject: { may_act: { iss: STS, sub: 'billing' } },
    gives: refused('ERR_STS_MAY_ACT'),
  },
  {
    title: 'DM-3: may_act names another, where impersonation is the rule',
    subject: { may_act: { iss: STS, sub: 'billing' } },
    by: 'impersonating',
    gives: refused('ERR_STS_MAY_ACT'),
  },
  {
    title: 'DM-3: may_act without iss means the issuer of the token, whose "orders" is somebody else',
    subject: { may_act: { sub: 'orders' } },
    gives: refused('ERR_STS_MAY_ACT'),
  },
  {
    title: 'DM-3: a client id of another issuer is no client of ours',
    subject: { may_act: { client_id: 'orders' } },
    gives: refused('ERR_STS_MAY_ACT'),
  },
  {
    title: 'DM-3: every member must match',
    subject: { may_act: { ...ORDERS, client_id: 'billing' } },
    gives: refused('ERR_STS_MAY_ACT'),
  },
  {
    title: 'DM-3: a member that is not understood is a mismatch',
    subject: { may_act: { ...ORDERS, sub_profile: 'service' } },
    gives: refused('ERR_STS_MAY_ACT'),
  },
  { title: 'DM-3: may_act that names nobody', subject: { may_act: {} }, gives: refused('ERR_STS_MAY_ACT') },
  {
    title: 'DM-3: may_act that names an issuer alone',
    subject: { may_act: { iss: STS } },
    gives: refused('ERR_STS_MAY_ACT'),
  },
  { title: 'DM-3: may_act that is no object', subject: { may_act: 'orders' }, gives: failed('ERR_TOKEN_CLAIM_TYPE') },

  {
    title: 'DM-4: may_act names the actor of the actor token',
    subject: { may_act: AGENT },
    actor: AGENT,
    gives: AGENT,
  },
  {
    title: 'DM-4: may_act names the client, and the actor token is of another',
    subject: { may_act: ORDERS },
    actor: AGENT,
    gives: refused('ERR_STS_MAY_ACT'),
  },
  {
    title: 'DM-4: may_act names the actor by sub, and its iss is that of the subject',
    subject: { may_act: { sub: 'agent' } },
    actor: AGENT,
    gives: refused('ERR_STS_MAY_ACT'),
  },
  {
    title: 'DM-4: what may_act allows, the policy must allow too',
    subject: { may_act: AGENT },
    actor: AGENT,
    by: 'without actors',
    gives: refused('ERR_STS_ACTOR_FORBIDDEN'),
  },

  {
    title: 'DM-5: act: the client goes outermost, and who acted before is named in full',
    subject: { act: { sub: 'gateway', act: { iss: GLOBEX, client_id: 'app' } } },
    gives: { ...ORDERS, act: { iss: ACME, sub: 'gateway', act: { iss: GLOBEX, client_id: 'app' } } },
  },
  {
    title: 'DM-5: act is never shed, where impersonation is the rule',
    subject: { act: { sub: 'gateway' } },
    by: 'impersonating',
    gives: { ...ORDERS, act: { iss: ACME, sub: 'gateway' } },
  },
  {
    title: 'DM-5: what else stands in act means nothing, and is left out',
    subject: { act: { sub: 'gateway', exp: 1, aud: 'x', roles: ['admin'] } },
    gives: { ...ORDERS, act: { iss: ACME, sub: 'gateway' } },
  },
  { title: 'DM-5: act that names nobody', subject: { act: {} }, gives: failed('ERR_TOKEN_CLAIM_MISSING') },
  { title: 'DM-5: act that is no object', subject: { act: 'gateway' }, gives: failed('ERR_TOKEN_CLAIM_TYPE') },
  {
    title: 'DM-5: a chain of four, and the client',
    subject: { act: chainOf(4) },
    gives: expect.objectContaining(ORDERS) as object,
  },
  {
    title: 'DM-5: a chain of five is as deep as it gets',
    subject: { act: chainOf(5) },
    gives: failed('ERR_STS_ACTOR_DEPTH'),
  },

  {
    title: 'DM-6: act, and an actor token: its party goes outermost',
    subject: { act: { sub: 'gateway' } },
    actor: AGENT,
    gives: { ...AGENT, act: { iss: ACME, sub: 'gateway' } },
  },
  {
    title: 'DM-6: act, and an actor token of a party that no rule names',
    subject: { act: { sub: 'gateway' } },
    actor: { sub: 'stranger' },
    gives: refused('ERR_STS_ACTOR_FORBIDDEN'),
  },

  {
    title: 'DM-7: an actor token that carries act itself',
    actor: { ...AGENT, act: { sub: 'gateway' } },
    gives: failed('ERR_STS_ACTOR_DELEGATED'),
  },
]

describe('the delegation matrix', () => {
  it.each(rows)('$title', async ({ subject = {}, actor, by = 'ordinary', gives }) => {
    const test = services[by]
    const subjectToken = await test.acme.token({ sub: 'alice', scope: 'orders:read', ...subject })
    const actorToken = actor && (await test.globex.token(actor))
    const values = { actor_token: actorToken, actor_token_type: actor && TYPES.jwt }
    const asked = exchangeOf(subjectToken, { values })
    if (typeof gives === 'string') {
      expect(await outcomeOf(test, asked)).toBe(gives)
      return
    }
    const { access_token } = await test.request(asked)
    expect(payloadOf(access_token)['act']).toEqual(gives)
  })

  it('refuses an actor that is the subject', async () => {
    const test = await createService({
      rules: [{ ...ordersToBilling, actors: [{ issuer: ACME, subject: 'alice' }] }],
    })
    const token = await test.acme.token({ sub: 'alice', scope: 'orders:read' })
    const values = { actor_token: token, actor_token_type: TYPES.jwt }
    expect(await outcomeOf(test, exchangeOf(token, { values }))).toBe(failed('ERR_STS_ACTOR_IS_SUBJECT'))
  })

  it('knows the subject again behind a token of ours', async () => {
    const test = await createService({
      rules: [{ ...ordersToBilling, actors: [{ issuer: ACME, subject: 'alice' }] }],
    })
    const own = await test.ownToken({ sub: 'somebody', sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' } })
    const actor = await test.acme.token({ sub: 'alice' })
    const values = { subject_token_type: TYPES.accessToken, actor_token: actor, actor_token_type: TYPES.jwt }
    expect(await outcomeOf(test, exchangeOf(own, { values }))).toBe(failed('ERR_STS_ACTOR_IS_SUBJECT'))
  })

  it('refuses a client that would act for itself', async () => {
    const test = await createService()
    const own = await test.ownToken({ sub: 'orders', client_id: 'orders', scope: 'orders:read' })
    const values = { subject_token_type: TYPES.accessToken }
    expect(await outcomeOf(test, exchangeOf(own, { values }))).toBe(failed('ERR_STS_ACTOR_IS_SUBJECT'))
  })

  it('takes the client itself as the actor, by a token of its own', async () => {
    const test = await createService()
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read' })
    const actor = await test.ownToken({ sub: 'orders', client_id: 'orders' })
    const values = { actor_token: actor, actor_token_type: TYPES.accessToken }
    const { access_token } = await test.request(exchangeOf(subject, { values }))
    expect(payloadOf(access_token)['act']).toEqual(ORDERS)
  })

  it('may_act by client_id means a client of ours, also where it presents a token of its own', async () => {
    const test = await createService()
    const subject = await test.acme.token({
      sub: 'alice',
      scope: 'orders:read',
      may_act: { iss: STS, client_id: 'orders' },
    })
    const actor = await test.ownToken({ sub: 'orders', client_id: 'orders' })
    const user = await test.ownToken({ sub: 'bob', client_id: 'orders' })
    const by = (token: string): object => ({ values: { actor_token: token, actor_token_type: TYPES.accessToken } })
    expect(await outcomeOf(test, exchangeOf(subject, by(actor)))).toBe('accepted success')
    expect(await outcomeOf(test, exchangeOf(subject, by(user)))).toBe(refused('ERR_STS_MAY_ACT'))
  })

  it('a user of another issuer who is called like a client of ours is not that client', async () => {
    const test = await createService()
    const may_act = { iss: STS, sub: 'orders' }
    const subject = (claims: object): Promise<string> =>
      test.acme.token({ sub: 'alice', scope: 'orders:read', ...claims })
    // As a target has it that takes names as they come: our issuer, and the name of somebody else's user.
    const actor = await test.ownToken({
      sub: 'orders',
      client_id: 'orders',
      sub_id: { format: 'iss_sub', iss: ACME, sub: 'orders' },
    })
    const values = { actor_token: actor, actor_token_type: TYPES.accessToken }
    expect(await outcomeOf(test, exchangeOf(await subject({}), { values }))).toBe(refused('ERR_STS_ACTOR_FORBIDDEN'))
    expect(await outcomeOf(test, exchangeOf(await subject({ may_act }), { values }))).toBe(refused('ERR_STS_MAY_ACT'))
    const client = { may_act: { iss: STS, client_id: 'orders' } }
    expect(await outcomeOf(test, exchangeOf(await subject(client), { values }))).toBe(refused('ERR_STS_MAY_ACT'))
  })
})
