import { AuthenticationError, AuthorizationError, REASONS } from '@countersign/core'
import type { Reason } from '@countersign/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toRefusal } from '../../packages/core/src/http/challenge.js'
import type { ChallengeRules } from '../../packages/core/src/http/challenge.js'
import { LEAST_RUNS, TIMEOUT_MS, tryFor } from './minutes.js'

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
})

const scheme = fc.constantFrom('Bearer' as const, 'DPoP' as const)

const rules: fc.Arbitrary<ChallengeRules> = fc.record(
  {
    realm: printable,
    resourceMetadataUrl: printable,
    schemes: fc.constantFrom<ChallengeRules['schemes']>(['Bearer'], ['DPoP'], ['Bearer', 'DPoP']),
    algs: fc.constantFrom('ES256', 'ES256 PS256'),
  },
  { requiredKeys: ['realm'] },
)

const challenge = fc.record(
  { scope: printable, acrValues: printable, maxAgeSeconds: fc.integer({ min: 0, max: 1_000_000 }) },
  { requiredKeys: [] },
)

const reasons = (Object.keys(REASONS) as Reason[]).filter(
  (reason) => !/^ERR_CONFIG|UNAVAILABLE|UPSTREAM|DISCOVERY|KEYS_|UNCONFIRMED|NOT_AUTH|GUARD|UNEXPECTED/.test(reason),
)

/** Reads a field with challenges, RFC 9110 section 11.6.1, to the letter: whoever writes one badly is not understood. */
function parseChallenges(
  field: string,
): readonly (readonly [scheme: string, parameters: Readonly<Record<string, string>>])[] {
  const found: [string, Record<string, string>][] = []
  let rest = field
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const match = pattern.exec(rest) ?? undefined
    if (match !== undefined) rest = rest.slice(match[0].length)
    return match
  }
  while (rest !== '') {
    const next = take(/^([A-Za-z]+) (?=[a-z_]+=")/)
    if (next !== undefined) found.push([next[1] ?? '', {}])
    const parameter = take(/^([a-z_]+)="((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?:, |$)/)
    const last = found.at(-1)
    if (parameter === undefined || last === undefined) throw new SyntaxError(`No challenge begins with ${rest}`)
    const [, name = '', value = ''] = parameter
    if (name in last[1]) throw new SyntaxError(`${name} stands there twice`)
    last[1][name] = value.replaceAll(/\\(.)/g, '$1')
  }
  return found
}

describe('the writer of challenges, fuzzed', () => {
  it('writes what reads back as it was, whatever realm, scope or class is configured', { timeout: TIMEOUT_MS }, () => {
    const runs = tryFor(
      'challenge writer',
      fc.record({
        rules,
        challenge,
        reason: fc.constantFrom(...reasons),
        scheme: fc.option(scheme, { nil: undefined }),
      }),
      (given) => {
        const Kind = /SCOPE|ACCESS|STEP_UP/.test(given.reason) ? AuthorizationError : AuthenticationError
        const { headers } = toRefusal(new Kind(given.reason, { challenge: given.challenge }), given.rules, given.scheme)
        const field = headers['WWW-Authenticate'] ?? ''
        const found = parseChallenges(field)
        const taken = given.rules.schemes ?? ['Bearer']
        // Whoever used Bearer where it is not taken is told so under it (RFC 9449 section 7.2), and so is whoever used DPoP where
        // some issuer may want proofs.
        const isTold = given.scheme === 'Bearer' || given.rules.algs !== undefined
        const answered = new Set(isTold && given.scheme !== undefined ? [given.scheme, ...taken] : taken)
        expect(found.map(([name]) => name).toSorted()).toEqual([...answered].toSorted())
        for (const [name, { realm, scope, acr_values: acrValues, resource_metadata: metadata, algs }] of found) {
          expect([realm, metadata]).toEqual([given.rules.realm, given.rules.resourceMetadataUrl])
          expect(algs).toBe(name === 'DPoP' ? given.rules.algs : undefined)
          if (scope !== undefined) expect(scope).toBe(given.challenge.scope)
          if (acrValues !== undefined) expect(acrValues).toBe(given.challenge.acrValues)
        }
        const blamed = found.filter(
          ([, { scope, acr_values: acrValues }]) => scope !== undefined || acrValues !== undefined,
        )
        const hasMore = given.challenge.scope !== undefined || given.challenge.acrValues !== undefined
        expect(blamed.length > 0).toBe(hasMore)
      },
    )
    expect(runs).toBeGreaterThan(LEAST_RUNS)
  })
})
