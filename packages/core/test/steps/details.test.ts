import { describe, expect, it } from 'vitest'
import type { CountersignError } from '../../src/errors.js'
import { createProofKeys } from '../../src/keys/proof-keys.js'
import type { DpopOptions, IssuerOptions } from '../../src/options/options.js'
import type { ReplayClaim } from '../../src/ports.js'
import { checkAudience } from '../../src/steps/audience.js'
import { checkBinding } from '../../src/steps/binding.js'
import { checkClaims } from '../../src/steps/claims.js'
import { toHeader } from '../../src/steps/header.js'
import { findIssuer } from '../../src/steps/issuer.js'
import { checkProfile } from '../../src/steps/profile.js'
import { checkProof } from '../../src/steps/proof.js'
import { checkClaimRule } from '../../src/steps/required-claims.js'
import { decode } from '../../src/steps/decode.js'
import { toVerdict } from '../../src/steps/principal.js'
import { checkStatus } from '../../src/steps/status.js'
import { AUDIENCE, claims, LIMITS, NOW_SECONDS, toCredentials, toParts, toText, toVerified } from '../parts.js'
import {
  createRecordingStore,
  toJkt,
  clientKey,
  otherKey,
  toProof,
  toProvenRequest,
  TOKEN,
  withDpop,
} from '../proofs.js'
import { errorOf, errorOfAsync } from '../refusals.js'

type Changes = Readonly<Record<string, unknown>>

/** Reason and detail of a refusal: what a log shows, and no client. */
function told({ reason, detail }: CountersignError): readonly unknown[] {
  return [reason, detail]
}

describe('what an operator is told of a header', () => {
  it.each(['alg', 'kid', 'typ'])('that %s is wrong', (member) => {
    expect(told(errorOf(() => toHeader({ alg: 'ES256', [member]: 1 })))).toEqual(['ERR_TOKEN_HEADER', { member }])
  })

  it.each(['crit', 'b64'])('that %s was there', (member) => {
    expect(told(errorOf(() => toHeader({ alg: 'ES256', [member]: [] })))).toEqual(['ERR_TOKEN_CRITICAL', { member }])
  })
})

/** This file, with the line and the column that something was thrown at. */
const here = expect.stringMatching(/details\.test\.ts:\d+:\d+$/) as string

