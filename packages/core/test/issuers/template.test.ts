import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createTestKey } from '@countersign/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createVerifier } from '../../src/create-verifier.js'
import { CHANNELS } from '../../src/diagnostics.js'
import type { VerdictEvent } from '../../src/diagnostics.js'
import { createIssuerList } from '../../src/issuers/list.js'
import { isTemplate, parseTemplate } from '../../src/issuers/template.js'
import type { IssuerOptions } from '../../src/options/options.js'
import { resolveOptions } from '../../src/options/resolve.js'
import type { Principal } from '../../src/principal.js'
import { AUDIENCE, claims, ISSUER, key, stillRuntime, toOptions, toSigned } from '../parts.js'
import { errorOf, reasonOfAsync } from '../refusals.js'

const createdKey = await createTestKey('ES256', { kid: 'k2' })
const TEMPLATE = `${ISSUER}/{tid}/v2.0`

describe('parseTemplate', () => {
  const { match, names } = parseTemplate(TEMPLATE)

  it('matches a concrete issuer, and says what its variable is', () => {
    expect(names).toEqual(['tid'])
    expect(match(`${ISSUER}/acme/v2.0`)).toEqual({ variables: [{ name: 'tid', value: 'acme' }] })
    expect(match(`${ISSUER}/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0`)?.variables[0]?.value).toHaveLength(36)
  })

  it.each([
    ['nothing', ''],
    ['another path', 'a/b'],
    ['the way up', '..'],
    ['a dot', 'a.b'],
    ['an encoded slash', 'a%2fb'],
    ['an underscore', 'a_b'],
    ['a space', 'a b'],
    ['a line break', 'a\n'],
    ['a query', 'a?b'],
    ['a fragment', 'a#b'],
    ['a letter of another script', 'аcme'],
    ['a letter with an accent', 'é'],
    ['itself', '{tid}'],
    ['65 characters', 'a'.repeat(65)],
  ])('a variable stands for no more than letters, digits and hyphens: not for %s', (_, value) => {
    expect(match(`${ISSUER}/${value}/v2.0`)).toBeUndefined()
  })

  it('a variable stands for 1 to 64 characters', () => {
    for (const value of ['a', '-', '0', 'Z', 'a'.repeat(64)])
      expect(match(`${ISSUER}/${value}/v2.0`)?.variables).toEqual([{ name: 'tid', value }])
  })

  it.each([
    `${ISSUER}/acme/v2.0/`,
    `${ISSUER}/acme/v2.0\n`,
    `${ISSUER}/acme/v2x0`,
    `${ISSUER}/acme/V2.0`,
    ` ${ISSUER}/acme/v2.0`,
    `${ISSUER}//acme/v2.0`,
    'https://loginxacme.example/acme/v2.0',
    'https://evil.example/acme/v2.0',
    `https://evil.example/${ISSUER}/acme/v2.0`,
    'http://login.acme.example/acme/v2.0',
  ])('compares its fixed text exactly: not %j', (issuer) => {
    expect(match(issuer)).toBeUndefined()
  })

  it('takes several variables, each set apart', () => {
    expect(parseTemplate('https://x.example/{a}/{b}-v1').match('https://x.example/1/2-3-v1')?.variables).toEqual([
      { name: 'a', value: '1' },
      { name: 'b', value: '2-3' },
    ])
  })

  it('takes what is special in a pattern for text', () => {
    const special = parseTemplate('https://x.example/a.b+c(d)*$^|[e]\\/{v}/z')
    expect(special.match('https://x.example/a.b+c(d)*$^|[e]\\/1/z')?.variables[0]?.value).toBe('1')
    expect(special.match('https://x.example/aXb+c(d)*$^|[e]\\/1/z')).toBeUndefined()
  })

  it('invariant 11: matches in linear time, whatever a stranger names', () => {
    const names = Array.from({ length: 20 }, (_, index) => `{v${index}}`)
    const many = parseTemplate(`https://x.example/${names.join('.-')}`)
    const startedAt = performance.now()
    expect(many.match(`https://x.example/${'a.-'.repeat(600)}!`)).toBeUndefined()
    expect(many.match(`https://x.example/${'-'.repeat(2_000)}`)).toBeUndefined()
    expect(performance.now() - startedAt).toBeLessThan(250)
  })

  it.each(['-', 'a', '0-Z'])('refuses %j between two variables, because both could stand for it', (separator) => {
    expect(() => parseTemplate(`https://x.example/{a}${separator}{b}`)).toThrow('no variable has')
    expect(parseTemplate(`https://x.example/{a}${separator}/${separator}{b}${separator}`).names).toEqual(['a', 'b'])
  })

  it.each([
    ['https://{host}.example/', 'after a fixed host'],
    ['https://x.{d}/a', 'after a fixed host'],
    ['https://x.example{p}/', 'after a fixed host'],
    ['https://x.example:{port}/a', 'after a fixed host'],
    ['{all}', 'after a fixed host'],
    ['{scheme}://x.example/a', 'after a fixed host'],
    ['https://x.example/{a}{b}', 'set apart'],
    ['https://x.example/{a}/{a}', 'stands once'],
    ['https://x.example/a?t={a}', 'no query'],
    ['https://x.example/{a}#b', 'no query'],
    ['https://x.example/{}', 'is written {name}'],
    ['https://x.example/{a b}', 'is written {name}'],
    ['https://x.example/{a-b}', 'is written {name}'],
    ['https://x.example/{a', 'is written {name}'],
    ['https://x.example/{{a}}', 'is written {name}'],
    ['https://x.example/{a}}', 'is written {name}'],
  ])('refuses %s', (template, wants) => {
    expect(isTemplate(template)).toBe(true)
    expect(() => parseTemplate(template)).toThrow(SyntaxError)
    expect(() => parseTemplate(template)).toThrow(wants)
  })
})

