import { describe, expect, it, vi } from 'vitest'
import { createTestClock, createTestKey } from '@countersign/testing'
import type { TestClock } from '@countersign/testing'
import { createVerifier } from '../../src/create-verifier.js'
import { ConfigurationError } from '../../src/errors.js'
import { createIssuerDirectory } from '../../src/issuers/directory.js'
import type { IssuerDirectory } from '../../src/issuers/directory.js'
import type { TrustedIssuer } from '../../src/issuers/trusted-issuer.js'
import type { IssuerOptions } from '../../src/options/options.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { silentLogger } from '../../src/runtime.js'
import type { Logger } from '../../src/runtime.js'
import { createKeepingLogger, settle } from '../keys/scripted.js'
import { AUDIENCE, claims, key, NOW_SECONDS, stillRuntime, toOptions, toSigned } from '../parts.js'
import { errorOfAsync, reasonOfAsync } from '../refusals.js'

const TENANT = 'https://tenant.example'
const jwks = { keys: [key.publicJwk] }

type Answer = IssuerOptions | undefined | null
type Ask = (issuer: string) => Answer | Promise<Answer>

const trusting: Ask = (issuer) => ({ issuer, keys: { jwks } })

interface Parts {
  readonly directory: IssuerDirectory
  readonly clock: TestClock
  readonly asked: string[]
  /** From now on the application answers so. */
  answer(ask: Ask): void
  find(issuer?: string): Promise<TrustedIssuer | undefined>
  reason(issuer?: string): Promise<string>
}

function createParts(ask: Ask = trusting, logger: Logger = silentLogger): Parts {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  const asked: string[] = []
  let current = ask
  const resolveIssuer = async (issuer: string): Promise<IssuerOptions | undefined> => {
    asked.push(issuer)
    return (await current(issuer)) as IssuerOptions | undefined
  }
  const resolved = resolveOptions({
    ...toOptions({}, { resolveIssuer, logger }),
    runtime: { ...stillRuntime, ...clock },
  })
  if (resolved.ask === undefined) throw new Error('There is nobody to ask')
  const directory = createIssuerDirectory(resolved.ask, resolved.rules)
  const find: Parts['find'] = async (issuer = TENANT) => directory.find(issuer)
  return {
    directory,
    clock,
    asked,
    answer: (next) => void (current = next),
    find,
    reason: (issuer = TENANT) => reasonOfAsync(() => find(issuer)),
  }
}