describe('what an operator is told of claims', () => {
  const check = (changes: Changes, changed = {}): readonly unknown[] => {
    const { issuer, rules } = toParts()
    return told(errorOf(() => checkClaims(toVerified(claims(changes)), issuer, { ...rules, ...changed })))
  }

  it('which time did not hold, by how much, and against which limit', () => {
    expect(check({ exp: NOW_SECONDS - 600 })).toEqual(['ERR_TOKEN_EXPIRED', { claim: 'exp', secondsAgo: 600 }])
    const aheadBy = { secondsAhead: 60 }
    expect(check({ nbf: NOW_SECONDS + 60 })).toEqual(['ERR_TOKEN_NOT_YET_VALID', { claim: 'nbf', ...aheadBy }])
    expect(check({ iat: NOW_SECONDS + 60 })).toEqual(['ERR_TOKEN_ISSUED_IN_FUTURE', { claim: 'iat', ...aheadBy }])
    const limits = [{ maxTokenAgeSeconds: 60 }, { maxTokenLifetimeSeconds: 60 }] as const
    for (const limit of limits) {
      expect(check({ iat: undefined }, limit)).toEqual(['ERR_TOKEN_CLAIM_MISSING', { claim: 'iat' }])
    }
    expect(check({ iat: NOW_SECONDS - 60 }, limits[1])).toEqual([
      'ERR_TOKEN_LIFETIME',
      { claim: 'exp', maxTokenLifetimeSeconds: 60 },
    ])
  })

  it.each(['sub', 'client_id', 'azp', 'jti', 'scope'])(
    'that %s has a wrong type, before anything is mapped',
    (claim) => {
      expect(check({ [claim]: 1 })).toEqual(['ERR_TOKEN_CLAIM_TYPE', { claim }])
    },
  )

  it('which issuer claim, audience and party were wanted', async () => {
    const { issuers } = toParts()
    for (const [iss, reason] of [
      [1, 'ERR_TOKEN_ISSUER'],
      [`https://${'a'.repeat(3_000)}`, 'ERR_ISSUER_UNTRUSTED'],
    ] as const) {
      const decoded = decode(toCredentials(toText({ alg: 'ES256' }, { iss })), { limits: LIMITS })
      expect(told(await errorOfAsync(async () => findIssuer(decoded, issuers)))).toEqual([reason, { claim: 'iss' }])
    }
    const idToken: Partial<IssuerOptions> = { tokenProfile: 'id-token', clientIds: ['web'] }
    const audience = (changes: Changes): readonly unknown[] =>
      told(errorOf(() => checkAudience({ ...claims(changes) }, toParts(idToken).issuer)))
    expect(audience({ aud: AUDIENCE })).toEqual(['ERR_TOKEN_AUDIENCE', { claim: 'aud', wants: ['web'] }])
    expect(audience({ aud: 'web', azp: 'x' })).toEqual(['ERR_TOKEN_AUDIENCE', { claim: 'azp', wants: ['web'] }])
  })

  it('by which member another kind of token was told', () => {
    const { issuer } = toParts()
    const kind = (changes: Changes, header?: object): readonly unknown[] =>
      told(errorOf(() => checkProfile(toVerified(claims(changes), header), issuer)))
    expect(kind({}, { alg: 'ES256', typ: 'logout+jwt' })).toEqual(['ERR_TOKEN_TYPE', { member: 'typ' }])
    expect(kind({ token_use: 'id' })).toEqual(['ERR_TOKEN_TYPE', { member: 'token_use' }])
    expect(kind({ typ: 'ID' })).toEqual(['ERR_TOKEN_TYPE', { member: 'typ' }])
  })

  it('which claim an issuer has to state, and with which values', () => {
    const oneOf = ['x']
    const rule = (payload: Changes): readonly unknown[] =>
      told(errorOf(() => checkClaimRule(payload, { path: ['a', 'b'], oneOf })))
    expect(rule({})).toEqual(['ERR_TOKEN_CLAIM_MISSING', { claim: 'a b', wants: oneOf }])
    expect(rule({ a: { b: 1 } })).toEqual(['ERR_TOKEN_CLAIM_TYPE', { claim: 'a b', wants: oneOf }])
    expect(rule({ a: { b: 'y' } })).toEqual(['ERR_TOKEN_CLAIM_VALUE', { claim: 'a b', wants: oneOf }])
  })

  it('what threw inside a schema', async () => {
    const validate = (): Promise<never> => Promise.reject(new RangeError('with a text that is nobody’s business'))
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const
    const error = await errorOfAsync(async () => toVerdict(toVerified(claims()), toParts().issuer, schema))
    expect([error.reason, error.cause]).toEqual([
      'ERR_CLAIMS_SCHEMA',
      { name: 'RangeError', code: undefined, status: undefined, at: here },
    ])
  })

  it('what kept a store of revocations from answering', async () => {
    const failing = { isRevoked: () => Promise.reject(new RangeError('with a text that is nobody’s business')) }
    const { issuer, rules } = toParts()
    const error = await errorOfAsync(async () => checkStatus(toVerified(claims()), issuer, failing, rules))
    expect(error.cause).toEqual({ name: 'RangeError', code: undefined, status: undefined, at: here })
  })

  it('of one that was given another message since, and whose stack may begin with anything, nothing but its name', async () => {
    const thrown = new RangeError('a\n    at /claim/of/a/stranger.js:1:1\n')
    // Its stack is a text from here on.
    expect(thrown.stack).toContain('stranger')
    thrown.message = 'short'
    const failing = { isRevoked: () => Promise.reject(thrown) }
    const { issuer, rules } = toParts()
    const error = await errorOfAsync(async () => checkStatus(toVerified(claims()), issuer, failing, rules))
    expect(error.cause).toEqual({ name: 'RangeError', code: undefined, status: undefined, at: undefined })
  })
})

