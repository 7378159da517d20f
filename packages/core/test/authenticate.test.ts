import { describe, expect, it } from 'vitest'
import { createTestClock, createTestIssuer } from '@countersign/testing'
import type { TestClock } from '@countersign/testing'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { authenticate } from '../src/authenticate.js'
import type { Accepted, Policy } from '../src/authenticate.js'
import { createVerifier } from '../src/create-verifier.js'
import { createIssuerList } from '../src/issuers/list.js'
import type { TrustedIssuer } from '../src/issuers/trusted-issuer.js'
import { createProofKeys } from '../src/keys/proof-keys.js'
import type { IssuerOptions, VerifierOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import { createHeaderCache } from '../src/stores/header-cache.js'
import { memoryRevocationStore } from '../src/stores/memory-revocation-store.js'
import { createTokenCache, toCacheKey } from '../src/stores/token-cache.js'
import type { Remembered } from '../src/stores/token-cache.js'
import { AUDIENCE, claims, ISSUER, NOW_SECONDS, stillRuntime, toCredentials, toOptions, toSigned } from './parts.js'
import { clientKey, createRecordingStore, toAth, toJkt, toProof, toProvenRequest, withDpop } from './proofs.js'
import { reasonOfAsync } from './refusals.js'

interface Parts {
  readonly clock: TestClock
  /** Everything that the cache was told to remember, by its key. */
  readonly remembered: Map<string, Remembered<unknown>>
  /** What the issuers say from now on; by default what the options do. */
  trust(issuer: TrustedIssuer | undefined): void
  /** The issuer under options of its own. */
  toIssuer(changes: Partial<IssuerOptions>): TrustedIssuer
  readonly policy: Policy<unknown>
  /** `fresh` or `cached`, or the reason of the refusal. */
  judge(token?: string): Promise<string>
}

function createParts(options: Partial<VerifierOptions<unknown>> = {}, issuer: Partial<IssuerOptions> = {}): Parts {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  const runtime = { ...stillRuntime, ...clock }
  const resolve = (changes: Partial<IssuerOptions>): ReturnType<typeof resolveOptions<unknown>> =>
    resolveOptions({ ...toOptions({ ...issuer, ...changes }), ...options, runtime })
  const toIssuer: Parts['toIssuer'] = (changes) => {
    const resolved = resolve(changes)
    const [first] = createIssuerList(resolved.issuers, resolved.rules).all
    if (first === undefined) throw new Error('There is no issuer')
    return first
  }
  const { rules, schema, tokenCache, revocations } = resolve({})
  let trusted: TrustedIssuer | undefined = toIssuer({})
  const remembered = new Map<string, Remembered<unknown>>()
  const cache = tokenCache === undefined ? undefined : createTokenCache<unknown>(tokenCache.maxEntries)
  const policy: Policy<unknown> = {
    rules,
    schema,
    revocations,
    issuers: { find: () => trusted, vouch: () => {}, nearMisses: { find: () => undefined, tell: () => {} } },
    cache: cache && {
      ...cache,
      remember: (name, entry) => {
        remembered.set(name, entry)
        cache.remember(name, entry)
      },
    },
    proofKeys: createProofKeys(),
    headers: createHeaderCache(),
    logRefusal: () => {},
  }
  const judge: Parts['judge'] = async (token = toSigned(claims())) => {
    let accepted: Accepted<unknown> | undefined
    const reason = await reasonOfAsync(async () => (accepted = await authenticate(toCredentials(token), policy)))
    if (accepted === undefined) return reason
    return accepted.cached ? 'cached' : 'fresh'
  }
  return { clock, remembered, trust: (next) => void (trusted = next), toIssuer, policy, judge }
}

describe('invariant 8: a cached verdict is worth no more than a fresh one', () => {
  const token = toSigned(claims())

  it('is used from the second time on', async () => {
    const { judge } = createParts()
    expect([await judge(token), await judge(token), await judge(token)]).toEqual(['fresh', 'cached', 'cached'])
  })

  it('expires with the token, to the millisecond of the tolerance', async () => {
    const { judge, clock } = createParts()
    await judge(token)
    clock.advance(304_999)
    expect(await judge(token)).toBe('cached')
    clock.advance(1)
    expect(await judge(token)).toBe('ERR_TOKEN_EXPIRED')
  })

  it('waits for nbf and iat where the clock is set back', async () => {
    const { judge, clock } = createParts()
    const later = toSigned(claims({ nbf: NOW_SECONDS }))
    await judge(later)
    await judge(token)
    clock.advanceWall(-6_000)
    expect(await judge(later)).toBe('ERR_TOKEN_NOT_YET_VALID')
    clock.advanceWall(-10_000)
    expect(await judge(token)).toBe('ERR_TOKEN_ISSUED_IN_FUTURE')
    clock.advanceWall(16_000)
    expect([await judge(later), await judge(token)]).toEqual(['cached', 'cached'])
  })

  it('grows too old', async () => {
    const { judge, clock } = createParts({ maxTokenAgeSeconds: 60 })
    await judge(token)
    clock.advance(54_999)
    expect(await judge(token)).toBe('cached')
    clock.advance(1)
    expect(await judge(token)).toBe('ERR_TOKEN_TOO_OLD')
  })

  it('falls with its issuer, and is not there again when that is back', async () => {
    const { judge, trust, toIssuer } = createParts()
    await judge(token)
    trust(undefined)
    expect(await judge(token)).toBe('ERR_ISSUER_UNTRUSTED')
    trust(toIssuer({}))
    expect(await judge(token)).toBe('fresh')
  })

  it.each([
    ['another audience', { audience: 'https://other.example' }, 'ERR_TOKEN_AUDIENCE'],
    ['another profile', { tokenProfile: 'id-token', clientIds: ['client-1'] }, 'ERR_TOKEN_TYPE'],
    ['fewer algorithms', { algorithms: ['RS256'] }, 'ERR_TOKEN_ALGORITHM'],
    ['a claim more', { requiredClaims: ['email'] }, 'ERR_TOKEN_CLAIM_MISSING'],
    ['other tenants', { grants: { tenants: ['t'] }, mapping: { tenant: { claim: ['tid'] } } }, 'ERR_TOKEN_TENANT'],
  ] as [string, Partial<IssuerOptions>, string][])('is judged anew under %s', async (_, changes, reason) => {
    const { judge, trust, toIssuer } = createParts()
    await judge(token)
    trust(toIssuer(changes))
    expect(await judge(token)).toBe(reason)
  })

  it('falls with its key, where another key of the same name is no help', async () => {
    const { judge, trust, toIssuer } = createParts()
    const issuer = toIssuer({})
    let holds = true
    trust({ ...issuer, keys: { ...issuer.keys, holds: () => holds, find: (wanted) => issuer.keys.find(wanted) } })
    // The issuer is the same object throughout: only its keys change.
    expect([await judge(token), await judge(token)]).toEqual(['fresh', 'cached'])
    holds = false
    expect(await judge(token)).toBe('fresh')
    expect(await judge(token)).toBe('fresh')
  })

  it('is asked of the revocation store on each hit, and an outage of that is 503', async () => {
    const store = memoryRevocationStore({ now: () => NOW_SECONDS * 1_000 })
    let away = false
    const isRevoked: typeof store.isRevoked = (query) => {
      if (away) throw new Error('away')
      return store.isRevoked(query)
    }
    const { judge } = createParts({ revocationStore: { isRevoked } })
    expect([await judge(token), await judge(token)]).toEqual(['fresh', 'cached'])
    away = true
    expect(await judge(token)).toBe('ERR_STATUS_UNAVAILABLE')
    away = false
    store.revokeToken({ issuer: ISSUER, tokenId: 'id-1' })
    expect(await judge(token)).toBe('ERR_TOKEN_REVOKED')
  })

  it('proves no possession: each request needs a proof of its own', async () => {
    const { policy, remembered } = createParts(withDpop(createRecordingStore()))
    const token = toSigned(claims({ cnf: { jkt: toJkt(clientKey) } }))
    const prove = (changes: object = {}): string => toProof({ ath: toAth(token), ...changes })
    const judge = async (dpop: readonly string[], scheme: 'DPoP' | 'Bearer' = 'DPoP'): Promise<string> =>
      reasonOfAsync(() => authenticate({ scheme, token, request: toProvenRequest(dpop) }, policy))
    expect(await judge([prove()])).toBe('accepted')
    expect(await judge([])).toMatch(/^ERR_PROOF_/)
    expect(await judge([prove()], 'Bearer')).toBe('ERR_PROOF_REQUIRED')
    expect(await judge([prove({ ath: 'x' })])).toMatch(/^ERR_PROOF_/)
    expect(await judge([prove({ jti: 'another' })])).toBe('accepted')
    expect(remembered.size).toBe(1)
  })

  it('says what grants cut, as a fresh one does', async () => {
    const { policy } = createParts({}, { grants: { scopes: ['a'] } })
    const credentials = toCredentials(toSigned(claims({ scope: 'a b' })))
    const verdicts = [await authenticate(credentials, policy), await authenticate(credentials, policy)]
    expect(verdicts.map(({ cached }) => cached)).toEqual([false, true])
    for (const { verdict } of verdicts) expect([verdict.scopes, verdict.cut?.scopes]).toEqual([['a'], 1])
  })
})

describe('what is remembered', () => {
  it('is never a token that failed any check', async () => {
    const { judge, remembered } = createParts()
    const forged = `${toSigned(claims()).slice(0, -4)}AAAA`
    for (const bad of [
      forged,
      toSigned(claims({ aud: 'x' })),
      toSigned(claims({ sub: undefined })),
      toSigned(claims({ cnf: { jkt: 'x' } })),
      'a.b.c',
      '',
    ])
      expect(await judge(bad)).toMatch(/^ERR_/)
    expect(remembered.size).toBe(0)
  })

  it('is never a token that the schema or the revocation store refused', async () => {
    const refusing: StandardSchemaV1 = {
      '~standard': { version: 1, vendor: 't', validate: () => ({ issues: [{ message: 'no' }] }) },
    }
    for (const options of [{ claims: refusing }, { revocationStore: { isRevoked: () => true } }]) {
      const { judge, remembered } = createParts(options)
      expect(await judge()).toMatch(/^ERR_/)
      expect(remembered.size).toBe(0)
    }
  })

  it('stands under the hash of the whole token: another signature or tail finds nothing', async () => {
    const { judge, remembered } = createParts()
    const token = toSigned(claims())
    await judge(token)
    expect([...remembered.keys()]).toEqual([toCacheKey(token)])
    for (const other of [`${token}A`, `${token}.`, ` ${token}`, token.slice(0, -1), `${token.slice(0, -4)}AAAA`])
      expect(await judge(other)).toMatch(/^ERR_/)
    expect(await judge(token)).toBe('cached')
  })

  it('holds no text of the token, at any depth', async () => {
    const { judge, remembered } = createParts()
    const token = toSigned(claims())
    await judge(token)
    const texts = new Set<string>()
    const seen = new Set<unknown>()
    const visit = (value: unknown): void => {
      if (typeof value === 'string') texts.add(value)
      if (Buffer.isBuffer(value)) texts.add(value.toString('latin1'))
      if (typeof value !== 'object' || value === null || seen.has(value)) return
      seen.add(value)
      for (const part of value instanceof Map ? value.values() : Object.values(value)) visit(part)
    }
    visit([...remembered.values()])
    expect(texts.size).toBeGreaterThan(10)
    const [header, payload, signature] = token.split('.')
    for (const part of [token, header, payload, signature])
      expect([...texts].filter((text) => text.includes(part ?? ''))).toEqual([])
  })

  it('is bounded', async () => {
    const { judge } = createParts({ tokenCache: { maxEntries: 2 } })
    const tokens = ['1', '2', '3'].map((jti) => toSigned(claims({ jti })))
    for (const token of [...tokens, tokens[2]]) await judge(token)
    expect(await Promise.all(tokens.slice(1).map(judge))).toEqual(['cached', 'cached'])
    expect(await judge(tokens[0])).toBe('fresh')
  })

  it('is nothing with tokenCache: false', async () => {
    const { judge, policy } = createParts({ tokenCache: false })
    expect(policy.cache).toBeUndefined()
    expect([await judge(), await judge()]).toEqual(['fresh', 'fresh'])
  })

  it('is not looked for where a text is longer than any token', async () => {
    const { judge } = createParts({ limits: { tokenBytes: 256 } })
    expect(await judge('a'.repeat(257))).toBe('ERR_TOKEN_TOO_LARGE')
  })

  it('belongs to one verifier: two with other audiences do not share it', async () => {
    const token = toSigned(claims())
    const inner = createVerifier(toOptions({ audience: 'https://inner.example' }))
    const outer = createVerifier(toOptions())
    await outer.verify(token)
    expect(await reasonOfAsync(() => inner.verify(token))).toBe('ERR_TOKEN_AUDIENCE')
    expect(await reasonOfAsync(() => outer.verify(token))).toBe('accepted')
  })
})

describe('what a schema makes', () => {
  const toSchema = <C>(make: () => C): StandardSchemaV1<unknown, C> => ({
    '~standard': { version: 1, vendor: 'test', validate: () => ({ value: make() }) },
  })
  class Department {
    readonly name = 'sales'
  }

  it.each([
    ['a Date', () => ({ since: new Date(0) })],
    ['a class instance', () => ({ of: new Department() })],
    ['a Map', () => new Map([['a', 1]])],
    ['a function', () => ({ has: () => true })],
    ['a Date deep inside', () => ({ a: [{ b: new Date(0) }] })],
  ] as [string, () => object][])('is made anew for each request where it holds %s', async (_, make) => {
    let made = 0
    const { policy } = createParts({ claims: toSchema(() => (made++, make())) })
    const credentials = toCredentials(toSigned(claims()))
    const [first, second] = [await authenticate(credentials, policy), await authenticate(credentials, policy)]
    expect([first.cached, second.cached, made]).toEqual([false, true, 2])
    expect(second.verdict.claims).not.toBe(first.verdict.claims)
  })

  it('is shared and frozen where it is plain', async () => {
    let made = 0
    const { policy } = createParts({ claims: toSchema(() => (made++, { a: [{ b: 1 }] })) })
    const credentials = toCredentials(toSigned(claims()))
    const [first, second] = [await authenticate(credentials, policy), await authenticate(credentials, policy)]
    expect([second.verdict.claims === first.verdict.claims, made]).toEqual([true, 1])
    expect(Object.isFrozen((first.verdict.claims as { a: object[] }).a[0])).toBe(true)
  })
})

it('refuses a cached token once its key was withdrawn from the set of its issuer', async () => {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  const acme = await createTestIssuer({ issuer: ISSUER, clock })
  const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime: acme.runtime })
  const old = await acme.token({}, { expiresInSeconds: 7_200 })
  const judge = (token: string): Promise<string> => reasonOfAsync(() => verifier.verify(token))
  expect([await judge(old), await judge(old)]).toEqual(['accepted', 'accepted'])
  await acme.rotate()
  acme.withdraw(String(acme.keys[0]?.publicJwk.kid))
  clock.advance(3_600_000)
  await judge(await acme.token())
  expect(await judge(old)).toBe('ERR_KEY_UNCONFIRMED')
  clock.advance(5_000)
  expect(await judge(old)).toBe('ERR_KEY_NOT_FOUND')
  await verifier.close()
})
