import { requireActor } from '@countersign/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createParty, reasonOf } from './party.js'
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
})