describe('what the application is asked about', () => {
  it.each([
    'http://tenant.example',
    'HTTPS://tenant.example',
    'tenant.example',
    'urn:tenant',
    '__proto__',
    'https://',
    'https://[',
    'https://tenant.example:99999',
    'https://tenant.example?',
    'https://tenant.example/?a=b',
    'https://tenant.example/#',
    'https://tenant.example/{tid}',
    'https://tenant.example/}',
    'https://tenant.example/a b',
    'https://tenant.example\n',
    ' https://tenant.example',
    'https://tenant.example/a\\b',
    'https://tenant.example/\0',
    'https://tenant.example/a\x1B[2Jb',
    'https://tenant.example/a\bb',
    'https://tenant.example/a\x7F',
    'https://tenant.example/a\x85b',
    'https://ten\x01ant.example',
    `https://tenant.example/${'a'.repeat(2_048 - 22)}`,
    'file:///etc/passwd',
    'javascript:https://tenant.example',
  ])('is never %j', async (issuer) => {
    const { find, asked } = createParts()
    expect(await find(issuer)).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('is an https URL as the token has it, of at most 2,048 characters', async () => {
    const asked: string[] = []
    const resolveIssuer = async (issuer: string): Promise<undefined> => void asked.push(issuer)
    const verifier = createVerifier(toOptions({}, { resolveIssuer }))
    const longest = `https://t.example/${'a'.repeat(2_048 - 18)}`
    for (const iss of [longest, `${longest}a`, 'https://T.example/A/../b%20c/'])
      expect(await reasonOfAsync(() => verifier.verify(toSigned(claims({ iss }))))).toBe('ERR_ISSUER_UNTRUSTED')
    expect(asked).toEqual([longest, 'https://T.example/A/../b%20c/'])
  })

  it('is no issuer that the configuration lists, and nothing that a bad token says', async () => {
    const asked: string[] = []
    const resolveIssuer = async (issuer: string): Promise<undefined> => void asked.push(issuer)
    const verifier = createVerifier(toOptions({}, { resolveIssuer }))
    await verifier.verify(toSigned(claims()))
    for (const iss of [undefined, 1, [TENANT], ''])
      await reasonOfAsync(() => verifier.verify(toSigned(claims({ iss }))))
    expect(asked).toEqual([])
  })
})

describe('an answer', () => {
  it('makes the issuer trusted, as one that is not listed', async () => {
    const { find } = createParts()
    expect(await find()).toMatchObject({ issuer: TENANT, listed: false, tenant: undefined })
  })

  it('gives the tenant of its entry, and roles only as granted', async () => {
    const mapping = { tenant: { constant: 'acme' } }
    const resolveIssuer = async (issuer: string): Promise<IssuerOptions> => ({
      issuer,
      keys: { jwks },
      mapping,
      grants: { roles: ['user'] },
    })
    const verifier = createVerifier(toOptions({}, { resolveIssuer }))
    const token = toSigned(claims({ iss: TENANT, tenant: 'globex', roles: ['user', 'admin'], groups: ['g'] }))
    expect(await verifier.verify(token)).toMatchObject({ tenant: 'acme', roles: ['user'], groups: [], issuer: TENANT })
  })

  it.each([
    ['another issuer', { issuer: 'https://other.example', keys: { jwks } }],
    ['the same with a slash', { issuer: `${TENANT}/`, keys: { jwks } }],
    ['no issuer', { keys: { jwks } }],
    ['an unknown option', { issuer: TENANT, keys: { jwks }, audiance: 'x' }],
    ['a tenant from a claim', { issuer: TENANT, keys: { jwks }, mapping: { tenant: { claim: ['t'] } } }],
    ['other names', { issuer: TENANT, keys: { jwks }, acceptedIssuers: ['https://old.example'] }],
    ['tenants without one of its own', { issuer: TENANT, keys: { jwks }, grants: { tenants: ['acme'] } }],
    [
      'tenants beside a function, which cannot give one',
      { issuer: TENANT, keys: { jwks }, grants: { tenants: ['acme'] }, mapping: () => ({ tenant: 'acme' }) },
    ],
    ['keys over http', { issuer: TENANT, keys: { jwksUri: 'http://keys.example/' } }],
    ['keys of which none can be used', { issuer: TENANT, keys: { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } } }],
    ['a name alone', TENANT],
    ['yes', true],
    ['a list', [{ issuer: TENANT, keys: { jwks } }]],
  ])('that is %s is a mistake of the application (500), no verdict on the token, and not held', async (_, answer) => {
    const { directory, reason, answer: answerNow } = createParts(() => answer as Answer)
    const error = await errorOfAsync(async () => directory.find(TENANT))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect([error.status, error.detail?.['option']]).toEqual([500, expect.stringMatching(/^resolveIssuer\(\)/)])
    answerNow(trusting)
    expect(await reason()).toBe('accepted')
  })

  /** What the log says of an answer to a token that names this issuer. */
  async function problemOf(issuer: string, answer: (issuer: string) => unknown): Promise<unknown> {
    const said: unknown[] = []
    const logger = { ...silentLogger, error: (...line: unknown[]) => void said.push(...line) }
    const verifier = createVerifier(
      toOptions({}, { logger, resolveIssuer: async (name) => answer(name) as IssuerOptions }),
    )
    expect(await reasonOfAsync(() => verifier.verify(toSigned(claims({ iss: issuer }))))).toBe('ERR_UNEXPECTED')
    const [message, detail] = said as [string, { option: string; problem: string }]
    expect(message).toBe('resolveIssuer answered with options that are not valid')
    expect(detail.problem).toContain(`Option "${detail.option.slice(0, 300)}`)
    return detail.problem
  }

  it('that cannot be is told to the operator in full: option, what is wanted and the fix', async () => {
    expect(await problemOf(TENANT, (issuer) => ({ issuer, keys: { jwks }, audiense: 'x' }))).toBe(
      'Option "resolveIssuer().audiense" is unknown. Did you mean "audience"?',
    )
    expect(await problemOf(TENANT, (issuer) => ({ issuer, keys: { jwks }, algorithms: ['HS256'] }))).toMatch(
      /^Option "resolveIssuer\(\)\.algorithms\[0\]": got a string, wants one of "RS256", .+ can also make one\.$/,
    )
    const names = ['https://old.example']
    expect(await problemOf(TENANT, (issuer) => ({ issuer, keys: { jwks }, acceptedIssuers: names }))).toBe(
      'Option "resolveIssuer().acceptedIssuers": got a list, wants nothing in an answer of resolveIssuer. ' +
        'It is asked for each name: answer for the other one when it is.',
    )
    expect(await problemOf(TENANT, (issuer) => ({ issuer, keys: { jwks }, grants: { tenants: ['acme'] } }))).toBe(
      'Option "resolveIssuer().mapping.tenant": got nothing, wants { constant }. ' +
        'Say whose entry this is, as in { constant: "acme" }: without, no token would pass grants.tenants.',
    )
  })

  it('that cannot be brings nothing into the log of what a stranger has called the issuer', async () => {
    const stranger = 'https://login.example/stranger\u202e\u2066'
    for (const answer of [
      (issuer: string) => ({ issuer: issuer.toUpperCase() }),
      (issuer: string) => ({ issuer, keys: { jwks }, acceptedIssuers: issuer }),
      (issuer: string) => ({ issuer, keys: { jwksUri: issuer.replace('https', 'http') } }),
      (issuer: string) => ({ issuer, keys: { jwks }, audience: { claim: ['azp'], oneOf: issuer } }),
    ]) {
      expect(await problemOf(stranger, answer)).not.toMatch(/[^\x20-\x7E]|stranger/i)
    }
  })

  it('that makes names of that all the same is told in printable ASCII, and cut short', async () => {
    const stranger = `https://login.example/\u202e\u00ad${'x'.repeat(1_000)}`
    for (const answer of [
      (issuer: string) => ({ issuer, [issuer]: 1 }),
      (issuer: string) => ({ issuer, keys: { jwks }, mapping: { attributes: { [issuer]: 1 } } }),
      (issuer: string) => ({ issuer, keys: { jwks }, mapping: { roles: { claim: issuer } } }),
    ]) {
      expect(await problemOf(stranger, answer)).toMatch(/^[\x20-\x7E]{1,400}$/)
    }
  })

  it.each([null, undefined])('that is %s means: not trusted', async (answer) => {
    expect(await createParts(() => answer).find()).toBeUndefined()
  })

  it('that never came because the application threw is an outage, and the next request asks again', async () => {
    const { reason, answer, asked } = createParts(() => {
      throw new TypeError('no database')
    })
    expect(await reason()).toBe('ERR_ISSUER_UNAVAILABLE')
    answer(() => Promise.reject(new Error('no database')))
    expect(await reason()).toBe('ERR_ISSUER_UNAVAILABLE')
    answer(trusting)
    expect(await reason()).toBe('accepted')
    expect(asked).toHaveLength(3)
  })

  it('is asked for once for however many requests at the same time', async () => {
    let reply: (answer: Answer) => void = () => {}
    const { find, asked } = createParts(() => new Promise<Answer>((resolve) => (reply = resolve)))
    const found = Promise.all(Array.from({ length: 500 }, () => find()))
    await settle()
    reply({ issuer: TENANT, keys: { jwks } })
    expect(new Set(await found).size).toBe(1)
    expect(asked).toEqual([TENANT])
  })

  it('that takes over three seconds is an outage', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { reason } = createParts(() => new Promise(() => {}))
      const outcome = reason()
      await vi.advanceTimersByTimeAsync(3_000)
      expect(await outcome).toBe('ERR_ISSUER_UNAVAILABLE')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('an answer that is held', () => {
  it('is good for a minute without asking', async () => {
    const { directory, find, clock, asked } = createParts()
    const first = await find()
    clock.advance(59_999)
    expect(directory.find(TENANT)).toBe(first)
    expect(asked).toHaveLength(1)
  })

  it('is asked for anew in the background then, while it is still used', async () => {
    const { directory, find, clock, asked } = createParts()
    const first = await find()
    clock.advance(60_000)
    expect(directory.find(TENANT)).toBe(first)
    await settle()
    expect(asked).toHaveLength(2)
    clock.advance(59_999)
    expect(directory.find(TENANT)).toBe(first)
    expect(asked).toHaveLength(2)
  })

  it('is used for five minutes at most where the application is away, then it is an outage until it is back', async () => {
    const { reason, clock, answer } = createParts()
    await reason()
    answer(() => Promise.reject(new Error('away')))
    clock.advance(299_999)
    expect(await reason()).toBe('accepted')
    await settle()
    clock.advance(1)
    expect(await reason()).toBe('ERR_ISSUER_UNAVAILABLE')
    answer(trusting)
    expect(await reason()).toBe('accepted')
  })

  it("whose refresh failed is asked for every five seconds and no oftener: the budget is everybody's", async () => {
    const { find, clock, answer, asked } = createParts()
    await find()
    answer(() => Promise.reject(new Error('away')))
    clock.advance(60_000)
    for (let index = 0; index < 600; index++) {
      await find()
      await settle()
    }
    expect(asked).toHaveLength(2)
    expect(await find('https://other.example').catch(() => 'asked')).toBe('asked')
    clock.advance(5_000)
    await find()
    expect(asked).toHaveLength(4)
  })

  it('has been held for as long as the machine slept (invariant 13): a tenant that went meanwhile is asked for, and refused', async () => {
    const { find, clock, answer, asked } = createParts()
    expect(await find()).toBeDefined()
    answer(() => undefined)
    clock.suspend(86_400_000)
    expect(await find()).toBeUndefined()
    expect(asked).toHaveLength(2)
    answer(trusting)
    clock.suspend(30_000)
    expect(await find()).toBeDefined()
  })

  it('whose successor cannot be used stays for its five minutes, the operator is told, and a corrected answer is taken', async () => {
    const logger = createKeepingLogger()
    const { directory, reason, clock, answer } = createParts(trusting, logger)
    expect(await reason()).toBe('accepted')
    answer((issuer) => ({ issuer, keys: { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } } }))
    clock.advance(60_000)
    expect(await reason()).toBe('accepted')
    await settle()
    const problem = expect.stringMatching(/^Option "resolveIssuer\(\)\.keys\.jwks": no usable key in it/)
    const option = 'resolveIssuer().keys.jwks'
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'An issuer cannot be asked for anew',
        detail: { issuer: TENANT, reason: 'ERR_CONFIG_INVALID', option, problem },
      },
    ])
    clock.advance(240_000)
    expect(await reason()).toBe('ERR_CONFIG_INVALID')
    answer(trusting)
    expect(await reason()).toBe('accepted')
    directory.close()
  })

  it('is gone once the application denies it', async () => {
    const { find, clock, answer } = createParts()
    const first = await find()
    answer(() => undefined)
    clock.advance(60_000)
    expect(await find()).toBe(first)
    await settle()
    expect(await find()).toBeUndefined()
  })

  it('that has not changed is the same issuer, keys and all', async () => {
    const { find, clock } = createParts()
    const first = await find()
    clock.advance(60_000)
    await find()
    await settle()
    expect(await find()).toBe(first)
  })

  it('that changed keeps its keys where they are in the same place, and takes new ones where they are not', async () => {
    const keysAt =
      (host: string, changes: object = {}): Ask =>
      (issuer) => ({
        issuer,
        keys: { jwksUri: `https://${host}.example/jwks` },
        ...changes,
      })
    const { find, clock, answer } = createParts(keysAt('a'))
    const renew = async (next: Ask): Promise<TrustedIssuer | undefined> => {
      answer(next)
      clock.advance(60_000)
      await find()
      await settle()
      return find()
    }
    const first = await find()
    const second = await renew(keysAt('a', { audience: 'https://other.example' }))
    expect(second).not.toBe(first)
    expect(second?.audience.values).toEqual(['https://other.example'])
    expect(second?.keys).toBe(first?.keys)
    const third = await renew(keysAt('b'))
    expect(third?.keys).not.toBe(first?.keys)
  })

  it('whose keys say what JSON cannot is another one each time, and never an outage', async () => {
    const { find, clock } = createParts((issuer) => ({
      issuer,
      keys: { jwks: { keys: [{ ...key.publicJwk, iat: 1_800_000_000n }] } },
    }))
    let before = await find()
    for (let minute = 0; minute < 6; minute++) {
      clock.advance(60_000)
      expect(await find()).toBe(before)
      await settle()
      const renewed = await find()
      expect(renewed?.keys === before?.keys).toBe(false)
      before = renewed
    }
  })

  it('with the same mapping function is the same; with another function it is not', async () => {
    const mapping = (): object => ({ subject: 's' })
    const by =
      (map: () => object): Ask =>
      (issuer) => ({ issuer, keys: { jwks }, mapping: map })
    const { find, clock, answer } = createParts(by(mapping))
    const first = await find()
    for (const [next, same] of [
      [mapping, true],
      [() => mapping(), false],
    ] as const) {
      answer(by(next))
      clock.advance(60_000)
      await find()
      await settle()
      expect((await find()) === first).toBe(same)
    }
  })
})

