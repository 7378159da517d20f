import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, CountersignError, createVerifier, requireScopes } from '@countersign/core'
import type { VerifierOptions } from '@countersign/core'
import { withPrincipal } from '@countersign/core/testing'
import { findPrincipal } from '@countersign/core/adapter'
import { AUDIENCE, createParty, encode, ISSUER } from '../conformance/party.js'
import { TIMEOUT_MS, toParameters } from './runs.js'

const party = await createParty(['ES256'])
const verifier = party.verifier()

/** The error with which a promise rejects: one of ours, or the property fails. */
async function refusalOf(judging: Promise<unknown>): Promise<CountersignError> {
  try {
    await judging
  } catch (error) {
    if (error instanceof CountersignError) return error
    throw error
  }
  throw new Error('It was accepted')
}

const anyText = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('.', 'e', 'A', '=', ' ', '"', '{', '\\', ':', '\0', '\ud800'), maxLength: 60 }),
)

/** Three segments, each of something that decodes. */
const anyToken = fc
  .tuple(
    fc.oneof(fc.constant('{"alg":"ES256"}'), anyText, fc.json(), fc.uint8Array({ maxLength: 60 })),
    fc.oneof(anyText, fc.json(), fc.uint8Array({ maxLength: 60 })),
    anyText,
  )
  .map((parts) => parts.map((part) => encode(part as string)).join('.'))

/** What RFC 9110 section 11.2 calls a challenge, in the one form that we write. */
const CHALLENGE = /^Bearer realm="[^"\\]+"(?:, [a-z_]+="(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*")*$/

describe('whatever a stranger sends', () => {
  it('as a token is refused with an error of ours', { timeout: TIMEOUT_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyText, anyToken, fc.anything()), async (token) => {
        const refusal = await refusalOf(verifier.verify(token as string))
        expect([refusal.name, refusal.status]).toEqual(['AuthenticationError', 401])
        if (typeof token === 'string') expect((await verifier.explain(token)).accepted).toBe(false)
      }),
      toParameters(2_000, 200_000),
    )
  })

  it(
    'in Authorization fields is refused with 400 or 401, and a challenge that holds nothing of it',
    { timeout: TIMEOUT_MS },
    async () => {
      const scheme = fc.constantFrom(
        'Bearer ',
        'bearer  ',
        'Bearer',
        'Basic ',
        'DPoP ',
        'Bearer\t',
        '',
        ' ',
        ',',
        'Bearer a.b.c, ',
      )
      const field = fc.tuple(scheme, fc.oneof(anyText, anyToken)).map((parts) => parts.join(''))
      await fc.assert(
        fc.asyncProperty(
          fc.array(field, { maxLength: 3 }),
          fc.array(anyText, { maxLength: 2 }),
          async (fields, dpop) => {
            const headers = { authorization: fields, dpop, host: 'evil.example' }
            const refusal = verifier.refuse(
              await refusalOf(verifier.authenticate({ method: 'GET', url: '/', headers })),
            )
            expect([400, 401]).toContain(refusal.status)
            expect(refusal.headers['WWW-Authenticate']).toMatch(CHALLENGE)
            expect(Object.keys(refusal.headers).toSorted()).toEqual(['Cache-Control', 'WWW-Authenticate'])
          },
        ),
        toParameters(2_000, 200_000),
      )
    },
  )

  it(
    'may be thrown by anybody: what is answered is an error of ours, fit for a header',
    { timeout: TIMEOUT_MS },
    () => {
      fc.assert(
        fc.property(fc.anything(), (thrown) => {
          const refusal = verifier.refuse(thrown)
          expect(refusal).toBeInstanceOf(CountersignError)
          expect(refusal.status).toBe(500)
          for (const value of Object.values(refusal.headers)) expect(value).toMatch(/^[\x20-\x7e]*$/)
        }),
        toParameters(2_000, 50_000),
      )
    },
  )
})

