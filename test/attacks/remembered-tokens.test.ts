import { createVerifier, memoryRevocationStore, requireScopes } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AUDIENCE, claims, createParty, encode, ISSUER, NOW_SECONDS, reasonOf } from '../conformance/party.js'

const party = await createParty(['ES256', 'RS256', 'EdDSA'])
const HEADER = { alg: 'ES256', kid: 'es256-1', typ: 'at+jwt' }

describe('what is remembered of one token is never given to another', () => {
  it('#13 CVE-2026-35039: tokens that differ in one claim, one character or their signature alone are different tokens', async () => {
    const verifier = party.verifier()
    const users = ['user-1', 'user-2', 'user-1 ', 'User-1', 'user-1\0', 'user-\u0131', '\u00e9', 'e\u0301']
    const tokens = await Promise.all(
      users.map(async (sub) => [sub, await party.issuer.token({ sub, jti: 'same' })] as const),
    )
    for (const round of [1, 2, 3]) {
      for (const [sub, token] of tokens) expect([round, (await verifier.verify(token)).subject]).toEqual([round, sub])
    }
  })

  it('#13 CVE-2026-35039: tokens of one issuer, audience and subject keep their own scopes and times', async () => {
    const verifier = party.verifier()
    const made = ['', 'a', 'a b', 'admin'].map((scope) => party.issuer.token({ scope, jti: 'same' }))
    const tokens = await Promise.all(made)
    for (const _ of [1, 2]) {
      const found = await Promise.all(tokens.map(async (token) => (await verifier.verify(token)).scopes.join(' ')))
      expect(found).toEqual(['', 'a', 'a b', 'admin'])
    }
  })

  it('#13 CVE-2026-35039: a token is not taken for the good one that it begins with, ends with or is spelled like', async () => {
    const verifier = party.verifier()
    const good = await party.issuer.token()
    expect(await reasonOf(verifier.verify(good))).toBe('accepted')
    const [header = '', payload = '', signature = ''] = good.split('.')
    const alike = [
      `${good}=`,
      `${good}A`,
      ` ${good}`,
      `${good}\n`,
      `${good}\0`,
      good.toLowerCase(),
      `${header}.${payload}.${signature.slice(0, -1)}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${encode({ ...claims(), sub: 'admin' })}.${signature}`,
      `${encode({ ...HEADER, x: 1 })}.${payload}.${signature}`,
      good.replace('.', '\u2024'),
      // A letter of which the lower byte is one of the token's: alike to whoever takes bytes for characters.
      good.slice(0, 5) + String.fromCharCode(good.charCodeAt(5) + 256) + good.slice(6),
    ]
    for (const token of alike)
      expect([token === good, await reasonOf(verifier.verify(token))]).not.toEqual([false, 'accepted'])
    expect(await reasonOf(verifier.verify(good))).toBe('accepted')
  })

  it('#13 CVE-2026-35039: a header that was seen before does not bring its verdict along', async () => {
    const verifier = party.verifier()
    const good = await party.issuer.token()
    expect(await reasonOf(verifier.verify(good))).toBe('accepted')
    const [header = ''] = good.split('.')
    expect(await reasonOf(verifier.verify(`${header}.${encode(claims({ sub: 'admin' }))}.${good.split('.')[2]}`))).toBe(
      'ERR_TOKEN_SIGNATURE',
    )
    expect(await reasonOf(verifier.verify(`${header}.${encode('[]')}.${good.split('.')[2]}`))).toBe('ERR_TOKEN_JSON')
  })

  it('#13 CVE-2026-35039: two verifiers remember apart, and so do two issuers with the same token ids', async () => {
    const [first, second] = [party.verifier(), party.verifier({ audience: 'https://other.example.com' })]
    const token = await party.issuer.token()
    expect(await reasonOf(first.verify(token))).toBe('accepted')
    expect(await reasonOf(second.verify(token))).toBe('ERR_TOKEN_AUDIENCE')
    expect(await reasonOf(first.verify(token))).toBe('accepted')
  })
})