describe('a denial', () => {
  it('is held for half a minute, then it is asked again', async () => {
    const { find, clock, answer, asked } = createParts(() => undefined)
    expect(await find()).toBeUndefined()
    answer(trusting)
    clock.advance(29_999)
    expect(await find()).toBeUndefined()
    expect(asked).toHaveLength(1)
    clock.advance(1)
    expect(await find()).toMatchObject({ issuer: TENANT })
  })

  it('of ten thousand made-up names pushes out no real tenant', async () => {
    const { directory, find, clock, answer, asked } = createParts()
    const real = await find()
    answer(() => undefined)
    for (let index = 0; index < 10_000; index++) {
      if (index % 400 === 0) clock.advance(2_000)
      await find(`https://made-up-${index}.example`).catch(() => undefined)
    }
    expect(asked.length).toBeGreaterThan(1_000)
    expect(directory.find(TENANT)).toBe(real)
  })

  it('of a flood of made-up names locks no real tenant out, however long it lasts', async () => {
    const { find, clock, answer, asked } = createParts()
    const real = await find()
    answer((issuer) => (issuer === TENANT ? trusting(issuer) : undefined))
    // Ten minutes, in which strangers use the whole budget and real tenants come once in a while.
    for (let second = 0; second < 600; second += 10) {
      for (let index = 0; index < 501; index++)
        await find(`https://made-up-${second}-${index}.example`).catch(() => undefined)
      clock.advance(9_999)
      expect(await find()).toBe(real)
      await settle()
      clock.advance(1)
    }
    expect(asked.filter((issuer) => issuer === TENANT).length).toBeGreaterThan(5)
  })
})