describe('whatever an application configures', () => {
  it(
    'as realm and scope is refused at construction, or reads back from the challenge as it was',
    { timeout: TIMEOUT_MS },
    () => {
      const principal = findPrincipal(withPrincipal({}))
      fc.assert(
        fc.property(anyText, fc.array(anyText, { minLength: 1, maxLength: 3 }), (realm, scopes) => {
          const judge = construct(() => party.verifier({}, { realm }))
          const guard = construct(() => requireScopes(...scopes))
          if (judge === undefined && guard === undefined) return
          let refusal: CountersignError | undefined
          try {
            ;(guard ?? requireScopes('orders:read')).check(principal)
          } catch (error) {
            refusal = (judge ?? verifier).refuse(error)
          }
          const challenge = refusal?.headers['WWW-Authenticate'] ?? ''
          expect(challenge).toMatch(CHALLENGE)
          const read = Object.fromEntries(
            [...challenge.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]),
          )
          expect(read['realm']).toBe(judge === undefined ? 'api' : realm)
          expect(read['scope']).toBe(guard === undefined ? 'orders:read' : scopes.join(' '))
        }),
        toParameters(2_000, 50_000),
      )
    },
  )

  const known = [
    ...['audience', 'audienceMatch', 'issuers', 'claims', 'algorithms', 'clockToleranceSeconds', 'maxTokenAgeSeconds'],
    ...['maxTokenLifetimeSeconds', 'limits', 'network', 'keyCache', 'logger', 'realm', 'runtime', 'tokenCache'],
    ...['resolveIssuer', 'revocationStore', 'publicUrl', 'dpop', 'replayStore', 'dangerouslyTrustRequestHost'],
  ]
  const issuerNames = ['issuer', 'keys', 'audience', 'algorithms', 'tokenProfile', 'clientIds', 'requiredClaims']
  const moreIssuerNames = [
    'acceptedIssuers',
    'mapping',
    'grants',
    'jwks',
    'jwksUri',
    'discoveryUrl',
    'headers',
    'claim',
    'oneOf',
  ]

  const anyValue = fc.oneof(
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withSparseArray: true,
    }),
    fc.constantFrom<unknown>(
      AUDIENCE,
      ISSUER,
      [ISSUER],
      { claim: ['a'], oneOf: ['b'] },
      ['RS256'],
      5,
      () => undefined,
      Symbol('x'),
    ),
    fc.dictionary(fc.constantFrom(...issuerNames, ...moreIssuerNames), fc.anything(), { maxKeys: 4 }),
  )
  const anyIssuer = fc.oneof(
    anyValue,
    fc
      .dictionary(fc.constantFrom(...issuerNames, ...moreIssuerNames.slice(0, 3)), anyValue, { maxKeys: 3 })
      .map((issuer) => ({ issuer: ISSUER, ...issuer })),
    anyValue.map((jwk) => ({ issuer: ISSUER, keys: { jwks: { keys: [party.issuer.jwks.keys[0], jwk] } } })),
  )

  it('as options is a verifier or a ConfigurationError, and nothing else', { timeout: TIMEOUT_MS }, () => {
    let accepted = 0
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...known), anyValue, { maxKeys: 3 }),
        fc.array(anyIssuer, { minLength: 1, maxLength: 2 }),
        fc.boolean(),
        (given, issuers, complete) => {
          const options = complete ? { ...given, audience: AUDIENCE, issuers } : { issuers, ...given }
          if (construct(() => createVerifier(options as unknown as VerifierOptions)) === undefined) return
          accepted++
        },
      ),
      toParameters(3_000, 200_000),
    )
    expect(accepted).toBeGreaterThan(0)
  })
})

/** What a constructor makes, or `undefined` where it refuses as it should. */
function construct<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof ConfigurationError || (error instanceof TypeError && / wants /.test(error.message)))
      return undefined
    throw error
  }
}
