import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { describe, expect, it } from 'vitest'
import { CountersignError } from '@countersign/core'
import { AUDIENCE, createParty, ISSUER, NOW_SECONDS } from '../conformance/party.js'
import { applyEdit, tokenCase, toSigningInputs } from './mutations.js'
import type { TokenCase } from './mutations.js'
import { TIMEOUT_MS, toParameters } from './runs.js'
import { readLeniently, STRICTER } from './stricter.js'

const party = await createParty(['ES256', 'EdDSA', 'RS256'])
const verifier = party.verifier()
const keySet = createLocalJWKSet(party.issuer.jwks)

/** The token of a case: signed after the changes, or changed after it was signed. */
async function makeToken(given: TokenCase): Promise<string> {
  const { before, after } = toSigningInputs(given)
  const { alg } = given
  if (given.signedAfter) return party.issuer.signEncoded(after, { alg })
  const signature = (await party.issuer.signEncoded(before, { alg })).split('.')[2] ?? ''
  return given.edits.reduce(applyEdit, `${after}.${signature}`)
}

/** What jose says: the claims, or `undefined` where it refuses. */
async function askJose(token: string): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(token, keySet, {
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: ['ES256', 'EdDSA', 'RS256'],
      clockTolerance: 5,
      currentDate: new Date(NOW_SECONDS * 1_000),
      requiredClaims: ['exp'],
    })
    return payload
  } catch {
    return undefined
  }
}

/** What we say: the claims, or the reason. Whatever else is thrown is a failure of the property. */
async function askUs(token: string): Promise<{ readonly payload: unknown } | { readonly reason: string }> {
  try {
    return { payload: (await verifier.verify(token)).payload }
  } catch (error) {
    if (error instanceof CountersignError && error.status === 401) return { reason: error.reason }
    throw error
  }
}

describe('against jose', () => {
  it(
    'nothing is accepted that jose refuses, and what only we refuse stands on a reasoned list',
    { timeout: TIMEOUT_MS },
    async () => {
      const counts = { tokens: 0, acceptedByBoth: 0, refusedByUsAlone: 0, signedAfter: 0 }
      await fc.assert(
        fc.asyncProperty(tokenCase, async (given) => {
          const token = await makeToken(given)
          const [theirs, ours] = [await askJose(token), await askUs(token)]
          counts.tokens++
          if (given.signedAfter) counts.signedAfter++
          if ('payload' in ours) {
            expect(theirs, 'jose refuses it').toBeDefined()
            expect(ours.payload).toEqual(theirs)
            counts.acceptedByBoth++
          } else if (theirs !== undefined) {
            const lenient = readLeniently(token)
            const rows = STRICTER.filter((row) => row.reason === ours.reason)
            expect(
              rows.some((row) => row.holds(lenient)),
              `${ours.reason} is not explained`,
            ).toBe(true)
            counts.refusedByUsAlone++
          }
        }),
        toParameters(5_000, 500_000),
      )
      // A property whose cases are all refused, or all signed by nobody, would hold of anything.
      expect(counts.acceptedByBoth / counts.tokens).toBeGreaterThan(0.2)
      expect(counts.signedAfter / counts.tokens).toBeGreaterThan(0.5)
      expect(counts.signedAfter / counts.tokens).toBeLessThan(0.8)
      expect(counts.refusedByUsAlone).toBeGreaterThan(0)
    },
  )

  it('has no row on the reasoned list that nothing ever meets', { timeout: TIMEOUT_MS }, async () => {
    const signed = (payload: object | string, header: object = {}): Promise<string> =>
      party.issuer.signRaw({
        header: { alg: 'ES256', kid: 'es256-1', typ: 'at+jwt', ...header },
        payload:
          typeof payload === 'string'
            ? payload
            : { iss: ISSUER, sub: 'user-1', aud: AUDIENCE, exp: NOW_SECONDS + 300, ...payload },
      })
    const examples: Readonly<Record<string, string>> = {
      ERR_TOKEN_ENCODING: `${await signed({})}==`,
      ERR_TOKEN_TOO_LARGE: await signed({ pad: 'x'.repeat(9_000) }),
      ERR_TOKEN_JSON: await signed(
        `{"iss":"${ISSUER}","sub":"me","sub":"you","aud":"${AUDIENCE}","exp":${NOW_SECONDS + 300}}`,
      ),
      ERR_TOKEN_HEADER: await signed({}, { typ: 1 }),
      ERR_TOKEN_CRITICAL: await signed({}, { b64: false }),
      ERR_TOKEN_ENCRYPTED: await signed({}, { zip: 'DEF' }),
      ERR_TOKEN_TYPE: await signed({ nonce: 'n' }),
      ERR_TOKEN_CLAIM_MISSING: await signed({ sub: undefined }),
      ERR_TOKEN_CLAIM_TYPE: await signed({ scope: 1 }),
      ERR_TOKEN_ISSUED_IN_FUTURE: await signed({ iat: NOW_SECONDS + 60 }),
      ERR_PROOF_REQUIRED: await signed({ cnf: { jkt: 'x' } }),
      ERR_TOKEN_CONFIRMATION: await signed({ cnf: {} }),
    }
    expect(Object.keys(examples).toSorted()).toEqual([...new Set(STRICTER.map(({ reason }) => reason))].toSorted())
    for (const [reason, token] of Object.entries(examples)) {
      expect([reason, (await askJose(token)) !== undefined]).toEqual([reason, true])
      expect(await askUs(token)).toEqual({ reason })
      expect(STRICTER.some((row) => row.reason === reason && row.holds(readLeniently(token)))).toBe(true)
    }
  })
})