describe('memory', () => {
  it('holds a thousand issuers; the longest unused is asked for again', async () => {
    const { find, clock, asked } = createParts()
    for (let index = 0; index <= 1_000; index++) {
      if (index % 400 === 0) clock.advance(10_000)
      await find(`https://t${index}.example`)
    }
    clock.advance(10_000)
    const before = asked.length
    await find('https://t1000.example')
    expect(asked).toHaveLength(before)
    await find('https://t0.example')
    expect(asked).toHaveLength(before + 1)
  })
})

it('lets an issuer that comes, goes and comes back do so without a restart, cached tokens included', async () => {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  let trusted = true
  const resolveIssuer = async (issuer: string): Promise<IssuerOptions | undefined> =>
    trusted ? { issuer, keys: { jwks } } : undefined
  const runtime = { ...stillRuntime, ...clock }
  const verifier = createVerifier({ audience: AUDIENCE, issuers: ['https://listed.example'], resolveIssuer, runtime })
  const token = toSigned(claims({ iss: TENANT }))
  const judge = (): Promise<string> => reasonOfAsync(() => verifier.verify(token))
  expect(await judge()).toBe('accepted')
  trusted = false
  clock.advance(60_000)
  expect(await judge()).toBe('accepted')
  await settle()
  expect(await judge()).toBe('ERR_ISSUER_UNTRUSTED')
  trusted = true
  clock.advance(30_000)
  expect(await judge()).toBe('accepted')
  await verifier.close()
})

