import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { toAuthRequest } from '../src/auth-request.js'
import { createVerifier } from '../src/create-verifier.js'
import { AuthenticationError, UpstreamError } from '../src/errors.js'
import { AUDIENCE, claims, ISSUER, key, NOW_SECONDS, stillRuntime, toOptions, toSigned } from './parts.js'
import { errorOfAsync, reasonOfAsync } from './refusals.js'

async function createParties(): Promise<{
  readonly acme: Awaited<ReturnType<typeof createTestIssuer>>
  readonly globex: Awaited<ReturnType<typeof createTestIssuer>>
  readonly runtime: ReturnType<typeof testRuntime>
  readonly clock: ReturnType<typeof createTestClock>
}> {
  const clock = createTestClock(NOW_SECONDS * 1_000)
  const acme = await createTestIssuer({ issuer: ISSUER, clock })
  const globex = await createTestIssuer({ issuer: 'https://id.globex.example', clock, algorithms: ['RS256'] })
  return { acme, globex, runtime: testRuntime(acme, globex), clock }
}

describe('createVerifier', () => {
  it('accepts tokens of several issuers, discovered and by jwksUri, and tells one subject of the two apart', async () => {
    const { acme, globex, runtime } = await createParties()
    const issuers = [ISSUER, { issuer: globex.issuer, keys: { jwksUri: globex.jwksUri } }]
    const verifier = createVerifier({ audience: AUDIENCE, issuers, runtime })
    const [one, two] = [await verifier.verify(await acme.token()), await verifier.verify(await globex.token())]
    expect([one.issuer, one.subject]).toEqual([ISSUER, 'user-1'])
    expect([two.issuer, two.subject]).toEqual(['https://id.globex.example', 'user-1'])
    expect(acme.requests.map(({ endpoint }) => endpoint)).toEqual(['discovery', 'jwks'])
    expect(globex.requests.map(({ endpoint }) => endpoint)).toEqual(['jwks'])
    runtime.checkRequests()
    await verifier.close()
  })

  it('invariant 1: an unknown issuer causes no network request', async () => {
    const { acme, globex, runtime } = await createParties()
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime })
    expect(await reasonOfAsync(async () => verifier.verify(await globex.token()))).toBe('ERR_ISSUER_UNTRUSTED')
    expect(await reasonOfAsync(async () => verifier.verify(await acme.token({ iss: 'https://evil.example' })))).toBe(
      'ERR_ISSUER_UNTRUSTED',
    )
    expect([acme.requests, globex.requests, runtime.unexpected]).toEqual([[], [], []])
    await verifier.close()
  })

  it('invariant 3: a key of one issuer signs for no other, whatever its kid', async () => {
    const { acme, globex, runtime } = await createParties()
    const issuers = [ISSUER, globex.issuer]
    const verifier = createVerifier({ audience: AUDIENCE, issuers, runtime })
    const forged = await globex.token({ iss: ISSUER }, { kid: 'es256-1' })
    expect(await reasonOfAsync(() => verifier.verify(forged))).not.toBe('accepted')
    const same = await createTestIssuer({ issuer: 'https://evil.example', clock: acme.clock })
    expect(same.jwks.keys[0]?.kid).toBe(acme.jwks.keys[0]?.kid)
    expect(await reasonOfAsync(async () => verifier.verify(await same.token({ iss: ISSUER })))).toBe(
      'ERR_TOKEN_SIGNATURE',
    )
    await verifier.close()
  })

  it('fetches nothing before the first token or ready()', async () => {
    const { acme, runtime } = await createParties()
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime })
    expect(verifier.health()).toEqual([expect.objectContaining({ issuer: ISSUER, state: 'idle', keyCount: 0 })])
    expect(acme.requests).toEqual([])
    await verifier.close()
  })

  it('loads every issuer with ready(), and says which are not', async () => {
    const { acme, globex, runtime } = await createParties()
    await globex.outage('error-500')
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER, globex.issuer], runtime })
    const readiness = await verifier.ready()
    expect(readiness.ok).toBe(false)
    expect(readiness.issuers[0]).toEqual({ issuer: ISSUER, ok: true, reason: undefined })
    expect(readiness.issuers[1]).toMatchObject({ issuer: globex.issuer, ok: false })
    expect(readiness.issuers[1]?.reason).toMatch(/^ERR_/)
    expect(verifier.health()[0]).toMatchObject({ issuer: ISSUER, state: 'fresh', keyCount: 1 })
    expect(acme.requests).toHaveLength(2)
    await verifier.close()
  })

  it('is ready at once with keys that are given', async () => {
    const verifier = createVerifier(toOptions())
    expect(await verifier.ready()).toEqual({ ok: true, issuers: [{ issuer: ISSUER, ok: true, reason: undefined }] })
    expect(verifier.health()[0]).toMatchObject({ state: 'fresh', keyCount: 1 })
  })

  it('answers an outage of keys that were never had with 503, never with 401', async () => {
    const { acme, runtime } = await createParties()
    await acme.outage('down')
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime })
    const error = await errorOfAsync(async () => verifier.verify(await acme.token()))
    expect(error).toBeInstanceOf(UpstreamError)
    expect(verifier.refuse(error).headers).toEqual({
      'Retry-After': expect.stringMatching(/^\d+$/),
      'Cache-Control': 'no-store',
    })
    await verifier.close()
  })

  it.each([undefined, null, 1, {}, [], Buffer.from('a.b.c'), ''])(
    'refuses %o as a token, as a bad token',
    async (token) => {
      for (const tokenCache of [{}, false] as const) {
        const error = await errorOfAsync(() => createVerifier(toOptions({}, { tokenCache })).verify(token as never))
        expect(error).toBeInstanceOf(AuthenticationError)
        expect(error.status).toBe(401)
      }
    },
  )

  it('judges a neutral view, a request of Node and one of the Fetch API alike', async () => {
    const verifier = createVerifier(toOptions())
    const authorization = `Bearer ${toSigned(claims())}`
    const requests = [
      toAuthRequest('GET', 'https://api.example.com/', { authorization }),
      { method: 'GET', url: '/', headers: { authorization } },
      new Request('https://api.example.com/', { headers: { authorization } }),
    ]
    for (const request of requests) expect((await verifier.authenticate(request)).subject).toBe('user-1')
    expect(await reasonOfAsync(() => verifier.authenticate({ headers: {} }))).toBe('ERR_CREDENTIALS_MISSING')
  })

  it('makes 500 of what nobody foresaw, never an answer about the token', async () => {
    let broken = false
    const now = (): number => {
      if (broken) throw new RangeError('secret')
      return stillRuntime.now()
    }
    const verifier = createVerifier(toOptions({}, { runtime: { ...stillRuntime, now } }))
    broken = true
    const error = await errorOfAsync(() => verifier.verify(toSigned(claims())))
    expect(error).toMatchObject({ reason: 'ERR_UNEXPECTED', status: 500, cause: { name: 'RangeError' } })
    expect(error.message).not.toContain('secret')
    expect(await errorOfAsync(() => verifier.authenticate({} as never))).toMatchObject({
      reason: 'ERR_UNEXPECTED',
      status: 500,
    })
  })

  it('gives one answer to one token, however often it is asked', async () => {
    const verifier = createVerifier(toOptions({}, { tokenCache: false }))
    const [good, bad] = [toSigned(claims()), `${toSigned(claims()).slice(0, -4)}AAAA`]
    for (let round = 0; round < 10; round++) {
      expect(await reasonOfAsync(() => verifier.verify(good))).toBe('accepted')
      expect(await reasonOfAsync(() => verifier.verify(bad))).toBe('ERR_TOKEN_SIGNATURE')
    }
  })

  it('takes the bytes of a token for no token, although the cache has seen their text', async () => {
    const verifier = createVerifier(toOptions())
    const token = toSigned(claims())
    await verifier.verify(token)
    expect(await reasonOfAsync(() => verifier.verify(Buffer.from(token) as never))).toBe('ERR_TOKEN_MALFORMED')
  })

  it('takes a bound token without its key where the caller says that it compares them, and nowhere else', async () => {
    const verifier = createVerifier(toOptions())
    const bound = toSigned(claims({ cnf: { jkt: 'a-thumbprint' } }))
    const reasons: string[] = []
    const options = [undefined, {}, { dangerouslySkipBinding: false }, { dangerouslySkipBinding: undefined }]
    for (const each of options) reasons.push(await reasonOfAsync(() => verifier.verify(bound, each)))
    expect(reasons).toEqual(options.map(() => 'ERR_PROOF_REQUIRED'))
    const principal = await verifier.verify(bound, { dangerouslySkipBinding: true })
    expect(principal.confirmation).toEqual({ jkt: 'a-thumbprint' })
    // What the cache now knows of it is worth nothing to whoever does not ask for that.
    expect(await reasonOfAsync(() => verifier.verify(bound))).toBe('ERR_PROOF_REQUIRED')
    expect(await reasonOfAsync(() => verifier.authenticate({ headers: { authorization: `Bearer ${bound}` } }))).toBe(
      'ERR_PROOF_REQUIRED',
    )
  })

  it('refuses options of verify() that do not exist, or are not what they must be', async () => {
    const verifier = createVerifier(toOptions())
    const token = toSigned(claims())
    const unknown = { skipBinding: true } as never
    expect(await reasonOfAsync(() => verifier.verify(token, unknown))).toBe('ERR_CONFIG_UNKNOWN')
    const wrong = { dangerouslySkipBinding: 'true' } as never
    expect(await reasonOfAsync(() => verifier.verify(token, wrong))).toBe('ERR_CONFIG_INVALID')
  })

  it('is frozen', () => {
    const verifier = createVerifier(toOptions())
    expect(Object.isFrozen(verifier)).toBe(true)
  })

  it('may be closed twice', async () => {
    const verifier = createVerifier(toOptions())
    await verifier.close()
    await expect(verifier.close()).resolves.toBeUndefined()
  })

  it('accepts any of the names of an issuer, and shows the canonical one', async () => {
    const verifier = createVerifier(toOptions({ acceptedIssuers: ['https://old.acme.example'] }))
    expect((await verifier.verify(toSigned(claims({ iss: 'https://old.acme.example' })))).issuer).toBe(ISSUER)
    expect(await reasonOfAsync(() => verifier.verify(toSigned(claims({ iss: 'https://older.acme.example' }))))).toBe(
      'ERR_ISSUER_UNTRUSTED',
    )
  })

  it('imports given keys at construction: a mistake in them stops the start', () => {
    expect(() => createVerifier(toOptions({ keys: { jwks: { keys: [{ ...key.publicJwk, d: 'AAAA' }] } } }))).toThrow(
      'no usable key',
    )
  })
})
