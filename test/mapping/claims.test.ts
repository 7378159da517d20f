import { type } from 'arktype'
import * as v from 'valibot'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { getPrincipal, toErrorReply } from '@countersign/core/adapter'
import { withPrincipal } from '@countersign/core/testing'
import type { Claims, IssuerOptions, Verifier, VerifierOptions } from '@countersign/core'
import { createParty, reasonOf } from '../conformance/party.js'
import type { Party } from '../conformance/party.js'

let party: Party
beforeAll(async () => {
  party = await createParty()
})

/** Any Standard Schema. */
type Schema<C> = NonNullable<VerifierOptions<C>['claims']>

interface Department {
  readonly department: string
  readonly level: number
}

/** The same demands in each library: a text, and a number that a text becomes. */
const schemas: readonly (readonly [name: string, schema: Schema<Department>])[] = [
  ['zod', z.object({ department: z.string(), level: z.string().transform(Number) })],
  ['valibot', v.object({ department: v.string(), level: v.pipe(v.string(), v.transform(Number)) })],
  ['arktype', type({ department: 'string', level: 'string.numeric.parse' })],
]

function create<C>(claims: Schema<C>, issuer?: Partial<IssuerOptions>): Verifier<C> {
  return party.verifier(issuer, {
    claims: claims as Schema<Claims>,
  }) as Verifier<unknown> as Verifier<C>
}

describe.each(schemas)('claims typed by %s', (_, schema) => {
  it('are its output, with the type of it', async () => {
    const verifier = create(schema)
    const { claims } = await verifier.verify(await party.issuer.token({ department: 'sales', level: '7' }))
    const level: number = claims.level
    expect([claims.department, level]).toEqual(['sales', 7])
  })

  it('leave the payload as it was', async () => {
    const principal = await create(schema).verify(await party.issuer.token({ department: 'sales', level: '7' }))
    expect(principal.payload).toMatchObject({ department: 'sales', level: '7', sub: 'user-1' })
  })

  it.each([
    ['missing', {}],
    ['of a wrong type', { department: 1, level: '7' }],
    ['a list in place of a text', { department: ['sales'], level: '7' }],
    ['null', { department: null, level: '7' }],
    ['a number in place of a text', { department: 'sales', level: 7 }],
    ['under __proto__', JSON.parse('{"__proto__":{"department":"sales","level":"7"}}') as object],
  ])('that are %s refuse the token', async (_title, claims) => {
    const judging = create(schema).verify(await party.issuer.token(claims as Claims))
    await expect(judging).rejects.toMatchObject({ reason: 'ERR_CLAIMS_SCHEMA', status: 401, code: 'ERR_INVALID_TOKEN' })
    const error: unknown = await judging.catch((reason: unknown) => reason)
    // Which claims were wrong is for the operator; what they held is the token's.
    const named = expect.stringMatching(/^(department|level|department, level|level, department)$/) as string
    expect((error as { detail: object }).detail).toEqual({ issues: expect.any(Number) as number, claims: named })
    expect(JSON.stringify(toErrorReply(error))).not.toContain('department')
  })

  it('see the attributes of the mapping, which win over claims of their name', async () => {
    const mapping = { attributes: { department: { claim: ['dept', 'name'] }, level: { claim: ['grade'] } } }
    const verifier = create(schema, { mapping })
    const token = await party.issuer.token({ dept: { name: 'sales' }, grade: '3', department: 'forged', level: '9' })
    const { claims, attributes } = await verifier.verify(token)
    expect([claims.department, claims.level, attributes]).toEqual(['sales', 3, { department: 'sales', level: '3' }])
    // What is absent leaves the claim of its name as it was.
    const other = await verifier.verify(await party.issuer.token({ dept: {}, department: 'own', level: '1' }))
    expect(other.claims.department).toBe('own')
  })

  it('are one and the same, and frozen, for every request of one token', async () => {
    const verifier = create(schema)
    const token = await party.issuer.token({ department: 'sales', level: '7' })
    const [first, second] = [await verifier.verify(token), await verifier.verify(token)]
    expect(first).not.toBe(second)
    expect(first.claims).toBe(second.claims)
    expect(() => Object.assign(first.claims, { level: 0 })).toThrow(TypeError)
  })

  it('come to handlers by the verifier that has the schema, and by no other', async () => {
    const verifier = create(schema)
    const request = withPrincipal({}, { claims: { department: 'sales', level: 7 } }, verifier)
    const level: number = getPrincipal(request, verifier).claims.level
    expect(level).toBe(7)
    expect(() => getPrincipal(request, create(schema))).toThrow(
      expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED' }),
    )
  })
})

