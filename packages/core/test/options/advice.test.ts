import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../src/options/resolve.js'
import { AUDIENCE, ISSUER, key } from '../parts.js'
import { errorOf } from '../refusals.js'

const KEYS = { jwks: { keys: [key.publicJwk] } }

/** What the error says about the ordinary options with these in their place. */
function adviceOn(changes: object): string {
  const ordinary = { audience: AUDIENCE, issuers: [{ issuer: ISSUER, keys: KEYS }] }
  return errorOf(() => resolveOptions({ ...ordinary, ...changes })).message
}

/** As {@link adviceOn}, of the one issuer. */
function adviceOnIssuer(changes: object): string {
  return adviceOn({ issuers: [{ issuer: ISSUER, keys: KEYS, ...changes }] })
}

describe('a path into the claims that is written with dots', () => {
  const both =
    'Write ["realm_access", "roles"] for a member inside another, ["realm_access.roles"] for a name with a dot in it.'

  it('is answered with both that it may mean, wherever a path is due', () => {
    const claim = 'realm_access.roles'
    expect(adviceOnIssuer({ mapping: { roles: { claim } } })).toContain(both)
    expect(adviceOnIssuer({ requiredClaims: [{ claim, oneOf: ['x'] }] })).toContain(both)
    expect(adviceOn({ audience: { claim, oneOf: ['x'] } })).toContain(both)
  })
})
