import { describe, expect, it } from 'vitest'
import { CountersignError, createVerifier, memoryRevocationStore } from '@countersign/core'
import type { RevocationQuery, RevocationStore, VerifierOptions } from '@countersign/core'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import { reasonOf } from '../conformance/party.js'
import { hosts } from '../contract/hosts/all.js'
import { createWorld } from '../contract/world.js'

const world = await createWorld()
const { acme } = world

/** A verifier whose store answers so. */
function create(isRevoked: unknown, options: Partial<VerifierOptions> = {}) {
  const revocationStore = { isRevoked } as RevocationStore
  return createVerifier({
    audience: 'https://api.example.com',
    issuers: [acme.issuer],
    runtime: acme.runtime,
    revocationStore,
    ...options,
  })
}

const fails = (): never => {
  throw new TypeError('the store is down')
}

/** Stores that do not say: each is an outage, and never a token's fault. */
const outages: readonly (readonly [string, () => unknown])[] = [
  ['throws', fails],
  ['rejects', () => Promise.reject(new Error('ECONNREFUSED'))],
  ['rejects with nothing', () => Promise.reject(undefined as unknown as Error)],
  ['hangs', () => new Promise(() => {})],
]

describe.each(outages)('a revocation store that %s', (_, isRevoked) => {
  it('is an outage (503) for a fresh token, and for one that was accepted before', async () => {
    let ask: () => unknown = () => false
    const verifier = create(() => ask())
    const token = await acme.token()
    expect(await reasonOf(verifier.verify(token))).toBe('accepted')
    ask = isRevoked
    for (const each of [token, await acme.token()]) {
      const error: unknown = await verifier.verify(each).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(CountersignError)
      expect(error).toMatchObject({ reason: 'ERR_STATUS_UNAVAILABLE', status: 503, headers: { 'Retry-After': '1' } })
      expect(String(error)).not.toMatch(/store is down|ECONNREFUSED/)
    }
    ask = () => false
    expect(await reasonOf(verifier.verify(token))).toBe('accepted')
  })

  it.each(hosts)('is answered so on $name', async ({ start }) => {
    const host = await start({ ...world, api: create(isRevoked) }, 'default')
    const fields = [['Authorization', `Bearer ${world.tokens.acme}`]] as const
    const answer = await host.send({ method: 'GET', path: '/me', fields })
    await host.close()
    expect([answer.status, answer.fields['retry-after'], answer.fields['www-authenticate']]).toEqual([
      503,
      ['1'],
      undefined,
    ])
  })
})

describe('a revocation store', () => {
  it.each([undefined, null, 0, '', 'false', {}, true, 1, Promise.resolve(undefined), Promise.resolve(true)])(
    'that answers %o revokes: false alone does not',
    async (answer) => {
      expect(await reasonOf(create(() => answer).verify(await acme.token()))).toBe('ERR_TOKEN_REVOKED')
    },
  )

  it('is told by what a token can be revoked, under the canonical name of its issuer', async () => {
    const asked: RevocationQuery[] = []
    const isRevoked = (query: RevocationQuery) => {
      asked.push(query)
      return false
    }
    const iat = Math.floor(world.clock.now() / 1_000)
    const issuers = [{ issuer: 'https://canonical.example', acceptedIssuers: [acme.issuer], keys: { jwks: acme.jwks } }]
    const token = await acme.token({ sub: 'u', jti: 'j', sid: 's', iat })
    await create(isRevoked, { issuers }).verify(token)
    await create(isRevoked).verify(await acme.token({ jti: undefined, iat: undefined }))
    expect(asked).toEqual([
      { issuer: 'https://canonical.example', subject: 'u', tokenId: 'j', sessionId: 's', issuedAtSeconds: iat - 5 },
      { issuer: acme.issuer, subject: 'user-1', tokenId: undefined, sessionId: undefined, issuedAtSeconds: undefined },
    ])
  })

  it('is not asked about what is refused anyway, and is asked on every request about what is not', async () => {
    let asked = 0
    const verifier = create(() => ++asked < 0)
    for (const token of [world.tokens.expired, world.tokens.audience, world.tokens.tampered, world.tokens.stranger]) {
      await reasonOf(verifier.verify(token))
    }
    expect(asked).toBe(0)
    for (let index = 0; index < 3; index++) await verifier.verify(world.tokens.acme)
    expect(asked).toBe(3)
  })

  it.each(['sid', 'jti'])('never judges a %s of a wrong type: such a token is refused', async (claim) => {
    for (const value of [1, null, [], {}, '']) {
      expect(await reasonOf(create(() => false).verify(await acme.token({ [claim]: value })))).toBe(
        'ERR_TOKEN_CLAIM_TYPE',
      )
    }
  })

  it('in memory revokes tokens, sessions and subjects of one issuer, and of no other', async () => {
    const clock = createTestClock()
    const [ours, theirs] = [
      await createTestIssuer({ issuer: 'https://a.example', clock }),
      await createTestIssuer({ issuer: 'https://b.example', clock }),
    ]
    const revocationStore = memoryRevocationStore({ now: clock.now })
    const verifier = createVerifier({
      audience: 'https://api.example.com',
      issuers: [ours.issuer, theirs.issuer],
      runtime: testRuntime(ours, theirs),
      revocationStore,
    })
    const claims = { sub: 'u', jti: 'j', sid: 's' }
    const judge = async () => [
      await reasonOf(verifier.verify(await ours.token(claims))),
      await reasonOf(verifier.verify(await theirs.token(claims))),
    ]
    expect(await judge()).toEqual(['accepted', 'accepted'])
    revocationStore.revokeSession({ issuer: ours.issuer, sessionId: 's' })
    expect(await judge()).toEqual(['ERR_TOKEN_REVOKED', 'accepted'])
    // From then on the subject signs in anew.
    const before = await theirs.token({ sub: 'u' })
    clock.advance(10_000)
    revocationStore.revokeSubject({ issuer: theirs.issuer, subject: 'u' })
    clock.advance(10_000)
    expect(await reasonOf(verifier.verify(before))).toBe('ERR_TOKEN_REVOKED')
    expect(await reasonOf(verifier.verify(await theirs.token({ sub: 'u' })))).toBe('accepted')
  })

  it.each([{}, { isRevoked: true }, null, () => false])('cannot be %o', (revocationStore) => {
    expect(() => create(undefined, { revocationStore: revocationStore as unknown as RevocationStore })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIGURATION' }),
    )
  })
})