it('has the key that a record holds now, also where the application changed that in place', async () => {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  const old = await createTestKey('ES256')
  const jwk: object = { ...old.publicJwk }
  const options = { resolveIssuer: async (issuer: string) => ({ issuer, keys: { jwks: { keys: [jwk] } } }) }
  const verifier = createVerifier({ ...toOptions({}, options), runtime: { ...stillRuntime, ...clock } })
  const judge = (): Promise<string> => reasonOfAsync(() => verifier.verify(toSigned(claims({ iss: TENANT }))))
  expect(await judge()).toBe('ERR_KEY_NOT_FOUND')
  Object.assign(jwk, key.publicJwk)
  clock.advance(60_000)
  await judge()
  await settle()
  expect(await judge()).toBe('accepted')
  await verifier.close()
})

it('asks and holds nothing once it is closed', async () => {
  const { directory, reason, asked, answer } = createParts()
  let late = (): void => {}
  answer((issuer) => new Promise((resolve) => (late = () => resolve(trusting(issuer)))))
  const waiting = reason()
  await settle()
  directory.close()
  late()
  expect(await waiting).toBe('ERR_ISSUER_UNAVAILABLE')
  answer(trusting)
  expect(await reason()).toBe('ERR_ISSUER_UNAVAILABLE')
  expect(asked).toHaveLength(1)
})