describe('what an operator is told of possession', () => {
  const { issuer, rules } = toParts({ dpop: { mode: 'required' } }, withDpop(createRecordingStore()))
  const bind = (changes: Changes): readonly unknown[] => {
    const context = { rules, proofKeys: createProofKeys() }
    return told(errorOf(() => checkBinding(toVerified(claims(changes)), issuer, toCredentials(TOKEN), context)))
  }

  it('which confirmation was not shown', () => {
    const [jkt, x5t] = ['a', 'b']
    expect(bind({})).toEqual(['ERR_PROOF_REQUIRED', { claim: 'cnf', wants: ['jkt'] }])
    expect(bind({ cnf: { jkt, 'x5t#S256': x5t } })).toEqual([
      'ERR_PROOF_REQUIRED',
      { claim: 'cnf', wants: ['x5t#S256'] },
    ])
    expect(bind({ cnf: { kid: 'k' } })).toEqual(['ERR_TOKEN_CONFIRMATION', { claim: 'cnf' }])
    expect(bind({ cnf: 'jkt' })).toEqual(['ERR_TOKEN_CLAIM_TYPE', { claim: 'cnf' }])
    expect(bind({ cnf: { jkt: 1 } })).toEqual(['ERR_TOKEN_CLAIM_TYPE', { claim: 'cnf' }])
    const skipping = { ...toCredentials(TOKEN), skipsBinding: true }
    const odd = toVerified(claims({ cnf: { jkt, 'x5t#S256': 1 } }))
    const context = { rules, proofKeys: createProofKeys() }
    expect(told(errorOf(() => checkBinding(odd, issuer, skipping, context)))).toEqual([
      'ERR_TOKEN_CLAIM_TYPE',
      { claim: 'cnf' },
    ])
  })

  const prove = async (
    proof: string,
    options: Partial<DpopOptions> = {},
    store = createRecordingStore(),
  ): Promise<CountersignError> => {
    const parts = toParts({}, withDpop(store, options))
    const { dpop } = parts.rules
    if (dpop === undefined) throw new Error('There is no DPoP')
    const request = toProvenRequest([proof])
    const context = { rules: parts.rules, dpop, proofKeys: createProofKeys() }
    const credentials = { scheme: 'DPoP', token: TOKEN, request } as const
    return errorOfAsync(() => checkProof(toJkt(clientKey), credentials, request, context))
  }

  it.each<{
    readonly claim: string
    readonly reason: string
    readonly says?: Changes
    readonly header?: Changes
    readonly options?: Partial<DpopOptions>
    readonly wants?: string
  }>([
    { claim: 'typ', reason: 'ERR_PROOF_MALFORMED', header: { typ: 'JWT' } },
    { claim: 'alg', reason: 'ERR_PROOF_MALFORMED', options: { algorithms: ['RS256'] } },
    { claim: 'jwk', reason: 'ERR_PROOF_KEY', header: { jwk: 1 } },
    { claim: 'jkt', reason: 'ERR_PROOF_BINDING', header: { jwk: otherKey.publicJwk } },
    { claim: 'jti', reason: 'ERR_PROOF_CLAIM', says: { jti: '' } },
    { claim: 'htm', reason: 'ERR_PROOF_METHOD', says: { htm: 'PUT' } },
    {
      claim: 'htu',
      reason: 'ERR_PROOF_URL',
      says: { htu: 'https://other.example/' },
      wants: 'the URL of the request, below https://api.example.com',
    },
    { claim: 'iat', reason: 'ERR_PROOF_CLAIM', says: { iat: 'now' } },
    { claim: 'iat', reason: 'ERR_PROOF_TIME', says: { iat: 1 } },
    { claim: 'exp', reason: 'ERR_PROOF_TIME', says: { exp: 1 } },
    { claim: 'nbf', reason: 'ERR_PROOF_TIME', says: { nbf: NOW_SECONDS + 600 } },
    { claim: 'ath', reason: 'ERR_PROOF_TOKEN', says: { ath: 'x' } },
    { claim: 'nonce', reason: 'ERR_PROOF_NONCE', says: { nonce: 'x' }, options: { nonce: {} } },
  ])(
    'which member of a proof did not hold: $claim, $reason',
    async ({ claim, reason, says, header, options, wants }) => {
      expect(told(await prove(toProof(says, header), options))).toEqual([reason, { claim, wants }])
    },
  )

  it('that a proof was used before, or what kept its store from saying so', async () => {
    const answering = (answer: unknown) =>
      prove(
        toProof(),
        {},
        createRecordingStore(() => answer as ReplayClaim),
      )
    expect(told(await answering({ fresh: false }))).toEqual(['ERR_PROOF_REPLAYED', { claim: 'jti' }])
    const wants = 'an answer with fresh: true or false'
    expect(told(await answering({ fresh: 'no' }))).toEqual(['ERR_STORE_UNAVAILABLE', { wants }])
    expect((await answering(Promise.reject(new RangeError('x')))).cause).toMatchObject({ name: 'RangeError' })
  })
})
