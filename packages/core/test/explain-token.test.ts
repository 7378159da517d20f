import { describe, expect, it } from 'vitest'
import { createVerifier } from '../src/create-verifier.js'
import type { Explanation } from '../src/explain-token.js'
import type { IssuerOptions, VerifierOptions } from '../src/options/options.js'
import { AUDIENCE, claims, CLAIMS, ISSUER, NOW_SECONDS, stillRuntime, toOptions, toSigned } from './parts.js'

const CHECKS = [
  'decode',
  'issuer',
  'key',
  'signature',
  'profile',
  'time',
  'audience',
  'required claims',
  'binding',
  'status',
  'principal',
]

function explain(
  token: string,
  issuer: Partial<IssuerOptions> = {},
  verifier: Partial<VerifierOptions> = {},
): Promise<Explanation> {
  return createVerifier(toOptions(issuer, verifier)).explain(token)
}

/** What was refused, and why. */
function refusedOf({ checks }: Explanation): readonly (readonly [string, string | undefined])[] {
  return checks.filter(({ result }) => result === 'refused').map(({ check, reason }) => [check, reason] as const)
}

describe('explain(token)', () => {
  it('says of a good token that every check held, in the order of the pipe', async () => {
    const explanation = await explain(toSigned(claims({ scope: 'a b', act: { sub: 'x' } })))
    expect(explanation.checks.map(({ check }) => check)).toEqual(CHECKS)
    expect(explanation.checks.every(({ result }) => result === 'held')).toBe(true)
    expect(explanation).toMatchObject({
      accepted: true,
      issuer: ISSUER,
      principal: {
        issuer: ISSUER,
        subject: 'user-1',
        clientId: 'client-1',
        audience: [AUDIENCE],
        scopes: ['a', 'b'],
        actor: { subject: 'x' },
        expiresAtSeconds: CLAIMS.exp,
      },
      from: { subject: '/sub', clientId: '/client_id', scopes: '/scope' },
      cut: undefined,
    })
  })

  it.each([
    ['decode', 'ERR_TOKEN_MALFORMED', 'a.b', {}],
    ['issuer', 'ERR_ISSUER_UNTRUSTED', toSigned(claims({ iss: 'https://evil.example' })), {}],
    ['key', 'ERR_TOKEN_ALGORITHM', toSigned(claims()), { algorithms: ['RS256'] }],
    ['key', 'ERR_KEY_NOT_FOUND', toSigned(claims(), { alg: 'ES256', kid: 'other' }), {}],
    ['signature', 'ERR_TOKEN_SIGNATURE', `${toSigned(claims()).slice(0, -4)}AAAA`, {}],
  ] as [string, string, string, Partial<IssuerOptions>][])(
    'stops at %s with %s: what comes after is not reached',
    async (stop, reason, token, issuer) => {
      const explanation = await explain(token, issuer)
      const at = CHECKS.indexOf(stop)
      expect(explanation.checks.map(({ check, result }) => [check, result])).toEqual(
        CHECKS.map((check, index) => [check, index < at ? 'held' : index === at ? 'refused' : 'not reached']),
      )
      expect(explanation.checks[at]?.reason).toBe(reason)
      expect(explanation).toMatchObject({ accepted: false, principal: undefined, from: undefined, cut: undefined })
    },
  )

  it('makes every check after the signature, so that one look shows all that is wrong', async () => {
    const all = { nonce: 'n', exp: NOW_SECONDS - 60, aud: 'x', jti: 1, cnf: { jkt: 'x' }, sub: undefined }
    const verifier = { revocationStore: { isRevoked: () => true } }
    expect(
      refusedOf(await explain(toSigned(claims({ ...all, jti: 'a' })), { requiredClaims: ['email'] }, verifier)),
    ).toEqual([
      ['profile', 'ERR_TOKEN_TYPE'],
      ['time', 'ERR_TOKEN_EXPIRED'],
      ['audience', 'ERR_TOKEN_AUDIENCE'],
      ['required claims', 'ERR_TOKEN_CLAIM_MISSING'],
      ['binding', 'ERR_PROOF_REQUIRED'],
      ['status', 'ERR_TOKEN_REVOKED'],
      ['principal', 'ERR_TOKEN_CLAIM_MISSING'],
    ])
  })

  it('agrees with verify about what it accepts', async () => {
    const tokens = [
      {},
      { aud: 'x' },
      { exp: 1 },
      { scope: 1 },
      { cnf: {} },
      { sub: undefined },
      { nonce: 'n' },
      { email: 1 },
      { act: 1 },
      { nbf: NOW_SECONDS + 60 },
    ].map((changes) => toSigned(claims(changes)))
    const verifier = createVerifier(toOptions())
    for (const token of tokens) {
      const accepted = await verifier.verify(token).then(
        () => true,
        () => false,
      )
      expect((await verifier.explain(token)).accepted).toBe(accepted)
    }
  })

  it('counts what grants cut', async () => {
    const { cut, principal, accepted } = await explain(toSigned(claims({ scope: 'a b', roles: ['r'] })), {
      grants: { scopes: ['a'], roles: [] },
    })
    expect([accepted, cut, principal?.['roles']]).toEqual([
      true,
      { scopes: 1, roles: 1, permissions: 0, groups: 0 },
      [],
    ])
  })

  it('says which claim each field came from under the mapping of the issuer', async () => {
    const mapping = { subject: [{ claim: ['oid'] }, { claim: ['sub'] }], roles: { claim: ['realm_access', 'roles'] } }
    const { from } = await explain(toSigned(claims({ oid: 1, realm_access: { roles: ['r'] } })), { mapping })
    expect(from).toEqual({ subject: '/sub', clientId: '/client_id', roles: '/realm_access/roles' })
  })

  it("says of a template's tenant that it is from the name of the issuer", async () => {
    const token = toSigned(claims({ iss: `${ISSUER}/acme`, tid: 'acme', tenant: 'globex' }))
    const { from, principal } = await explain(token, { issuer: `${ISSUER}/{tid}` })
    expect([from?.['tenant'], principal?.['tenant']]).toEqual(['/iss', 'acme'])
  })

  it('shows neither the token nor its claims as a whole, and JSON says all of it', async () => {
    const token = toSigned(claims({ email: 'SECRET', jti: 'SECRET' }))
    const explanation = await explain(token)
    const text = JSON.stringify(explanation)
    for (const part of [...token.split('.'), 'SECRET']) expect(text).not.toContain(part)
    for (const name of ['payload', 'header', 'claims', 'token']) expect(explanation.principal).not.toHaveProperty(name)
  })

  it('repeats nothing of a token before its signature held, in whatever member it stands', async () => {
    const forge = (payload: object, header: object): string => `${toSigned(payload, header).slice(0, -4)}AAAA`
    const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' }
    const forged = [
      forge(claims({ sub: 'SECRET', scope: 'SECRET', aud: 'SECRET', iat: 'SECRET' }), header),
      forge(claims(), { ...header, kid: 'SECRET' }),
      forge(claims(), { ...header, typ: 'SECRET' }),
      forge(claims(), { ...header, alg: 'SECRET' }),
      forge(claims(), { ...header, crit: ['SECRET'], SECRET: 1 }),
      forge(claims({ iss: 'https://SECRET.example' }), header),
      forge(claims({ iss: `${ISSUER}/SECRET` }), header),
      'SECRET',
      'SECRET.SECRET.SECRET',
    ]
    for (const token of forged) {
      const explanation = await explain(token)
      expect(explanation.accepted).toBe(false)
      expect(JSON.stringify(explanation)).not.toContain('SECRET')
    }
  })

  it('goes around the cache: it neither reads it nor fills it', async () => {
    let now = NOW_SECONDS * 1_000
    const verifier = createVerifier(toOptions({}, { runtime: { ...stillRuntime, now: () => now } }))
    const token = toSigned(claims())
    await verifier.verify(token)
    now += 400_000
    expect(refusedOf(await verifier.explain(token))).toEqual([['time', 'ERR_TOKEN_EXPIRED']])
  })

  it('never rejects: what nobody foresaw is a refusal too', async () => {
    const trap = (): never => {
      throw new RangeError('SECRET')
    }
    const schema = { '~standard': { version: 1, vendor: 't', validate: trap } } as const
    const explanation = await explain(toSigned(claims()), { mapping: trap }, { claims: schema })
    expect(refusedOf(explanation)).toEqual([['principal', 'ERR_TOKEN_MAPPING']])
    const now = { ...stillRuntime, now: () => Number.NaN }
    expect(refusedOf(await explain(toSigned(claims()), {}, { runtime: now }))).toEqual([['time', 'ERR_TOKEN_EXPIRED']])
    const broken = await explain(toSigned(claims()), {}, { revocationStore: { isRevoked: trap } })
    expect(refusedOf(broken)).toEqual([['status', 'ERR_STATUS_UNAVAILABLE']])
    expect(JSON.stringify([explanation, broken])).not.toContain('SECRET')
    for (const token of [1, null, {}, Buffer.from('a.b.c')])
      expect((await createVerifier(toOptions()).explain(token as never)).accepted).toBe(false)
  })

  it('takes keys that cannot be had for an outage, not for a bad token', async () => {
    const { checks } = await explain(toSigned(claims()), { keys: { jwksUri: 'https://keys.example/jwks' } })
    const { result, reason } = checks[2] ?? {}
    expect([result, reason]).toEqual(['refused', 'ERR_KEYS_UNAVAILABLE'])
  })
})
