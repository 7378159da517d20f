import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { createVerifier } from '../../src/create-verifier.js'
import type { Principal } from '../../src/principal.js'
import { toVerdict } from '../../src/steps/principal.js'
import { claims, toOptions, toParts, toSigned, toVerified } from '../parts.js'
import { errorOfAsync, reasonOfAsync } from '../refusals.js'

function verifyWith<C>(
  schema: StandardSchemaV1<unknown, C>,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Principal<C>> {
  return createVerifier<C>({ ...toOptions(), claims: schema } as never).verify(toSigned(claims(changes))) as Promise<
    Principal<C>
  >
}

/** A schema by hand, for what a library would not do. */
function toSchema<C>(
  validate: (value: unknown) => StandardSchemaV1.Result<C> | Promise<StandardSchemaV1.Result<C>>,
): StandardSchemaV1<unknown, C> {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

describe("the application's schema", () => {
  it('gives its output as claims, and leaves the payload as it was signed', async () => {
    const schema = z.object({ department: z.string().toUpperCase(), level: z.coerce.number() })
    const principal = await verifyWith(schema, { department: 'sales', level: '3' })
    expect(principal.claims).toEqual({ department: 'SALES', level: 3 })
    expect(principal.payload).toMatchObject({ department: 'sales', level: '3' })
  })

  it('may be of any library, and may be asynchronous', async () => {
    expect((await verifyWith(v.object({ department: v.string() }), { department: 'x' })).claims).toEqual({
      department: 'x',
    })
    const later = z.object({ department: z.string() }).refine(async ({ department }) => department === 'x')
    expect((await verifyWith(later, { department: 'x' })).claims).toEqual({ department: 'x' })
    expect(await reasonOfAsync(() => verifyWith(later, { department: 'y' }))).toBe('ERR_CLAIMS_SCHEMA')
  })

  it('refuses the token, and its issues stay out of everything', async () => {
    const schema = z.object({ department: z.literal('x', { error: 'secret-message' }), level: z.number() })
    const error = await errorOfAsync(() => verifyWith(schema, { department: 'secret-value' }))
    expect(error).toMatchObject({
      reason: 'ERR_CLAIMS_SCHEMA',
      status: 401,
      code: 'ERR_INVALID_TOKEN',
      detail: { issues: 2, claims: 'department, level' },
    })
    expect(JSON.stringify([error, error.detail, error.cause])).not.toContain('secret')
  })

  it('that throws or rejects has not accepted', async () => {
    const throwing = toSchema(() => {
      throw new TypeError('secret')
    })
    const rejecting = toSchema(() => Promise.reject(new TypeError('secret')))
    for (const schema of [throwing, rejecting]) {
      expect(await reasonOfAsync(() => verifyWith(schema))).toBe('ERR_CLAIMS_SCHEMA')
    }
  })

  it('sees a copy: what it changes in place was not signed', async () => {
    const greedy = toSchema((value) => {
      Object.assign(value as object, { scope: 'admin', sub: 'root' })
      return { value }
    })
    const principal = await verifyWith(greedy, { scope: 'a' })
    expect([principal.subject, principal.scopes, principal.payload['scope']]).toEqual(['user-1', ['a'], 'a'])
  })

  it('is asked only about a token that is otherwise good', async () => {
    let asked = 0
    const counting = toSchema((value) => ({ value: (asked++, value) }))
    for (const changes of [{ exp: 0 }, { aud: 'x' }, { iss: 'x' }, { nonce: 'x' }, { cnf: { jkt: 'x' } }]) {
      expect(await reasonOfAsync(() => verifyWith(counting, changes))).not.toBe('accepted')
    }
    expect(asked).toBe(0)
  })

  it('takes an output that holds itself, and one of any depth', async () => {
    const made: Record<string, unknown> = { list: [{ x: 1 }] }
    made['self'] = made
    made['list'] = [made, made['list']]
    const principal = await verifyWith(toSchema(() => ({ value: made })))
    expect(principal.claims).toBe(made)
    expect([made, made['list'], (made['list'] as object[])[1]].every(Object.isFrozen)).toBe(true)
    let deep: object = {}
    for (let depth = 0; depth < 20_000; depth++) deep = { deep }
    await expect(verifyWith(toSchema(() => ({ value: deep })))).resolves.toMatchObject({ subject: 'user-1' })
  })

  it('has its plain output frozen throughout, beside what is not plain', async () => {
    const made = { when: new Date(0), list: [{ x: 1 }], nested: { deep: { er: [1] } } }
    const principal = await verifyWith(toSchema(() => ({ value: made })))
    expect(principal.claims).toBe(made)
    for (const part of [made, made.list, made.list[0], made.nested, made.nested.deep, made.nested.deep.er]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    made.when.setTime(1)
    expect(made.when.getTime()).toBe(1)
  })

  it('is shared by the requests of one token only where all of it is plain', async () => {
    const { issuer } = toParts()
    const isShared = async (value: unknown): Promise<boolean> =>
      (
        await toVerdict(
          toVerified(claims()),
          issuer,
          toSchema(() => ({ value })),
        )
      ).shareable
    const bare = Object.assign(Object.create(null) as object, { x: [1] })
    for (const value of [{}, [], { a: { b: [1] } }, bare, { bare }, undefined, null, 'text']) {
      expect(await isShared(value)).toBe(true)
    }
    expect([bare, (bare as { x: unknown }).x].every(Object.isFrozen)).toBe(true)
    for (const odd of [new Date(0), new Map(), () => 1, new (class Own {})()]) {
      for (const value of [odd, [odd], { a: 1, odd }, { odd, z: {} }, [{ a: 1 }, { b: [odd] }, 2]]) {
        expect(await isShared(value)).toBe(false)
      }
    }
    expect(await toVerdict(toVerified(claims()), issuer, undefined)).toMatchObject({ shareable: true })
  })

  it.each([undefined, null, 'text', 1, [1], new Map()])('may give %o', async (value) => {
    expect((await verifyWith(toSchema(() => ({ value })))).claims).toBe(value)
  })

  it('makes its output anew for each request where one could change it under another', async () => {
    const schema = toSchema(() => ({ value: { made: new Date(0) } }))
    const verifier = createVerifier({ ...toOptions(), claims: schema } as never)
    const token = toSigned(claims())
    const [first, second] = [await verifier.verify(token), await verifier.verify(token)]
    expect(first.claims).toEqual(second.claims)
    expect(first.claims).not.toBe(second.claims)
  })

  it('sees no attribute in the place of what the issuer says of the token', async () => {
    const attributes = { sub: 'root', iss: 'https://other.example', aud: 'x', act: {}, department: 'sales' }
    const seen: unknown[] = []
    const schema = toSchema((value) => ({ value: (seen.push(value), value) }))
    const issuer = { mapping: () => ({ subject: 's', attributes }) }
    await createVerifier({ ...toOptions(issuer), claims: schema } as never).verify(toSigned(claims()))
    expect(seen).toEqual([{ ...claims(), department: 'sales' }])
  })
})

describe('a mapping function', () => {
  const verifyTwice = async (toAttributes: () => Readonly<Record<string, unknown>>) => {
    const issuer = { mapping: () => ({ subject: 's', attributes: toAttributes() }) }
    const verifier = createVerifier(toOptions(issuer))
    const token = toSigned(claims())
    return [(await verifier.verify(token)).attributes, (await verifier.verify(token)).attributes] as const
  }

  it('is asked for each request where one could change under another what it made', async () => {
    for (const made of [() => ({ admin: false }), () => [false], () => new Date(0), () => () => false]) {
      const [first, second] = await verifyTwice(() => ({ flags: made() }))
      expect(first['flags']).not.toBe(second['flags'])
    }
    const deep = () => ({ flags: Object.freeze({ of: { admin: false } }) })
    const [first, second] = await verifyTwice(deep)
    expect(first['flags']).not.toBe(second['flags'])
  })

  it('is asked once where none could', async () => {
    const held = Object.freeze({ a: Object.freeze([1, 'b', null]) })
    const [first, second] = await verifyTwice(() => ({ held, text: 'a', none: undefined }))
    expect(first).toBe(second)
  })
})

describe('a mapping', () => {
  it('as data makes nothing that one request could change under another', async () => {
    const attributes = {
      whole: { claim: ['org'] },
      list: { claim: ['groups'] },
      split: { claim: ['scope'], separator: ' ' },
      names: { claim: ['org'], take: 'names' },
      translated: { claim: ['groups'], table: { g: ['h', 'i'] }, prefix: 'p:' },
      constant: { constant: ['a', 'b'] },
    } as const
    const { issuer } = toParts({ mapping: { attributes } })
    const verified = toVerified(claims({ org: { id: { deep: [1] } }, groups: ['g'], scope: 'a b' }))
    const mapped = await toVerdict(verified, issuer, undefined)
    expect(Object.keys(mapped.verdict.attributes)).toEqual(Object.keys(attributes))
    expect(mapped.shareable).toBe(true)
  })
})