describe('a template in the configuration', () => {
  const construct =
    (options: Partial<IssuerOptions>): (() => unknown) =>
    () =>
      createVerifier(toOptions({ issuer: TEMPLATE, ...options }))

  it.each([
    ['discovery', { keys: undefined }, 'issuers[0].keys'],
    ['a discoveryUrl', { keys: { discoveryUrl: 'https://x.example/d' } }, 'issuers[0].keys'],
    ['another name', { acceptedIssuers: ['https://old.example'] }, 'issuers[0].acceptedIssuers'],
    ['a tenant from a claim', { mapping: { tenant: { claim: ['org'] } } }, 'issuers[0].mapping.tenant'],
    [
      'tenants where none of two variables is the tenant',
      { issuer: `${ISSUER}/{a}/{b}`, grants: { tenants: ['acme'] } },
      'issuers[0].mapping.tenant',
    ],
    ['a variable in the host', { issuer: 'https://{tid}.example/' }, 'issuers[0].issuer'],
  ] as [string, Partial<IssuerOptions>, string][])('is refused with %s', (_, options, option) => {
    const error = errorOf(construct(options))
    expect([error.reason, error.detail?.['option']]).toEqual([expect.stringMatching(/^ERR_CONFIG_/), option])
  })

  it('may be capped to tenants where its only variable, or the entry, says which one it is', async () => {
    const grants = { tenants: ['acme'] }
    const mapping = { tenant: { constant: 'acme' } }
    const judge = (options: Partial<IssuerOptions>, changes: Record<string, unknown>): Promise<string> =>
      reasonOfAsync(() => createVerifier(toOptions({ grants, ...options })).verify(toSigned(claims(changes))))
    const own = { issuer: TEMPLATE }
    const two = { issuer: `${ISSUER}/{a}/{b}`, mapping }
    expect(await judge(own, { iss: `${ISSUER}/acme/v2.0`, tid: 'acme' })).toBe('accepted')
    expect(await judge(own, { iss: `${ISSUER}/globex/v2.0`, tid: 'globex' })).toBe('ERR_TOKEN_TENANT')
    expect(await judge(two, { iss: `${ISSUER}/1/2`, a: '1', b: '2' })).toBe('accepted')
  })

  it('is no authorization server, for nobody can be sent there', () => {
    expect(createVerifier(toOptions({ issuer: TEMPLATE })).authorizationServers).toEqual([])
  })
})

