import { requireActor } from '@countersign/core'
import type { Guard } from '@countersign/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createParty, ISSUER, reasonOf } from './party.js'
import type { Party } from './party.js'

let party: Party

beforeAll(async () => {
  party = await createParty()
})

async function judge(claims: Readonly<Record<string, unknown>>): Promise<string> {
  const principal = await party.verifier().verify(await party.issuer.token(claims))
  return reasonOf((async () => requireActor('service-1').check(principal))())
}

describe('RFC 8693', () => {
  it('C13 lets the outermost actor alone count; those inside it are information', async () => {
    expect(await judge({ act: { sub: 'service-1' } })).toBe('accepted')
    expect(await judge({ act: { sub: 'service-1', act: { sub: 'service-2' } } })).toBe('accepted')
    expect(await judge({ act: { sub: 'service-2', act: { sub: 'service-1' } } })).toBe('ERR_ACCESS_DENIED')
    expect(await judge({})).toBe('ERR_ACCESS_DENIED')
  })

  it('C13 takes nobody for an actor who merely may become one', async () => {
    expect(await judge({ may_act: { sub: 'service-1' } })).toBe('ERR_ACCESS_DENIED')
  })

  it('§4.1 shows the chain, the latest actor first, and refuses one of a wrong type', async () => {
    const act = { sub: 's1', act: { sub: 's2', act: { sub: 's3' } } }
    const principal = await party.verifier().verify(await party.issuer.token({ act }))
    expect([principal.actor?.subject, ...principal.actorHistory.map(({ subject }) => subject)]).toEqual([
      's1',
      's2',
      's3',
    ])
    for (const wrong of ['s1', [], null, { sub: 1 }, { sub: 's1', act: 's2' }]) {
      expect(await party.reason(await party.issuer.token({ act: wrong }))).toBe('ERR_TOKEN_CLAIM_TYPE')
    }
  })

  it('§4.1 tells actors of different issuers apart, and takes the issuer of the token where none is named', async () => {
    const service = { subject: 'service-1', issuer: 'https://other.example' }
    const judgeBy = async (guard: Guard, act: object): Promise<string> => {
      const principal = await party.verifier().verify(await party.issuer.token({ act }))
      return reasonOf((async () => guard.check(principal))())
    }
    const foreign = { sub: 'service-1', iss: 'https://other.example' }
    expect(await judgeBy(requireActor('service-1'), foreign)).toBe('ERR_ACCESS_DENIED')
    expect(await judgeBy(requireActor(service), foreign)).toBe('accepted')
    expect(await judgeBy(requireActor(service), { sub: 'service-1' })).toBe('ERR_ACCESS_DENIED')
    expect(await judgeBy(requireActor('service-1'), { sub: 'service-1', iss: ISSUER })).toBe('accepted')
  })

  it('§4.1 takes no claim that is no identity for one: exp and nbf of an actor mean nothing', async () => {
    expect(await judge({ act: { sub: 'service-1', exp: 1, nbf: 9_999_999_999, scope: 'x' } })).toBe('accepted')
    const { actor } = await party.verifier().verify(await party.issuer.token({ act: { sub: 'service-1', exp: 1 } }))
    expect(actor).toEqual({ subject: 'service-1', clientId: undefined, issuer: undefined })
  })

  it('§4.1 leaves the subject who it is: an actor gains nothing of it, and the subject nothing of the actor', async () => {
    const claims = { scope: 'a', act: { sub: 'service-1', scope: 'b', roles: ['admin'] }, roles: ['user'] }
    const principal = await party.verifier().verify(await party.issuer.token(claims))
    expect([principal.subject, principal.scopes, principal.roles]).toEqual(['user-1', ['a'], ['user']])
  })

  it('§4.1 is read to the depth that the limits allow', async () => {
    const chain = (length: number): object =>
      Array.from({ length }).reduce<object>((act, _, index) => ({ sub: `s${length - index}`, act }), { sub: 's-last' })
    const { actor, actorHistory } = await party.verifier().verify(await party.issuer.token({ act: chain(10) }))
    expect([actor?.subject, actorHistory.length]).toEqual(['s1', 10])
    expect(await party.reason(await party.issuer.token({ act: chain(20) }))).toBe('ERR_TOKEN_JSON')
  })

  it('§4.3 shows the client by client_id, §4.2 the scopes by scope', async () => {
    const principal = await party
      .verifier()
      .verify(await party.issuer.token({ client_id: 'c', scope: 'a b', scp: 'x' }))
    expect([principal.clientId, principal.scopes]).toEqual(['c', ['a', 'b']])
  })

  it('C13 §4.4 gives nothing for may_act: it is a permission for the token service, and no actor', async () => {
    const claims = { may_act: { sub: 'service-1' }, act: { sub: 'service-2' } }
    const principal = await party.verifier().verify(await party.issuer.token(claims))
    expect([principal.actor?.subject, principal.actorHistory]).toEqual(['service-2', []])
    expect(await judge(claims)).toBe('ERR_ACCESS_DENIED')
  })
})
