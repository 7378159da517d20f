import { describe, expect, it } from 'vitest'
import { createTestKey } from '@countersign/testing'
import { createVerifier } from '../src/create-verifier.js'
import { toThumbprint } from '../src/keys/proof-keys.js'
import { memoryRevocationStore } from '../src/stores/memory-revocation-store.js'
import { AUDIENCE, claims, ISSUER, key, toOptions, toSigned } from './parts.js'

const SECRET = 'hunter2hunter2'

describe('explain()', () => {
  it('shows what holds, defaults included', () => {
    const explained = createVerifier({ audience: AUDIENCE, issuers: [ISSUER] }).explain()
    expect(explained).toMatchObject({
      realm: 'api',
      clockToleranceSeconds: 5,
      maxTokenAgeSeconds: null,
      limits: { tokenBytes: 8_192, headerBytes: 2_048, jsonDepth: 16, jsonMembers: 256 },
      network: { timeoutMs: 3_000, maxBytes: 524_288, allowInsecureLoopback: false, proxied: false },
      dangerouslyTrustRequestHost: false,
      dangerouslyTrustResolvedHosts: false,
      tokenCache: { maxEntries: 5_000 },
      revocationStore: false,
      claims: false,
      audit: false,
      resolveIssuer: false,
      keyCache: {
        minAgeMs: 60_000,
        defaultAgeMs: 300_000,
        maxAgeMs: 3_600_000,
        cooldownMs: 5_000,
        maxStaleMs: 3_600_000,
      },
      issuers: [
        {
          issuer: ISSUER,
          acceptedIssuers: [ISSUER],
          keys: { discovery: 'from the issuer' },
          audience: { aud: [AUDIENCE], match: 'any', claim: null },
          algorithms: [
            'RS256',
            'RS384',
            'RS512',
            'PS256',
            'PS384',
            'PS512',
            'ES256',
            'ES384',
            'ES512',
            'Ed25519',
            'EdDSA',
          ],
          tokenProfile: 'access-token',
          clientIds: [],
          requiredClaims: [],
        },
      ],
    })
  })

  it('is plain data: JSON says all of it', () => {
    const explained = createVerifier(
      toOptions(
        {
          requiredClaims: ['email', { claim: ['a', 'b'], oneOf: ['x'] }],
          audience: { claim: ['client_id'], oneOf: ['c'] },
        },
        { maxTokenAgeSeconds: 60, network: { ca: '-----BEGIN CERTIFICATE-----', proxyUrl: 'http://proxy.example' } },
      ),
    ).explain()
    expect(JSON.parse(JSON.stringify(explained))).toEqual(explained)
    expect(explained).toMatchObject({
      maxTokenAgeSeconds: 60,
      network: { certificateAuthorities: 1, proxied: true },
      issuers: [
        {
          keys: { jwks: [expect.stringMatching(/^[\w-]{43}$/)] },
          audience: { aud: [AUDIENCE], claim: { path: ['client_id'], oneOf: ['c'] } },
          requiredClaims: [
            { claim: ['email'], oneOf: null },
            { claim: ['a', 'b'], oneOf: ['x'] },
          ],
        },
      ],
    })
  })

  it('holds no key, no header value, no password and no query', () => {
    const verifier = createVerifier({
      audience: AUDIENCE,
      issuers: [
        { issuer: 'a', keys: { jwks: { keys: [key.publicJwk] } } },
        { issuer: 'b', keys: { jwksUri: `https://b.example/jwks?key=${SECRET}`, headers: { authorization: SECRET } } },
        { issuer: 'c', keys: { discoveryUrl: `https://c.example/d?key=${SECRET}` } },
      ],
      network: { proxyUrl: `http://user:${SECRET}@proxy.example`, ca: `-----BEGIN ${SECRET}` },
    })
    const text = JSON.stringify(verifier.explain())
    for (const hidden of [SECRET, key.publicJwk.x, key.publicJwk.y]) expect(text).not.toContain(hidden)
    expect(verifier.explain()).toMatchObject({
      issuers: [
        { keys: { jwks: [toThumbprint(key.publicJwk)] } },
        { keys: { jwksUri: 'https://b.example/jwks', headers: ['authorization'] } },
        { keys: { discovery: 'https://c.example/d' } },
      ],
    })
  })

  it('says something else of whatever lets other tokens in: its digest is what the audit trail knows a policy by', async () => {
    const another = await createTestKey('ES256')
    const revocations = memoryRevocationStore()
    const policies = [
      toOptions(),
      toOptions({ keys: { jwks: { keys: [another.publicJwk] } } }),
      toOptions({}, { dangerouslyTrustRequestHost: true }),
      toOptions({}, { revocationStore: revocations }),
      toOptions({}, { resolveIssuer: async () => undefined }),
      toOptions({}, { resolveIssuer: async () => undefined, dangerouslyTrustResolvedHosts: true }),
      toOptions({}, { tokenCache: false }),
      toOptions({}, { tokenCache: { maxEntries: 1 } }),
      toOptions({}, { claims: { '~standard': { version: 1, vendor: 'x', validate: () => ({ value: {} }) } } }),
    ]
    const said = policies.map((options) => JSON.stringify(createVerifier(options).explain()))
    expect(new Set(said).size).toBe(policies.length)
  })

  it('gives a copy: nobody changes the policy through it', () => {
    const verifier = createVerifier(toOptions())
    const [first] = verifier.explain()['issuers'] as [{ algorithms: string[] }]
    first.algorithms.push('none')
    expect(JSON.stringify(verifier.explain())).not.toContain('none"')
  })
})

describe('explain(token)', () => {
  it('says check by check what held, and holds neither the token nor its signature', async () => {
    const verifier = createVerifier(toOptions())
    const token = toSigned(claims({ aud: 'https://other.example', jti: SECRET }))
    const explanation = await verifier.explain(token)
    expect(explanation.accepted).toBe(false)
    const refused = explanation.checks.filter(({ result }) => result === 'refused')
    expect(refused.map(({ check, reason }) => [check, reason])).toEqual([['audience', 'ERR_TOKEN_AUDIENCE']])
    const text = JSON.stringify(explanation)
    for (const part of [...token.split('.'), SECRET]) expect(text).not.toContain(part)
  })

  it('repeats nothing of a token whose signature does not hold', async () => {
    const verifier = createVerifier(toOptions())
    const forged = `${toSigned(claims({ sub: SECRET, scope: SECRET }), { alg: 'ES256', kid: SECRET }).slice(0, -4)}AAAA`
    const explanation = await verifier.explain(forged)
    expect(explanation.accepted).toBe(false)
    expect(JSON.stringify(explanation)).not.toContain(SECRET)
  })

  it('never rejects, whatever it is given', async () => {
    const verifier = createVerifier(toOptions())
    for (const token of ['', 'a.b.c', '....', '\0', 'x'.repeat(100_000)]) {
      expect((await verifier.explain(token)).accepted).toBe(false)
    }
  })
})
