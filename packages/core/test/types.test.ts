import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { allOf, anyOf, createVerifier, requireScopes, requireThat } from '../src/index.js'
import type { AsyncGuard, Claims, Guard, Principal, Reason, Verifier, VerifierOptions } from '../src/index.js'
import { decode } from '../src/steps/decode.js'
import type { Decoded } from '../src/steps/decode.js'
import { checkClaims } from '../src/steps/claims.js'
import { toVerdict } from '../src/steps/principal.js'
import type { Verified } from '../src/steps/signature.js'
import { resolveOptions } from '../src/options/resolve.js'
import { AUDIENCE, claims, ISSUER, LIMITS, toCredentials, toOptions, toParts, toSigned, toVerified } from './parts.js'
import { toPrincipal } from './guards/principals.js'
import { reasonOf } from './refusals.js'

// Compiled by tsconfig.test.json: a `@ts-expect-error` with nothing to expect fails the build.

describe('an unverified token', () => {
  const decoded = decode(toCredentials(toSigned(claims())), { limits: LIMITS })
  const { issuer, rules } = toParts()

  it('cannot be mapped, nor have its claims judged', () => {
    expectTypeOf<Decoded>().not.toExtend<Verified>()
    // @ts-expect-error only the signature step makes what is mapped
    const map = (): unknown => toVerdict(decoded, issuer, undefined)
    // @ts-expect-error a claim is reported as wrong only after the signature held
    const judge = (): unknown => checkClaims(decoded, issuer, rules)
    expect([map, judge]).toHaveLength(2)
  })

  it('cannot be dressed up as a verified one: the brand has no name outside the step', () => {
    const { header, payload, key } = toVerified(claims())
    // @ts-expect-error the brand is missing, and cannot be written
    const forged: Verified = { header, payload, key }
    // @ts-expect-error a spread of what was decoded has no brand either
    const spread: Verified = { ...decoded, payload, key }
    expect([forged, spread]).toHaveLength(2)
  })

  it('can be mapped once it is verified', async () => {
    expect((await toVerdict(toVerified(claims()), issuer, undefined)).verdict.subject).toBe('user-1')
  })
})

describe('a guard that needs awaiting', () => {
  it('has no check, neither as a type nor in truth, so that a forgotten await does not compile into an open door', () => {
    const principal = toPrincipal({ scopes: ['a'] })
    const asynchronous = requireThat(() => false)
    expectTypeOf(asynchronous).toEqualTypeOf<AsyncGuard>()
    expectTypeOf<AsyncGuard>().not.toExtend<Guard>()
    // @ts-expect-error requireThat is awaited
    expect(() => asynchronous.check(principal)).toThrow(TypeError)
    // @ts-expect-error so is every composition that holds it
    expect(() => allOf(requireScopes('a'), asynchronous).check(principal)).toThrow(TypeError)
    // @ts-expect-error at any depth
    expect(() => anyOf(allOf(asynchronous), requireScopes('a')).check(principal)).toThrow(TypeError)
  })

  it('does not make the others awaited', () => {
    expectTypeOf(allOf(requireScopes('a'), anyOf(requireScopes('b')))).toEqualTypeOf<Guard>()
    expectTypeOf(
      allOf(
        requireScopes('a'),
        requireThat(() => true),
      ),
    ).toEqualTypeOf<AsyncGuard>()
    // @ts-expect-error a composition of nothing would let everyone in
    expect(() => allOf()).toThrow(TypeError)
    // @ts-expect-error a predicate is no guard
    expect(() => anyOf(() => true)).toThrow(TypeError)
  })
})

describe('options', () => {
  it('of parts that are not built are absent, and refused', () => {
    // @ts-expect-error certificate-bound tokens are refused: there is nothing to configure
    const mtls: VerifierOptions = { ...toOptions(), mtls: {} }
    expect(reasonOf(() => resolveOptions(mtls))).toBe('ERR_CONFIG_UNKNOWN')
    // @ts-expect-error opaque tokens are not introspected yet
    const introspection: VerifierOptions = { audience: AUDIENCE, issuers: [{ issuer: ISSUER, introspection: {} }] }
    expect(reasonOf(() => resolveOptions(introspection))).toBe('ERR_CONFIG_UNKNOWN')
  })

  it('cannot leave out what has no safe default, nor name what does not exist', () => {
    // @ts-expect-error who this API is has no default
    const nobody: VerifierOptions = { issuers: [ISSUER] }
    // @ts-expect-error whom to trust has no default
    const nothing: VerifierOptions = { audience: AUDIENCE }
    // @ts-expect-error there is no such algorithm
    const none: VerifierOptions = { ...toOptions(), algorithms: ['none'] }
    // @ts-expect-error whoever can verify an HMAC can also make one
    const hmac: VerifierOptions = { ...toOptions(), algorithms: ['HS256'] }
    // @ts-expect-error there is no way to look at tokens without judging them
    const ignoring: VerifierOptions = { ...toOptions(), ignoreExpiration: true }
    for (const options of [nobody, nothing, none, hmac, ignoring]) {
      expect(reasonOf(() => resolveOptions(options))).toMatch(/^ERR_CONFIG_/)
    }
  })

  it('may be given as undefined, which is absent', () => {
    const options: VerifierOptions = {
      ...toOptions(),
      realm: undefined,
      limits: { jsonDepth: undefined },
      claims: undefined,
    }
    expect(reasonOf(() => resolveOptions(options))).toBe('accepted')
  })
})

describe('the claims of a principal', () => {
  it('have the type of the schema, of whatever library', async () => {
    const zod = createVerifier({
      ...toOptions(),
      claims: z.object({ sub: z.string(), exp: z.number().transform(String) }),
    })
    const valibot = createVerifier({ ...toOptions(), claims: v.object({ sub: v.string() }) })
    expectTypeOf(zod).toEqualTypeOf<Verifier<{ sub: string; exp: string }>>()
    expectTypeOf(valibot).toEqualTypeOf<Verifier<{ sub: string }>>()
    const principal = await zod.verify(toSigned(claims()))
    expectTypeOf(principal.claims.exp).toEqualTypeOf<string>()
    expect(principal.claims.exp).toMatch(/^\d+$/)
  })

  it('are the payload without one', async () => {
    const verifier = createVerifier(toOptions())
    expectTypeOf(verifier).toEqualTypeOf<Verifier<Claims>>()
    expectTypeOf(await verifier.verify(toSigned(claims()))).toEqualTypeOf<Principal<Claims>>()
  })

  it('cannot be written to, nor can anything else of it', () => {
    const principal = toPrincipal({ scopes: ['a'] })
    // @ts-expect-error scopes are what the issuer granted
    expect(() => principal.scopes.push('admin')).toThrow(TypeError)
    expect(() => {
      // @ts-expect-error a principal is immutable
      principal.subject = 'admin'
    }).toThrow(TypeError)
  })
})

describe('reasons', () => {
  it('are literals, so that a misspelt one does not compile', () => {
    const reason: Reason = 'ERR_TOKEN_EXPIRED'
    // @ts-expect-error there is no such reason
    const misspelt: Reason = 'ERR_TOKEN_EXPIERD'
    expect(reason).not.toBe(misspelt)
  })
})
