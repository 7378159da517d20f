import { createVerifier, memoryReplayStore } from '@countersign/core'
import type { ReplayStore } from '@countersign/core'
import { createSigningKeys, localKeyWrapper, memoryKeys } from '@countersign/sts'
import type { TokenServiceOptions } from '@countersign/sts'
import { createTestIssuer, createTestKey } from '@countersign/testing'
import { expect, it } from 'vitest'
import { ASSERTION_TYPE, createTokenWorld, EXCHANGE, SECRET, STS, TYPES, USERS } from '../conformance/token-world.js'
import type { Answer, TokenWorld } from '../conformance/token-world.js'

/** Something that can be taken away, and given back. */
interface Switch {
  away: boolean
}

/** Whatever it does, while it is away it fails as a dead connection does. */
function failing<T extends object>(part: T, state: Switch, names: readonly (keyof T)[]): T {
  const cut = names.map((name) => {
    const work = part[name] as (...args: unknown[]) => unknown
    const answer = (...args: unknown[]): unknown =>
      state.away ? Promise.reject(new Error('ECONNREFUSED')) : work.apply(part, args)
    return [name, answer] as const
  })
  return { ...part, ...(Object.fromEntries(cut) as object) }
}

const runtime = { now: () => Date.now(), monotonicNow: () => performance.now() }

const forItself = (world: TokenWorld): Promise<Answer> =>
  world.post('/token', { grant_type: 'client_credentials', audience: 'billing' }, { as: 'job' })

const byAssertion = async (world: TokenWorld): Promise<Answer> => {
  const client_assertion = await world.assertion()
  const form = { grant_type: 'client_credentials', audience: 'billing', client_assertion_type: ASSERTION_TYPE }
  return world.post('/token', { ...form, client_assertion }, { as: null })
}

interface Outage {
  readonly part: string
  /** The service with that part behind a switch. */
  readonly changes: (state: Switch) => Partial<TokenServiceOptions> | Promise<Partial<TokenServiceOptions>>
  readonly ask: (world: TokenWorld) => Promise<Answer>
}

const store: ReplayStore = { shared: false, claim: async () => ({ fresh: true }) }

const outages: readonly Outage[] = [
  {
    part: 'the replay store',
    changes: (state) => ({ replayStore: failing(store, state, ['claim']) }),
    ask: byAssertion,
  },
  {
    part: 'the replay store, for a proof',
    changes: (state) => ({ replayStore: failing(store, state, ['claim']) }),
    ask: async (world) => {
      const { proof } = await toProof(world)
      const form = { grant_type: 'client_credentials', audience: 'billing' }
      return world.post('/token', form, { as: 'job', headers: { DPoP: proof } })
    },
  },
  {
    part: 'the audit trail',
    changes: (state) => ({
      audit: failing({ record: async () => {}, fingerprint: () => 'fp' }, state, ['record']),
    }),
    ask: forItself,
  },
  {
    part: 'the store of the signing keys, from the start',
    changes: (state) => ({
      signingKeys: createSigningKeys({
        store: failing(memoryKeys(), state, ['read', 'compareAndSet']),
        wrapper: localKeyWrapper([SECRET]),
        runtime,
      }),
    }),
    ask: forItself,
  },
  {
    part: 'the store of revocations',
    changes: (state) => ({
      revocations: failing({ isRevoked: async () => false, revokeToken: async () => {} }, state, ['isRevoked']),
    }),
    ask: async (world) => {
      const first = await world.exchange()
      const { status, body } = first
      if (status !== 200) return first
      const form = { subject_token: String(body['access_token']), subject_token_type: TYPES.accessToken }
      return world.post('/token', { grant_type: EXCHANGE, audience: 'ledger', ...form }, { as: 'billing' })
    },
  },
]

it.each(outages)(
  '$part away is a 503 that says when to come again, and it works again without a restart',
  async (outage) => {
    const state: Switch = { away: true }
    const world = await createTokenWorld(await outage.changes(state))
    for (let attempt = 0; attempt < 3; attempt++) {
      const { status, headers, body } = await outage.ask(world)
      expect([status, body]).toEqual([
        503,
        {
          error: 'temporarily_unavailable',
          error_description: 'The request cannot be answered at the moment',
        },
      ])
      expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      expect(headers.get('cache-control')).toBe('no-store')
    }
    state.away = false
    await expect.poll(async () => (await outage.ask(world)).status, { timeout: 10_000 }).toBe(200)
  },
)

it('the keys of an issuer away are a 503 for its users alone, and work again when they are back', async () => {
  const users = await createTestIssuer({ issuer: USERS, audience: STS })
  await users.outage('down')
  const keyCache = { cooldownMs: 0 }
  const verifier = createVerifier({ audience: STS, issuers: [USERS], runtime: users.runtime, keyCache })
  const world = await createTokenWorld({ verifier, runtime })
  const subject_token = await users.token({ scope: 'orders:read' }, { header: { typ: 'JWT' } })
  const answer = await world.exchange({ subject_token })
  expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable'])
  expect((await forItself(world)).status).toBe(200)
  await users.recover()
  await expect.poll(async () => (await world.exchange({ subject_token })).status, { timeout: 10_000 }).toBe(200)
})

it('the keys of a client away are a 503 for it alone, and never a refusal of its credentials', async () => {
  const far = await createTestIssuer({ issuer: 'https://far.example' })
  await far.outage('down')
  const world = await createTokenWorld({
    replayStore: memoryReplayStore(),
    trust: [],
    verifier: undefined,
    clients: [
      {
        clientId: 'job',
        authentication: { method: 'client_secret_basic', secrets: [SECRET] },
        grants: ['client-credentials'],
      },
      {
        clientId: 'keyed',
        authentication: { method: 'private_key_jwt', keys: { jwksUri: far.jwksUri } },
        grants: ['client-credentials'],
      },
    ],
    policy: {
      id: 'jobs',
      rules: [
        {
          id: 'jobs',
          effect: 'allow',
          clients: ['job', 'keyed'],
          targets: ['billing'],
          subjectIssuers: [],
          grants: ['client-credentials'],
          grantScopes: ['invoice:read'],
        },
      ],
    },
    keyCache: { cooldownMs: 0 },
    runtime: far.runtime,
  })
  const [key] = far.keys
  if (key === undefined) throw new Error('The client has a key')
  const ask = async () => {
    const now = Math.floor(far.clock.now() / 1_000)
    const client_assertion = await world.assertion({ iat: now, exp: now + 60 }, { kid: key.kid }, key)
    const form = { grant_type: 'client_credentials', audience: 'billing', client_assertion_type: ASSERTION_TYPE }
    return world.post('/token', { ...form, client_assertion }, { as: null })
  }
  const answer = await ask()
  expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable'])
  expect((await forItself(world)).status).toBe(200)
  await far.recover()
  await expect.poll(async () => (await ask()).status, { timeout: 10_000 }).toBe(200)
})

async function toProof(world: TokenWorld): Promise<{ readonly proof: string }> {
  const key = await createTestKey('ES256')
  const { kid: _kid, alg: _alg, use: _use, ...jwk } = key.publicJwk
  const header = { typ: 'dpop+jwt', jwk, kid: undefined }
  const claims = { iss: undefined, sub: undefined, aud: undefined, exp: undefined, htm: 'POST', htu: `${STS}/token` }
  return { proof: await world.assertion(claims, header, key) }
}