describe("a token of a template's tenant", () => {
  const verifier = createVerifier(toOptions({ issuer: TEMPLATE }))
  const verify = (iss: string, changes: object = {}): Promise<Principal> =>
    verifier.verify(toSigned(claims({ iss, ...changes })))

  it('is of the concrete issuer and of its tenant', async () => {
    const { issuer, tenant } = await verify(`${ISSUER}/acme/v2.0`, { tid: 'acme' })
    expect([issuer, tenant]).toEqual([`${ISSUER}/acme/v2.0`, 'acme'])
  })

  it.each([
    ['another tenant', 'globex', 'ERR_TOKEN_CLAIM_VALUE'],
    ['the tenant in other letters', 'ACME', 'ERR_TOKEN_CLAIM_VALUE'],
    ['a list that holds the tenant', ['acme'], 'ERR_TOKEN_CLAIM_TYPE'],
    ['a list that holds two', ['globex', 'acme'], 'ERR_TOKEN_CLAIM_TYPE'],
    ['none', undefined, 'ERR_TOKEN_CLAIM_MISSING'],
    ['a number', 1, 'ERR_TOKEN_CLAIM_TYPE'],
  ])('is refused where the claim of its variable names %s', async (_, tid, reason) => {
    expect(await reasonOfAsync(() => verify(`${ISSUER}/acme/v2.0`, { tid }))).toBe(reason)
  })

  it('is refused where it names the template itself', async () => {
    expect(await reasonOfAsync(() => verify(TEMPLATE, { tid: 'acme' }))).toBe('ERR_ISSUER_UNTRUSTED')
  })

  it('has no tenant where two variables matched, unless the entry gives one', async () => {
    const two = { issuer: `${ISSUER}/{a}/{b}` }
    const token = toSigned(claims({ iss: `${ISSUER}/1/2`, a: '1', b: '2' }))
    expect((await createVerifier(toOptions(two)).verify(token)).tenant).toBeUndefined()
    const mapping = { tenant: { constant: 't' } }
    expect((await createVerifier(toOptions({ ...two, mapping })).verify(token)).tenant).toBe('t')
  })

  it('is verified with keys from the one configured URL, however many tenants there are', async () => {
    const fetched: string[] = []
    const fetch = async (url: string): Promise<Response> => {
      fetched.push(url)
      return Response.json({ keys: [key.publicJwk] })
    }
    const keys = { jwksUri: 'https://keys.example/jwks' }
    const fetching = createVerifier(toOptions({ issuer: TEMPLATE, keys }, { runtime: { ...stillRuntime, fetch } }))
    for (const tid of ['acme', 'globex', 'initech'])
      await fetching.verify(toSigned(claims({ iss: `${ISSUER}/${tid}/v2.0`, tid })))
    expect(fetched).toEqual(['https://keys.example/jwks'])
  })

  it('may come for one issuer by name and for the rest by template: the name wins', async () => {
    const jwks = { keys: [key.publicJwk] }
    const both = createVerifier({
      ...toOptions(),
      issuers: [
        { issuer: TEMPLATE, keys: { jwks } },
        { issuer: `${ISSUER}/acme/v2.0`, keys: { jwks }, mapping: { tenant: { constant: 'named' } } },
      ],
    })
    const token = toSigned(claims({ iss: `${ISSUER}/acme/v2.0`, roles: ['r'] }))
    expect(await both.verify(token)).toMatchObject({ tenant: 'named', roles: ['r'] })
    const other = toSigned(claims({ iss: `${ISSUER}/globex/v2.0`, tid: 'globex', roles: ['r'] }))
    expect(await both.verify(other)).toMatchObject({ tenant: 'globex', roles: [] })
  })

  it('leaves at most a thousand tenants in memory that were merely heard of, the latest used', () => {
    const { rules, issuers } = resolveOptions(toOptions({ issuer: TEMPLATE }))
    const list = createIssuerList(issuers, rules)
    const find = (tid: string | number): unknown => list.find(`${ISSUER}/${tid}/v2.0`)
    const [first, second] = [find('first'), find('second')]
    for (let index = 0; index < 998; index++) find(index)
    expect(find('first')).toBe(first)
    for (let index = 998; index < 1_000; index++) find(index)
    expect(find('first')).toBe(first)
    expect(find('second')).not.toBe(second)
    expect(find('second')).toMatchObject({ issuer: `${ISSUER}/second/v2.0`, tenant: 'second', listed: false })
    expect(list.all).toHaveLength(1)
  })

  it.each([
    ['no issuer', undefined, 'accepted', 'accepted'],
    ['its own issuer', `${ISSUER}/acme/v2.0`, 'accepted', 'accepted'],
    ['any tenant, by whatever name', `${ISSUER}/{tenantid}/v2.0`, 'accepted', 'accepted'],
    ['another tenant', `${ISSUER}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0`, 'ERR_KEY_NOT_FOUND', 'ERR_KEY_NOT_FOUND'],
    ['another issuer of any tenant', 'https://other.example/{tenantid}/v2.0', 'ERR_KEY_NOT_FOUND', 'accepted'],
    ['a number, which says nothing', 5, 'accepted', 'accepted'],
  ])(
    'takes a key of the common set that says it is for %s as it is meant: %j, %s',
    async (_, issuer, outcome, named) => {
      const jwks = { keys: [{ ...key.publicJwk, issuer }] }
      const token = toSigned(claims({ iss: `${ISSUER}/acme/v2.0`, tid: 'acme' }))
      const verifier = createVerifier(toOptions({ issuer: TEMPLATE, keys: { jwks } }))
      expect(await reasonOfAsync(() => verifier.verify(token))).toBe(outcome)
      expect(await reasonOfAsync(() => verifier.verify(token))).toBe(outcome)
      // Whoever names the tenant has said whose keys those are, but for one that names another itself.
      const own = { issuer: `${ISSUER}/acme/v2.0`, keys: { jwks } }
      const listed = createVerifier(toOptions(own))
      expect(await reasonOfAsync(() => listed.verify(token))).toBe(named)
      const asked = createVerifier({ audience: AUDIENCE, issuers: [], resolveIssuer: () => own, runtime: stillRuntime })
      expect(await reasonOfAsync(() => asked.verify(token))).toBe(named)
    },
  )

  it('with two variables, takes a key by their names', async () => {
    const judge = async (issuer: string): Promise<string> => {
      const jwks = { keys: [{ ...key.publicJwk, issuer }, createdKey.publicJwk] }
      const verifier = createVerifier(toOptions({ issuer: `${ISSUER}/{region}/{tid}`, keys: { jwks } }))
      const token = toSigned(claims({ iss: `${ISSUER}/eu/acme`, region: 'eu', tid: 'acme' }))
      return reasonOfAsync(() => verifier.verify(token))
    }
    expect(await judge(`${ISSUER}/{region}/{tid}`)).toBe('accepted')
    expect(await judge(`${ISSUER}/eu/{tid}`)).toBe('accepted')
    expect(await judge(`${ISSUER}/{tid}/{region}`)).toBe('ERR_KEY_NOT_FOUND')
    expect(await judge(`${ISSUER}/{region}/{tenantid}`)).toBe('ERR_KEY_NOT_FOUND')
  })

  it('made-up tenants push out none whose token was verified, nor its verdict', async () => {
    const verifier = createVerifier(toOptions({ issuer: TEMPLATE }))
    const cached: boolean[] = []
    const listen = (event: unknown): void => {
      const { outcome, cached: isCached } = event as VerdictEvent & { readonly cached?: boolean }
      if (outcome === 'accepted') cached.push(isCached === true)
    }
    subscribe(CHANNELS.verdict, listen)
    onTestFinished(() => void unsubscribe(CHANNELS.verdict, listen))
    const good = toSigned(claims({ iss: `${ISSUER}/real/v2.0`, tid: 'real' }))
    await verifier.verify(good)
    await verifier.verify(good)
    for (let index = 0; index < 1_000; index++) {
      const forged = `${toSigned(claims({ iss: `${ISSUER}/t${index}/v2.0`, tid: `t${index}` })).replace(/[^.]+$/, '')}AAAA`
      expect(await reasonOfAsync(() => verifier.verify(forged))).toBe('ERR_TOKEN_SIGNATURE')
    }
    await verifier.verify(good)
    expect(cached).toEqual([false, true, true])
  })
})
