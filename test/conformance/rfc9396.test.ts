import { allOf, requireAuthorizationDetails, requireScopes } from '@countersign/core'
import type { AuthorizationDetailRequirement, CountersignError, Guard } from '@countersign/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createParty } from './party.js'
import type { Party } from './party.js'

let party: Party

beforeAll(async () => {
  party = await createParty()
})

/** What a guard answers to a token with these details: `200`, or a status and a challenge. */
async function answer(guard: Guard, authorization_details: unknown): Promise<string> {
  const verifier = party.verifier()
  const principal = await verifier.verify(await party.issuer.token({ authorization_details }))
  try {
    guard.check(principal)
  } catch (error) {
    const refusal = verifier.refuse(error as CountersignError)
    return `${refusal.status} ${refusal.headers['WWW-Authenticate']}`
  }
  return '200'
}

async function allows(requirement: AuthorizationDetailRequirement, details: unknown): Promise<boolean> {
  return (await answer(requireAuthorizationDetails(requirement), details)) === '200'
}

const PAYMENT = 'payment_initiation'

// The example of section 2.
const payment = {
  type: PAYMENT,
  locations: ['https://example.com/payments'],
  instructedAmount: { currency: 'EUR', amount: '123.50' },
  creditorName: 'Merchant A',
  creditorAccount: { bic: 'ABCIDEFFXXX', iban: 'DE02100100109307118603' },
  remittanceInformationUnstructured: 'Ref Number Merchant',
}
const account = {
  type: 'account_information',
  actions: ['list_accounts', 'read_balances', 'read_transactions'],
  locations: ['https://example.com/accounts'],
}

describe('RFC 9396', () => {
  it('§2 takes authorization_details for an array of objects, and anything else for none', async () => {
    expect(await allows({ type: PAYMENT }, [payment])).toBe(true)
    for (const details of [
      undefined,
      null,
      payment,
      JSON.stringify([payment]),
      PAYMENT,
      [],
      {},
      [null],
      [PAYMENT],
      [[payment]],
      1,
    ]) {
      expect(await allows({ type: PAYMENT }, details)).toBe(false)
    }
  })

  it('§2 compares the type of each entry exactly: it is a required string', async () => {
    for (const type of [
      'Payment_initiation',
      'payment_initiation ',
      'payment',
      '',
      [PAYMENT],
      { [PAYMENT]: true },
      1,
      null,
      undefined,
    ]) {
      expect(await allows({ type: PAYMENT }, [{ ...payment, type }])).toBe(false)
    }
    const url = 'https://scheme.example.org/payment'
    expect(await allows({ type: url }, [{ type: url }])).toBe(true)
    expect(await allows({ type: url }, [{ type: `${url}/` }])).toBe(false)
  })

  it('§2 finds the entry among those of other types', async () => {
    expect(await allows({ type: PAYMENT }, [account, payment])).toBe(true)
    expect(await allows({ type: 'account_information', actions: ['read_balances'] }, [account, payment])).toBe(true)
    expect(await allows({ type: PAYMENT, actions: ['read_balances'] }, [account, payment])).toBe(false)
  })

  it('§2.2 wants every action and every location in one entry, compared exactly', async () => {
    const type = 'account_information'
    expect(
      await allows({ type, actions: ['read_balances', 'list_accounts'], locations: ['https://example.com/accounts'] }, [
        account,
      ]),
    ).toBe(true)
    expect(await allows({ type, actions: ['read_balances', 'close'] }, [account])).toBe(false)
    expect(await allows({ type, actions: ['READ_BALANCES'] }, [account])).toBe(false)
    for (const location of ['https://example.com/accounts/', 'https://example.com', 'https://EXAMPLE.com/accounts']) {
      expect(await allows({ type, locations: [location] }, [account])).toBe(false)
    }
  })

  it('§2.2 takes actions and locations for arrays of strings, and an entry without them for one that allows none', async () => {
    const type = 'account_information'
    for (const actions of [
      undefined,
      null,
      'read_balances',
      ['read_balances', 1],
      [['read_balances']],
      { read_balances: true },
      [],
    ]) {
      expect(await allows({ type, actions: ['read_balances'] }, [{ type, actions }])).toBe(false)
    }
    for (const locations of [undefined, null, 'https://a.example', ['https://a.example', null], {}]) {
      expect(await allows({ type, locations: ['https://a.example'] }, [{ type, locations }])).toBe(false)
    }
  })

  it('§2.1 adds nothing up: two entries of one type are two permissions', async () => {
    const type = 'account_information'
    const [reading, there] = [
      { type, actions: ['read'] },
      { type, locations: ['https://a.example'] },
    ]
    expect(await allows({ type, actions: ['read'], locations: ['https://a.example'] }, [reading, there])).toBe(false)
    expect(await allows({ type, actions: ['read', 'write'] }, [reading, { type, actions: ['write'] }])).toBe(false)
    expect(await allows({ type, actions: ['write'] }, [reading, { type, actions: ['write'] }])).toBe(true)
  })

  it('§2.2, §3 leaves the fields of an API to the API: where sees one entry at a time, as the token has it', async () => {
    const upTo = (most: number): AuthorizationDetailRequirement => ({
      type: PAYMENT,
      where: ({ instructedAmount }) => Number((instructedAmount as { amount: string }).amount) <= most,
    })
    expect(await allows(upTo(200), [payment])).toBe(true)
    expect(await allows(upTo(100), [payment])).toBe(false)
    const seen: unknown[] = []
    await allows({ type: PAYMENT, where: (detail) => seen.push(detail) > 5 }, [
      account,
      payment,
      { type: PAYMENT, a: 1 },
    ])
    expect(seen).toEqual([payment, { type: PAYMENT, a: 1 }])
    expect(seen.every((detail) => Object.isFrozen(detail))).toBe(true)
  })

  it('§9.1 reads the claim at the top of the payload, and no other place', async () => {
    const verifier = party.verifier()
    const nested = { claims: { authorization_details: [payment] }, act: { sub: 's', authorization_details: [payment] } }
    const principal = await verifier.verify(await party.issuer.token(nested))
    expect(() => requireAuthorizationDetails({ type: PAYMENT }).check(principal)).toThrow('higher privileges')
    expect(await allows({ type: PAYMENT }, undefined)).toBe(false)
  })

  it('§9.1 never turns details into scopes, nor scopes into details', async () => {
    const verifier = party.verifier()
    const detailed = await verifier.verify(await party.issuer.token({ authorization_details: [payment] }))
    expect([detailed.scopes, detailed.permissions]).toEqual([[], []])
    const scoped = await verifier.verify(await party.issuer.token({ scope: PAYMENT }))
    expect(() => requireAuthorizationDetails({ type: PAYMENT }).check(scoped)).toThrow('higher privileges')
  })

  it('answers a lack with 403 and no scope in the challenge: no scope would help', async () => {
    const forbidden =
      '403 Bearer realm="api", error="insufficient_scope", error_description="The request requires higher privileges than the access token provides"'
    expect(await answer(requireAuthorizationDetails({ type: PAYMENT }), [])).toBe(forbidden)
    const both = allOf(requireScopes('payments'), requireAuthorizationDetails({ type: PAYMENT }))
    expect(await answer(both, [payment])).toBe(`${forbidden}, scope="payments"`)
  })
})