describe('a verdict that is not whole is not remembered', () => {
  it('#37 CVE-2026-45364 GHSA-xg6x-h9c9-2m83 GHSA-cq3f-vc6p-68fh: what a late check refused is refused again, and by that check', async () => {
    const revocationStore = memoryRevocationStore({ now: () => NOW_SECONDS * 1_000 })
    let schemaCalls = 0
    const schema = z.object({ department: z.string() }).refine(() => ++schemaCalls > 0)
    const verifier = party.verifier({ requiredClaims: ['department'] }, { revocationStore, claims: schema })
    const revoked = await party.issuer.token({ department: 'sales', jti: 'revoked' })
    const wrong = await party.issuer.token({ department: 7 })
    revocationStore.revokeToken({ issuer: ISSUER, tokenId: 'revoked' })
    for (const _ of [1, 2, 3]) {
      expect(await reasonOf(verifier.verify(revoked))).toBe('ERR_TOKEN_REVOKED')
      expect(await reasonOf(verifier.verify(wrong))).toBe('ERR_CLAIMS_SCHEMA')
    }
    // The revoked one never came as far as the schema: nothing that it could have said was made of it.
    expect(schemaCalls).toBe(0)
  })

  it('#37 CVE-2026-45364: a token that was accepted is refused once it is revoked, has expired or is bound', async () => {
    let nowMs = NOW_SECONDS * 1_000
    const revocationStore = memoryRevocationStore({ now: () => nowMs })
    const runtime = { now: () => nowMs, monotonicNow: () => nowMs }
    const verifier = party.verifier({}, { revocationStore, runtime })
    const [revoked, brief] = [
      await party.issuer.token({ jti: 'a' }),
      await party.issuer.token({ exp: NOW_SECONDS + 10 }),
    ]
    for (const token of [revoked, brief]) expect(await reasonOf(verifier.verify(token))).toBe('accepted')
    revocationStore.revokeToken({ issuer: ISSUER, tokenId: 'a' })
    expect(await reasonOf(verifier.verify(revoked))).toBe('ERR_TOKEN_REVOKED')
    nowMs += 15_000
    expect(await reasonOf(verifier.verify(brief))).toBe('ERR_TOKEN_EXPIRED')
  })

  it('#37 CVE-2026-45364: what a route demands is asked of each request, remembered or not', async () => {
    const verifier = party.verifier()
    const token = await party.issuer.token({ scope: 'read' })
    for (const _ of [1, 2]) {
      const principal = await verifier.verify(token)
      expect(() => requireScopes('write').check(principal)).toThrow(
        expect.objectContaining({ reason: 'ERR_SCOPE_INSUFFICIENT' }) as Error,
      )
    }
  })
})

describe('one token, one answer', () => {
  it('#14 GHSA-3j8v-cgw4-2g6q CVE-2026-35040: a token is accepted, or refused, ten times out of ten', async () => {
    for (const tokenCache of [undefined, false] as const) {
      const verifier = party.verifier(
        { audience: [AUDIENCE, 'https://other.example.com'], requiredClaims: ['jti'] },
        { tokenCache },
      )
      const [good, bad] = [await party.issuer.token(), await party.issuer.token({ aud: `${AUDIENCE}/` })]
      const ten = Array.from({ length: 10 })
      const answers = await Promise.all(
        ten.flatMap(() => [reasonOf(verifier.verify(good)), reasonOf(verifier.verify(bad))]),
      )
      expect(new Set(answers)).toEqual(new Set(['accepted', 'ERR_TOKEN_AUDIENCE']))
      expect(answers).toEqual(ten.flatMap(() => ['accepted', 'ERR_TOKEN_AUDIENCE']))
    }
  })

  it('#15 CVE-2026-35041 #14 GHSA-3j8v-cgw4-2g6q: an audience or an issuer cannot be a pattern', () => {
    for (const pattern of [/api/g, /^(a+)+$/, ['https://*.example.com', /x/y]]) {
      expect(() => createVerifier({ audience: pattern as never, issuers: [ISSUER] })).toThrow('Option "audience')
      expect(() => createVerifier({ audience: AUDIENCE, issuers: [pattern as never] })).toThrow('Option "issuers[0]')
    }
  })
})