describe('a schema', () => {
  it('may be asynchronous', async () => {
    const schema = z.object({ department: z.string().refine(async (name) => name === 'sales') })
    const reason = async (department: string) =>
      reasonOf(create(schema).verify(await party.issuer.token({ department })))
    expect([await reason('sales'), await reason('hr')]).toEqual(['accepted', 'ERR_CLAIMS_SCHEMA'])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('x')
      },
    ],
    ['rejects', () => Promise.reject(new Error('x'))],
  ])('that %s has not accepted', async (_, validate) => {
    const schema = { '~standard': { version: 1, vendor: 'own', validate } } as unknown as Schema<unknown>
    expect(await reasonOf(create(schema).verify(await party.issuer.token()))).toBe('ERR_CLAIMS_SCHEMA')
  })

  it.each([undefined, null])('that answers with %s is broken, which is no fault of the token', async (answer) => {
    const schema = { '~standard': { version: 1, vendor: 'own', validate: () => answer } } as unknown as Schema<unknown>
    expect(await reasonOf(create(schema).verify(await party.issuer.token()))).toBe('ERR_UNEXPECTED')
  })

  it('whose output holds what one request could change under another is asked for each request', async () => {
    class Money {
      amount = 5
    }
    const outputs: readonly (readonly [string, Schema<object>])[] = [
      ['a Date', z.object({ since: z.string().transform((text) => new Date(text)) })],
      ['an instance', z.object({ since: z.string().transform(() => new Money()) })],
      ['a Map', z.object({ since: z.string().transform(() => new Map([['a', 1]])) })],
      ['a Set in a list', z.object({ since: z.string().transform(() => [new Set(['a'])]) })],
      ['a function', z.object({ since: z.string().transform(() => () => 1) })],
      ['bytes', z.object({ since: z.string().transform(() => new Uint8Array(1)) })],
      [
        'an instance itself',
        z
          .string()
          .transform(() => new Money())
          .or(z.any().transform(() => new Money())),
      ],
    ]
    const token = await party.issuer.token({ since: '2026-01-01' })
    for (const [name, schema] of outputs) {
      const verifier = create(schema)
      const [first, second] = [await verifier.verify(token), await verifier.verify(token)]
      expect([name, first.claims === second.claims]).toEqual([name, false])
    }
  })

  it('whose output is a Date leaks no change from one request to the next', async () => {
    const verifier = create(z.object({ since: z.string().transform((text) => new Date(text)) }))
    const token = await party.issuer.token({ since: '2026-01-01' })
    const first = await verifier.verify(token)
    first.claims.since.setFullYear(1999)
    expect((await verifier.verify(token)).claims.since.getFullYear()).toBe(2026)
  })

  it('that stops accepting a token is heard, where its output cannot be shared', async () => {
    let open = true
    const verifier = create(
      z
        .object({})
        .refine(() => open)
        .transform(() => new Date(0)),
    )
    const token = await party.issuer.token()
    expect(await reasonOf(verifier.verify(token))).toBe('accepted')
    open = false
    expect(await reasonOf(verifier.verify(token))).toBe('ERR_CLAIMS_SCHEMA')
  })

  it('never sees a token whose signature does not hold, or that is not meant for us', async () => {
    let seen = 0
    const verifier = create(z.any().transform(() => ++seen))
    const token = await party.issuer.token({ aud: 'https://other.example' })
    const [header, payload] = token.split('.')
    await reasonOf(verifier.verify(token))
    await reasonOf(verifier.verify(`${header}.${payload}.AAAA`))
    expect(seen).toBe(0)
  })

  it.each([[{}], [() => true], ['schema'], [{ '~standard': {} }], [null]])('cannot be %o', (claims) => {
    expect(() => party.verifier({}, { claims: claims as never })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIGURATION', message: expect.stringContaining('claims') as string }),
    )
  })
})