describe('unsigned tokens that name real tenants', () => {
  const forge = (iss: string): string => `${toSigned(claims({ iss })).replace(/[^.]+$/, '')}AAAA`

  it('push none out whose tokens were verified, however many real ones they name', async () => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const verifier = createVerifier(
      toOptions(
        {},
        {
          resolveIssuer: async (issuer) => ({ issuer, keys: { jwks } }),
          runtime: { ...stillRuntime, ...clock },
          maxTokenAgeSeconds: undefined,
        },
      ),
    )
    const judge = (token: string): Promise<string> => reasonOfAsync(() => verifier.verify(token))
    const token = toSigned(claims({ iss: TENANT, exp: NOW_SECONDS + 3_600 }))
    expect(await judge(token)).toBe('accepted')
    let named = 0
    for (let second = 1; second <= 120; second++) {
      clock.advance(1_000)
      for (let index = 0; index < 100; index++) await judge(forge(`https://tenant-${named++ % 1_500}.example`))
      if (second % 30 === 27) expect(await judge(token)).toBe('accepted')
    }
  }, 30_000)

  it('make the application be asked no oftener for one that signs, while it has no answer', async () => {
    const { directory, reason, clock, answer, asked } = createParts()
    await reason()
    directory.vouch(TENANT)
    answer(() => Promise.reject(new Error('away')))
    clock.advance(300_000)
    for (let index = 0; index < 600; index++) expect(await reason()).toBe('ERR_ISSUER_UNAVAILABLE')
    // One out of turn, and then the budget that all names share.
    expect(asked).toHaveLength(1 + 1 + 500)
    clock.advance(5_000)
    answer(trusting)
    expect(await reason()).toBe('accepted')
  })
})
