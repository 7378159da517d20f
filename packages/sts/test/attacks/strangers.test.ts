import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signToken } from '../../src/tokens/sign.js'
import {
  createWorld,
  EXCHANGE,
  JWT,
  JWT_BEARER,
  payloadOf,
  SECRET,
  START_MS,
  STS,
  toBasic,
} from '../endpoints/world.js'
import type { Answer, Form, World } from '../endpoints/world.js'

const TOKENS = { grant_type: 'client_credentials', audience: 'billing' } as const
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

const assertionForm = (client_assertion: string): Form => ({
  ...TOKENS,
  client_assertion,
  client_assertion_type: JWT_BEARER,
})

const byAssertion = (world: World, assertion: string): Promise<Answer> =>
  world.post('/token', { as: null, form: assertionForm(assertion) })

const errorsOf = (answers: readonly Answer[]): readonly string[] =>
  answers
    .map(({ status, body: { error } }) => (typeof error === 'string' ? `${status} ${error}` : `${status}`))
    .toSorted()

const HOSTILE = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  '../../etc/passwd',
  "' OR 1=1 --",
  'a\r\nX-Evil: 1',
  '\u0000',
  '\u2028',
  '\ud83d\ude00',
  '%',
  '{}',
  '[]',
  'null',
  '.',
  '..',
  'e30.e30.',
  'e30.e30.AA',
  `${'a'.repeat(20_000)}`,
  '.'.repeat(20_000),
  'eyJhbGciOiJub25lIn0.e30.',
] as const

const PARAMETERS = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'assertion',
  'audience',
  'resource',
  'scope',
  'token',
  'token_type_hint',
  '__proto__',
] as const

describe('what a stranger writes', () => {
  it.each(PARAMETERS)('into %s is never an error of ours, and comes back in no header', async (parameter) => {
    const world = await createWorld()
    const forms: readonly Form[] = [
      TOKENS,
      { grant_type: EXCHANGE, subject_token: 'x', subject_token_type: JWT, audience: 'billing' },
      { grant_type: GRANT, assertion: 'x', audience: 'billing' },
      { token: 'x' },
    ]
    for (const value of HOSTILE) {
      for (const form of forms) {
        for (const path of ['/token', '/introspect', '/revoke']) {
          for (const as of ['job', null]) {
            const answer = await world.post(path, { as, form: { ...form, [parameter]: value } })
            expect(answer.status).toBeLessThan(500)
            expect(answer.headers.get('x-evil')).toBeNull()
            if (answer.status >= 400) expect(Object.keys(answer.body)).toEqual(['error', 'error_description'])
          }
        }
      }
    }
    expect(world.logged).toEqual([])
  })

  it('stands in no event before its client is known', async () => {
    const world = await createWorld()
    const canary = 'canary-7f3a'
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
    const fields = ['Authorization', 'DPoP', 'User-Agent', 'X-Forwarded-For', 'Host', 'Forwarded', 'X-Request-Id']
    for (const parameter of PARAMETERS) {
      await world.post('/token', { as: null, form: { ...TOKENS, [parameter]: canary } })
      await world.post('/token', { as: null, form: { ...TOKENS, client_id: 'orders', [parameter]: canary } })
    }
    for (const name of fields) await world.post('/token', { as: null, form: TOKENS, headers: { [name]: canary } })
    await world.post('/token', { as: null, form: TOKENS, headers: { Authorization: basic(`${canary}:${canary}`) } })
    await byAssertion(world, await world.assertion({ iss: canary, sub: canary, jti: canary }, { kid: canary }))
    await byAssertion(world, await world.assertion({ aud: canary }, { kid: canary }))
    expect(world.audit.entries.length).toBeGreaterThan(30)
    expect(JSON.stringify([world.audit.entries, world.logged, world.refused])).not.toContain(canary)
  })

  it.each<[string, object]>([
    ['iss', { iss: ['keyed'] }],
    ['iss', { iss: { toString: 'keyed' } }],
    ['sub', { sub: ['keyed'] }],
    ['sub', { sub: undefined }],
    ['sub', { sub: 'orders' }],
    ['aud', { aud: [STS, STS] }],
    ['aud', { aud: [STS, 'https://other.example'] }],
    ['aud', { aud: { 0: STS } }],
    ['aud', { aud: `${STS}/` }],
    ['aud', { aud: `${STS}/token` }],
    ['aud', { aud: [] }],
    ['jti', { jti: '' }],
    ['jti', { jti: 1 }],
    ['jti', { jti: undefined }],
    ['jti', { jti: 'x'.repeat(257) }],
    ['exp', { exp: undefined }],
    ['exp', { exp: START_MS / 1_000 + 306 }],
    ['exp', { exp: 1e300 }],
    ['exp', { exp: String(START_MS / 1_000 + 60) }],
    ['iat', { iat: START_MS / 1_000 + 6 }],
    ['nbf', { nbf: START_MS / 1_000 + 6 }],
  ])('into the %s of an assertion of its own makes it none (%#)', async (_, claims) => {
    const world = await createWorld()
    const { status, body } = await byAssertion(world, await world.assertion(claims))
    expect([status, body['error']]).toEqual([401, 'invalid_client'])
    expect((await byAssertion(world, await world.assertion())).status).toBe(200)
  })

  it('of names that objects have anyway means nobody, and nothing', async () => {
    const world = await createWorld()
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const unknown = await world.post('/token', { as: null, form: TOKENS, headers: { Authorization: toBasic(name) } })
      expect([unknown.status, unknown.body['error']]).toEqual([401, 'invalid_client'])
      const nowhere = await world.post('/token', { as: 'job', form: { ...TOKENS, audience: name } })
      expect([nowhere.status, nowhere.body['error']]).toEqual([400, 'invalid_target'])
      const nothing = await world.post('/token', { as: 'job', form: { ...TOKENS, scope: name } })
      expect([nothing.status, nothing.body['error']]).toEqual([400, 'invalid_scope'])
    }
  })
})

