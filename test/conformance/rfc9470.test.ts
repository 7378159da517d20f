import { allOf, anyOf, requireAuthentication, requireScopes } from '@countersign/core'
import type { CountersignError, Guard } from '@countersign/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createParty, NOW_SECONDS } from './party.js'
import type { Party } from './party.js'

let party: Party

beforeAll(async () => {
  party = await createParty()
})

/** The challenge with which a guard answers a token of these claims; `undefined` where it allows. */
async function challenge(guard: Guard, claims: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  const verifier = party.verifier()
  const principal = await verifier.verify(await party.issuer.token(claims))
  try {
    guard.check(principal)
  } catch (error) {
    const refusal = verifier.refuse(error as CountersignError)
    return `${refusal.status} ${refusal.headers['WWW-Authenticate']}`
  }
  return undefined
}

const STEP_UP =
  '401 Bearer realm="api", error="insufficient_user_authentication", error_description="A stronger or more recent authentication is required"'

describe('RFC 9470', () => {
  it('C12 asks for a step-up where acr is missing or another one', async () => {
    const guard = requireAuthentication({ acr: 'urn:x:gold' })
    expect(await challenge(guard, { acr: 'urn:x:gold' })).toBeUndefined()
    for (const claims of [{}, { acr: 'urn:x:silver' }, { acr: 'URN:X:GOLD' }]) {
      expect(await challenge(guard, claims)).toBe(`${STEP_UP}, acr_values="urn:x:gold"`)
    }
  })

  it('C12 asks for a step-up where auth_time is missing or too old', async () => {
    const guard = requireAuthentication({ maxAgeSeconds: 300 })
    expect(await challenge(guard, { auth_time: NOW_SECONDS - 300 })).toBeUndefined()
    for (const claims of [{}, { auth_time: NOW_SECONDS - 301 }, { auth_time: 0 }]) {
      expect(await challenge(guard, claims)).toBe(`${STEP_UP}, max_age="300"`)
    }
  })

  it('§3 names classes in the order of preference, and an age as a number of whole seconds', async () => {
    const classes = ['urn:x:3', 'urn:x:1', 'urn:x:2']
    expect(await challenge(requireAuthentication({ acr: classes }), {})).toBe(
      `${STEP_UP}, acr_values="urn:x:3 urn:x:1 urn:x:2"`,
    )
    expect(await challenge(requireAuthentication({ maxAgeSeconds: 86_400 }), {})).toBe(`${STEP_UP}, max_age="86400"`)
    for (const maxAgeSeconds of [-1, 0.5, Infinity, NaN]) {
      expect(() => requireAuthentication({ maxAgeSeconds })).toThrow(TypeError)
    }
    for (const acr of ['', 'a b', 'a"b', [], ['a b']]) expect(() => requireAuthentication({ acr })).toThrow(TypeError)
  })

  it('§3 asks nothing of a token that is refused for itself: signing in again more strongly would not mend it', async () => {
    const verifier = party.verifier()
    const error: unknown = await verifier
      .verify(await party.issuer.token({ exp: 1 }))
      .catch((reason: unknown) => reason)
    expect(verifier.refuse(error).headers['WWW-Authenticate']).toBe(
      'Bearer realm="api", error="invalid_token", error_description="The access token is invalid or expired"',
    )
  })

  it('C12 §6.1 takes the time of the sign-in from auth_time alone, by the clock of the verifier', async () => {
    const guard = requireAuthentication({ maxAgeSeconds: 300 })
    expect(await challenge(guard, { iat: NOW_SECONDS, acr: 'urn:x:gold' })).toBe(`${STEP_UP}, max_age="300"`)
    expect(await challenge(guard, { auth_time: NOW_SECONDS })).toBeUndefined()
    expect(await challenge(guard, { auth_time: NOW_SECONDS + 30 })).toBeUndefined()
  })

  it('C12 §6.1 takes no time to come for a recent one, such as one in milliseconds', async () => {
    const guard = requireAuthentication({ maxAgeSeconds: 300 })
    for (const auth_time of [NOW_SECONDS + 61, NOW_SECONDS + 86_400, NOW_SECONDS * 1_000, Number.MAX_SAFE_INTEGER]) {
      expect(await challenge(guard, { auth_time })).toBe(`${STEP_UP}, max_age="300"`)
    }
  })

  it('§6.1 refuses acr and auth_time of a wrong type, whatever a route wants', async () => {
    for (const claims of [{ acr: 1 }, { acr: ['urn:x:gold'] }, { acr: null }, { acr: '' }]) {
      expect(await party.reason(await party.issuer.token(claims))).toBe('ERR_TOKEN_CLAIM_TYPE')
    }
    for (const auth_time of [String(NOW_SECONDS), null, [NOW_SECONDS], true, {}]) {
      expect(await party.reason(await party.issuer.token({ auth_time }))).toBe('ERR_TOKEN_CLAIM_TYPE')
    }
  })

  it('§3 names both where both are wanted', async () => {
    const guard = requireAuthentication({ acr: ['urn:x:gold', 'urn:x:silver'], maxAgeSeconds: 0 })
    expect(await challenge(guard, { acr: 'urn:x:gold' })).toBe(
      `${STEP_UP}, acr_values="urn:x:gold urn:x:silver", max_age="0"`,
    )
  })

  it('§3 sends nobody to sign in again where that would not help', async () => {
    const stepUp = requireAuthentication({ acr: 'urn:x:gold' })
    expect(await challenge(allOf(stepUp, requireScopes('a')), {})).toMatch(/^403 .*insufficient_scope/)
    expect(await challenge(anyOf(allOf(stepUp, requireScopes('a')), requireScopes('b')), {})).toMatch(/^403 /)
    expect(await challenge(anyOf(stepUp, requireScopes('b')), {})).toMatch(/^401 .*insufficient_user_authentication/)
  })
})
