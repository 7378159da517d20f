import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '../src/create-verifier.js'
import { Principal } from '../src/principal.js'
import type { VerifierOptions } from '../src/options/options.js'
import { AUDIENCE, claims, ISSUER, NOW_SECONDS, toOptions, toSigned } from './parts.js'

async function verifyClaims(
  changes: Readonly<Record<string, unknown>> = {},
  options: Partial<VerifierOptions> = {},
): Promise<{ readonly principal: Principal<unknown>; readonly token: string }> {
  const token = toSigned(claims(changes))
  return { principal: await createVerifier(toOptions({}, options)).verify(token), token }
}

describe('a principal', () => {
  it('shows one set of words, whatever the issuer', async () => {
    const { principal, token } = await verifyClaims({
      scope: 'orders:read orders:write',
      roles: ['admin'],
      permissions: ['p'],
      groups: ['g'],
      act: { sub: 'service-1', act: { sub: 'service-0' } },
      auth_time: NOW_SECONDS - 20,
      acr: 'gold',
      amr: ['pwd', 'otp'],
    })
    expect(principal).toBeInstanceOf(Principal)
    expect({
      issuer: principal.issuer,
      subject: principal.subject,
      clientId: principal.clientId,
      audience: principal.audience,
      scopes: principal.scopes,
      roles: principal.roles,
      permissions: principal.permissions,
      groups: principal.groups,
      tenant: principal.tenant,
      actor: principal.actor,
      actorHistory: principal.actorHistory,
      authenticatedAtSeconds: principal.authenticatedAtSeconds,
      acr: principal.acr,
      amr: principal.amr,
      expiresAtSeconds: principal.expiresAtSeconds,
      attributes: principal.attributes,
      confirmation: principal.confirmation,
      scheme: principal.scheme,
      header: principal.header,
    }).toEqual({
      issuer: ISSUER,
      subject: 'user-1',
      clientId: 'client-1',
      audience: [AUDIENCE],
      scopes: ['orders:read', 'orders:write'],
      roles: ['admin'],
      permissions: ['p'],
      groups: ['g'],
      tenant: undefined,
      actor: { issuer: undefined, subject: 'service-1', clientId: undefined },
      actorHistory: [{ issuer: undefined, subject: 'service-0', clientId: undefined }],
      authenticatedAtSeconds: NOW_SECONDS - 20,
      acr: 'gold',
      amr: ['pwd', 'otp'],
      expiresAtSeconds: NOW_SECONDS + 300,
      attributes: {},
      confirmation: undefined,
      scheme: 'Bearer',
      header: { alg: 'ES256', typ: 'at+jwt', kid: 'k1' },
    })
    expect(principal.claims).toBe(principal.payload)
    expect(principal.payload).toMatchObject({ sub: 'user-1', jti: 'id-1' })
    expect(principal.token).toBe(token)
  })

  it('gives empty lists and nothing where the token does not say', async () => {
    const { principal } = await verifyClaims({ client_id: undefined })
    for (const list of [principal.scopes, principal.roles, principal.permissions, principal.groups, principal.amr]) {
      expect(list).toEqual([])
    }
    expect([principal.clientId, principal.actor, principal.acr, principal.authenticatedAtSeconds]).toEqual(
      Array.from({ length: 4 }, () => undefined),
    )
  })

  it('never shows the token: in JSON, in logs, in what is copied of it', async () => {
    const { principal, token } = await verifyClaims({ scope: 'a', department: 'sales' })
    const signature = token.slice(token.lastIndexOf('.'))
    const shown = [
      JSON.stringify(principal),
      JSON.stringify({ request: { auth: principal } }),
      inspect(principal),
      inspect(principal, { depth: Infinity, showHidden: true, getters: true }),
      inspect(principal, { customInspect: false, depth: Infinity, showHidden: true }),
      inspect(principal, { customInspect: false, depth: Infinity, getters: true }),
      inspect({ nested: [principal] }, { depth: 10 }),
      JSON.stringify(Object.entries(principal)),
      inspect(structuredClone(principal)),
      JSON.stringify(Object.assign({}, principal)),
      `${principal as unknown as string}`,
      JSON.stringify(Object.getOwnPropertyDescriptors(principal)),
    ]
    for (const text of shown) {
      expect(text).not.toContain(signature)
      expect(text).not.toContain(token)
    }
  })

  it('is issuer, subject, client and scopes to JSON and to loggers', async () => {
    const { principal } = await verifyClaims({ scope: 'a b' })
    const expected = { issuer: ISSUER, subject: 'user-1', clientId: 'client-1', scopes: ['a', 'b'] }
    expect(JSON.parse(JSON.stringify(principal))).toEqual(expected)
    expect(inspect(principal)).toBe(`Principal ${inspect(expected)}`)
    expect(inspect(principal, { colors: true })).toContain('\u001b[')
  })

  it('has no member of its own to enumerate, spread or clone', async () => {
    const { principal } = await verifyClaims()
    expect(Reflect.ownKeys(principal)).toEqual([])
    expect(Object.assign({}, principal)).toEqual({})
    expect(structuredClone(principal)).toEqual({})
  })

  it('cannot be changed, nor can what it holds', async () => {
    const { principal } = await verifyClaims({
      scope: 'a',
      roles: ['r'],
      org: { units: [{ id: 1 }] },
      act: { sub: 's' },
      cnf: undefined,
    })
    for (const name of ['scopes', 'subject', 'token', 'claims', 'roles']) {
      expect(() => Object.assign(principal, { [name]: ['admin'] })).toThrow(TypeError)
    }
    const { payload } = principal
    const org = payload['org'] as { units: [object] }
    const held = [payload, org, org.units, org.units[0], principal.scopes, principal.roles, principal.permissions]
    for (const value of [
      ...held,
      principal.groups,
      principal.audience,
      principal.amr,
      principal.header,
      principal.attributes,
    ]) {
      expect(Object.isFrozen(value)).toBe(true)
    }
    expect(Object.isFrozen(principal.actor)).toBe(true)
    expect(Object.isFrozen(principal.actorHistory)).toBe(true)
    expect(() => (principal.scopes as string[]).push('admin')).toThrow(TypeError)
  })

  it('is a new object for each request, with a cache too', async () => {
    const verifier = createVerifier(toOptions({}, { tokenCache: { maxEntries: 10 } }))
    const token = toSigned(claims())
    const [first, second] = [await verifier.verify(token), await verifier.verify(token)]
    expect(second).not.toBe(first)
    expect(second.payload).toEqual(first.payload)
  })

  it('knows itself from a look-alike', async () => {
    const { principal } = await verifyClaims()
    expect(Principal.isPrincipal(principal)).toBe(true)
    for (const value of [
      undefined,
      null,
      'user-1',
      {},
      principal.payload,
      Object.assign({}, principal),
      structuredClone(principal),
      Object.create(Principal.prototype),
      Object.create(principal),
      new Proxy(principal, {}),
      Principal,
    ]) {
      expect(Principal.isPrincipal(value)).toBe(false)
    }
  })

  it('does not make a logger fail over what merely derives from it', async () => {
    const { principal } = await verifyClaims()
    for (const value of [Principal.prototype, Object.create(principal) as object, Principal]) {
      expect(() => inspect(value, { depth: Infinity })).not.toThrow()
    }
  })
})