describe('scopes by the thousand', () => {
  it('are no list of scopes: each would be compared with each, and stand in an event', async () => {
    const world = await createWorld()
    const scope = Array.from({ length: 16_000 }, (_, at) => at.toString(36)).join(' ')
    for (const some of [scope.slice(0, 60_000).trim(), 'x'.repeat(8_193)]) {
      const { status, body } = await world.post('/token', { as: 'job', form: { ...TOKENS, scope: some } })
      expect([status, body['error']]).toEqual([400, 'invalid_scope'])
      expect(world.audit.entries.at(-1)?.reason).toBe('ERR_STS_SCOPE_MALFORMED')
    }
    const most = await world.post('/token', { as: 'job', form: { ...TOKENS, scope: scope.slice(0, 8_192).trim() } })
    expect([most.status, world.audit.entries.at(-1)?.reason]).toEqual([400, 'ERR_STS_SCOPE_FORBIDDEN'])
  })
})

describe('what may be used once', () => {
  const MANY = 20
  const atOnce = (send: () => Promise<Answer>): Promise<readonly Answer[]> =>
    Promise.all(Array.from({ length: MANY }, send))

  it('an assertion of a client, sent many times at once, authenticates one request, at whatever endpoint', async () => {
    const world = await createWorld()
    const assertion = await world.assertion()
    const paths = ['/token', '/introspect', '/revoke']
    let at = 0
    const answers = await atOnce(() =>
      world.post(paths[at++ % 3] ?? '', { as: null, form: { ...assertionForm(assertion), token: 'x' } }),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(MANY - 1)
  })

  it('a proof too', async () => {
    const world = await createWorld()
    const headers = { DPoP: await world.proof() }
    const answers = await atOnce(() => world.post('/token', { as: 'job', form: TOKENS, headers }))
    expect(errorsOf(answers)).toEqual(['200', ...Array.from({ length: MANY - 1 }, () => '400 invalid_dpop_proof')])
  })

  it('is remembered until the last moment that a clock lets it live', async () => {
    const world = await createWorld({ clockToleranceSeconds: 60 })
    const now = START_MS / 1_000
    const assertion = await world.assertion({ exp: now + 300 })
    expect((await byAssertion(world, assertion)).status).toBe(200)
    world.clock.advance(359_999)
    expect(world.audit.entries.at(-1)?.reason).toBeUndefined()
    expect((await byAssertion(world, assertion)).status).toBe(401)
    expect(world.audit.entries.at(-1)?.reason).toBe('ERR_STS_CLIENT_REPLAYED')
  })

  it('is not used up by whoever cannot use it', async () => {
    const world = await createWorld()
    const jti = randomUUID()
    for (const claims of [{ aud: 'https://other.example' }, { exp: 1 }, { sub: 'job' }])
      expect((await byAssertion(world, await world.assertion({ jti, ...claims }))).status).toBe(401)
    const [header, payload] = (await world.assertion({ jti })).split('.')
    expect((await byAssertion(world, `${header}.${payload}.${'A'.repeat(86)}`)).status).toBe(401)
    expect((await byAssertion(world, await world.assertion({ jti }))).status).toBe(200)
  })
})

describe('a claim that another issuer chose', () => {
  it('does not answer for the service in an introspection', async () => {
    const world = await createWorld()
    const signer = await world.signingKeys.findSigner('ES256')
    const claims = { ...payloadOf(await world.token()), active: false, token_type: 'N_A' }
    const token = signToken('at+jwt', claims, signer)
    const { body } = await world.post('/introspect', { as: 'job', form: { token } })
    expect([body['active'], body['token_type']]).toEqual([true, 'Bearer'])
  })

  it.each(['active', 'token_type'])('is not passed on as "%s": it has a meaning of its own there', async (name) => {
    const targets = { billing: { audience: 'https://billing.example', scopes: ['invoice:read'], claims: [name] } }
    await expect(createWorld({ targets })).rejects.toThrow('Option "targets.billing.claims[0]"')
  })
})

describe('a token in the hands of somebody who may not revoke it', () => {
  it('leaves an event: somebody has it, and tried', async () => {
    const world = await createWorld()
    const token = await world.token()
    const { status } = await world.post('/revoke', { as: 'stranger', form: { token } })
    expect(status).toBe(400)
    expect(world.audit.entries.at(-1)).toMatchObject({
      type: 'token.revoked',
      outcome: 'denied',
      reason: 'ERR_STS_REVOCATION_FOREIGN',
      client: { id: 'stranger', authMethod: 'client_secret_basic' },
      request: { route: '/revoke' },
      tokens: { issued: { jti: payloadOf(token)['jti'] } },
    })
    expect(JSON.stringify(world.audit.entries)).not.toContain(SECRET)
  })
})
