import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as core from '@countersign/core'
import type { AnyGuard, Principal } from '@countersign/core'
import { createGuardTable, GUARD_FORMS, NOBODY, UNJUDGED } from './guard-table.js'
import type { GuardForm, GuardRow, Outcome, Situation } from './guard-table.js'
import { hosts } from './hosts/all.js'
import type { RunningHost } from './hosts/host.js'
import type { ContractAnswer } from './raw-client.js'
import { createWorld } from './world.js'

const world = await createWorld()
afterAll(() => world.close())

const rows = createGuardTable(Math.floor(world.clock.now() / 1_000))

const lost: unknown[] = []
const remember = (reason: unknown) => void lost.push(reason)
beforeAll(() => void process.on('unhandledRejection', remember))
afterAll(() => void process.off('unhandledRejection', remember))

const tokens = new Map<Situation, Promise<string>>()
function tokenOf(situation: Situation): Promise<string> {
  const { claims, issuer = 'acme' } = situation
  const token = tokens.get(situation) ?? world[issuer].token(claims)
  tokens.set(situation, token)
  return token
}

const inForms = new Set<string>()

/** Every form for the first of its kind; the others stand alone, because a composition sees no more than the outcome. */
function formsFor({ name }: GuardRow, outcome: string | undefined): readonly GuardForm[] {
  const kind = `${name.split(',', 1)[0]} ${outcome}`
  const forms = inForms.has(kind) ? GUARD_FORMS.slice(0, 1) : GUARD_FORMS
  inForms.add(kind)
  return forms
}

const calls = rows.flatMap((row, index) =>
  row.situations.map((situation) => {
    const forms = formsFor(row, situation.outcome.reason)
    return { title: `${row.name}: ${situation.title}`, row, index, situation, forms }
  }),
)

const absences = rows.map((row, index) => ({ name: row.name, index, forms: formsFor(row, 'nobody') }))

/** What is the same wherever a guard stands: a token that is refused is refused before any guard. */
function expectedOf({ outcome }: Situation, form: GuardForm): Outcome {
  return outcome.reason === 'ERR_TOKEN_CLAIM_TYPE' ? outcome : form.expect(outcome)
}

describe('a guard of core', () => {
  async function judge(guard: AnyGuard, principal: Principal<unknown> | undefined): Promise<Outcome> {
    try {
      if ('check' in guard) guard.check(principal)
      else await guard.checkAsync(principal)
      return { status: 200 }
    } catch (error) {
      const { status, reason, headers } = world.api.refuse(error)
      const challenge = headers['WWW-Authenticate']
      return { status, reason, ...(challenge !== undefined && { challenge }) }
    }
  }

  async function verified(situation: Situation): Promise<Principal<unknown> | Outcome> {
    try {
      return await world.api.verify(await tokenOf(situation))
    } catch (error) {
      const { status, reason, headers } = world.api.refuse(error)
      return { status, reason, challenge: headers['WWW-Authenticate'] ?? 'none' }
    }
  }

  it.each(calls)('$title', async ({ row, situation }) => {
    const principal = await verified(situation)
    for (const form of GUARD_FORMS) {
      const guard = form.make(row.make(core), core)
      const found = principal instanceof core.Principal ? await judge(guard, principal) : principal
      expect([form.name, found]).toEqual([form.name, expectedOf(situation, form)])
    }
  })

  it.each(rows)('$name: nobody', async ({ make }) => {
    for (const form of GUARD_FORMS) {
      expect([form.name, await judge(form.make(make(core), core), undefined)]).toEqual([form.name, NOBODY])
    }
  })
})

describe.each(hosts)('a guard on $name', ({ guard: start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(world, rows)
  })
  afterAll(() => host.close())

  async function call(path: string, token?: string): Promise<object> {
    const fields = token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]
    return toContract(await host.send({ method: 'GET', path, fields }))
  }

  function toContract({ status, fields, body }: ContractAnswer): object {
    return { status, challenge: fields['www-authenticate'], cacheControl: fields['cache-control'], in: body === 'in' }
  }

  function expected({ status, challenge }: Outcome): object {
    const challenges = challenge === undefined ? undefined : [challenge]
    return { status, challenge: challenges, cacheControl: status < 400 ? undefined : ['no-store'], in: status === 200 }
  }

  it.each(calls)('$title', async ({ index, situation, forms }) => {
    const token = await tokenOf(situation)
    for (const [number, form] of forms.entries()) {
      const answer = await call(`/guards/${index}/${number}`, token)
      expect([form.name, answer]).toEqual([form.name, expected(expectedOf(situation, form))])
    }
  })

  it.each(absences)('$name: nobody, and unjudged', async ({ index, forms }) => {
    for (const [number, form] of forms.entries()) {
      expect([form.name, await call(`/guards/${index}/${number}`)]).toEqual([form.name, expected(NOBODY)])
    }
    expect(await call(`/unjudged/${index}`)).toEqual(expected(UNJUDGED))
    expect(await call(`/unjudged/${index}`, world.tokens.acme)).toEqual(expected(UNJUDGED))
  })

  it('loses no rejection', () => {
    expect(lost).toEqual([])
  })
})

describe('the guard table', () => {
  it('has every guard of core', () => {
    const made = new Set<string>()
    const watching = new Proxy(core, {
      get(guards, name, receiver) {
        made.add(String(name))
        return Reflect.get(guards, name, receiver) as unknown
      },
    })
    for (const row of rows) for (const form of GUARD_FORMS) form.make(row.make(watching), watching)
    const all = Object.keys(core).filter((name) => /^(require|allOf|anyOf)/.test(name))
    expect([...made].toSorted()).toEqual(all.toSorted())
  })
})
