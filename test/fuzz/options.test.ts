import { ConfigurationError, createVerifier, memoryReplayStore } from '@countersign/core'
import type { VerifierOptions } from '@countersign/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createParty, ISSUER } from '../conformance/party.js'
import { LEAST_RUNS, TIMEOUT_MS, tryFor } from './minutes.js'

const party = await createParty(['ES256'])
const SECRET = 'a-secret-that-no-message-may-repeat'

/** Options that use everything there is. */
const complete = (): Record<string, unknown> => ({
  audience: [AUDIENCE, 'https://other.example.com'],
  audienceMatch: 'any',
  issuers: [
    'https://discovered.example',
    {
      issuer: ISSUER,
      keys: { jwks: party.issuer.jwks },
      audience: { claim: ['client_id'], oneOf: ['client-1'] },
      algorithms: ['ES256'],
      tokenProfile: 'access-token',
      requiredClaims: ['jti', { claim: ['a', 'b'], oneOf: ['c'] }],
      mapping: {
        roles: { all: [{ claim: '/realm/roles', table: { a: 'b' }, prefix: 'x' }, { constant: ['y'] }] },
        tenant: { claim: ['tenant'] },
        attributes: { a: { claim: ['a'] } },
      },
      grants: { scopes: ['a'], roles: [], tenants: ['t'] },
      dpop: { mode: 'required' },
      acceptedIssuers: [`${ISSUER}/`],
    },
    {
      issuer: 'https://remote.example',
      keys: { jwksUri: 'https://remote.example/jwks', headers: { authorization: SECRET } },
    },
    {
      issuer: 'https://web.example',
      tokenProfile: 'id-token',
      clientIds: ['web'],
      keys: { discoveryUrl: 'https://web.example/x' },
    },
    { issuer: 'https://tenants.example/{tid}/v2', keys: { jwks: party.issuer.jwks } },
  ],
  resolveIssuer: () => undefined,
  algorithms: ['ES256', 'RS256'],
  clockToleranceSeconds: 5,
  maxTokenAgeSeconds: 60,
  maxTokenLifetimeSeconds: 60,
  limits: { tokenBytes: 8_192, headerBytes: 2_048, jsonDepth: 16, jsonMembers: 256 },
  network: {
    timeoutMs: 3_000,
    maxBytes: 524_288,
    allowInsecureLoopback: true,
    proxyUrl: `http://user:${SECRET}@proxy.example`,
    dangerouslyAllowHttpHosts: ['x.example'],
  },
  keyCache: { minAgeMs: 1, defaultAgeMs: 2, maxAgeMs: 3, cooldownMs: 4, maxStaleMs: 5 },
  tokenCache: { maxEntries: 10 },
  dpop: {
    mode: 'allowed',
    algorithms: ['ES256'],
    maxAgeSeconds: 60,
    futureSkewSeconds: 5,
    nonce: { secrets: [SECRET.repeat(2)], slotSeconds: 60, region: 'eu' },
  },
  replayStore: memoryReplayStore(),
  realm: 'api',
  publicUrl: [AUDIENCE],
  dangerouslyTrustRequestHost: false,
  dangerouslyTrustResolvedHosts: false,
  runtime: {},
})

const value = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withNullPrototype: true,
    withSparseArray: true,
    withMap: true,
    maxDepth: 2,
  }),
  fc.constantFrom<unknown>(
    '',
    [],
    {},
    [''],
    null,
    Number.NaN,
    Infinity,
    -1,
    0,
    true,
    'none',
    ['none'],
    ['HS256'],
    () => 'none',
    Symbol('x'),
    ISSUER,
    [[AUDIENCE]],
    /x/,
  ),
)

/** One change somewhere in the options: another value, a member more, a member less. Steps choose among the members there are. */
const change = fc.record({
  steps: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'delete', 'add'),
  name: fc.constantFrom(
    'x',
    'issuer',
    'keys',
    'algorithms',
    'secret',
    '__proto__',
    'constructor',
    'audience',
    'mode',
    'claim',
    'kty',
    'k',
  ),
  value,
})

function apply(
  options: unknown,
  steps: readonly number[],
  edit: (parent: Record<string, unknown>, name: string) => void,
): void {
  let parent = options
  for (const [at, step] of steps.entries()) {
    const names = typeof parent === 'object' && parent !== null ? Object.keys(parent) : []
    const name = names[step % names.length]
    if (name === undefined) return
    const child = (parent as Record<string, unknown>)[name]
    if (at === steps.length - 1 || typeof child !== 'object' || child === null)
      return edit(parent as Record<string, unknown>, name)
    parent = child
  }
}

describe('the reader of options, fuzzed', () => {
  it(
    'makes a verifier or a ConfigurationError that repeats no secret, and no change weakens what is left',
    { timeout: TIMEOUT_MS },
    () => {
      // Refused as they are, they would be refused in nearly every run for the same reason, and nothing else be tried.
      expect(() => createVerifier(complete() as unknown as VerifierOptions)).not.toThrow()
      let accepted = 0
      const runs = tryFor('option parser', fc.array(change, { minLength: 0, maxLength: 3 }), (changes) => {
        const options = complete()
        for (const each of changes) {
          apply(options, each.steps, (parent, name) => {
            // A frozen list of the suite's own is nothing that an application would write to.
            if (Object.isFrozen(parent)) return
            if (each.kind === 'delete') Reflect.deleteProperty(parent, name)
            else
              Object.defineProperty(parent, each.kind === 'add' ? each.name : name, {
                value: each.value,
                enumerable: true,
                writable: true,
                configurable: true,
              })
          })
        }
        let verifier: ReturnType<typeof createVerifier>
        try {
          verifier = createVerifier(options as unknown as VerifierOptions)
        } catch (error) {
          if (!(error instanceof ConfigurationError)) throw error
          expect(error.message).not.toContain(SECRET)
          return
        }
        accepted++
        const explained = verifier.explain()
        expect(JSON.stringify(explained)).not.toContain(SECRET)
        for (const issuer of explained['issuers'] as readonly Explained[]) {
          expect(issuer.issuer).not.toBe('')
          expect(issuer.algorithms.length).toBeGreaterThan(0)
          expect(issuer.algorithms.filter((name) => !/^(?:[RPE]S(?:256|384|512)|Ed25519|EdDSA)$/.test(name))).toEqual(
            [],
          )
          expect(
            issuer.audience.aud.length > 0 || issuer.audience.claim !== null || issuer.tokenProfile === 'id-token',
          ).toBe(true)
        }
      })
      expect(runs).toBeGreaterThan(LEAST_RUNS)
      expect(accepted).toBeGreaterThan(runs / 10)
    },
  )
})

interface Explained {
  readonly issuer: string
  readonly algorithms: readonly string[]
  readonly tokenProfile: string
  readonly audience: { readonly aud: readonly string[]; readonly claim: object | null }
}
