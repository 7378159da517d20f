import { generateKeyPairSync } from 'node:crypto'
import { createVerifier, memoryReplayStore } from '@countersign/core'
import type { IssuerOptions, VerifierOptions } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createParty, ISSUER } from '../conformance/party.js'

const party = await createParty(['ES256'])

/** Options with something put over them: what an application could have written, or could have left out. */
function create(options: object, issuer: object = {}): unknown {
  const own = { issuer: ISSUER, keys: { jwks: party.issuer.jwks }, ...issuer } as IssuerOptions
  return createVerifier({ audience: AUDIENCE, issuers: [own], ...options } as VerifierOptions)
}

function refusalOf(make: () => unknown): string {
  try {
    make()
  } catch (error) {
    return (error as { reason?: string }).reason ?? String(error)
  }
  return 'accepted'
}

const UNSAFE_ALGORITHMS: readonly unknown[] = [
  [],
  ['none'],
  ['NONE'],
  ['HS256'],
  ['HS384'],
  ['HS512'],
  ['ES256', 'none'],
  ['ES256', 'HS256'],
  [''],
  ['*'],
  ['es256'],
  ['ES256K'],
  ['Ed448'],
  ['dir'],
  ['__proto__'],
  [['ES256']],
  'ES256',
  'none',
  null,
  false,
  true,
  {},
  { 0: 'none', length: 1 },
  [null],
  new Set(['none']),
  () => ['none'],
]

describe('a configuration cannot be made weak', () => {
  it.each(UNSAFE_ALGORITHMS)(
    '#2 CVE-2022-23540 CVE-2022-23539 CVE-2022-23541: no option yields none, HMAC or an empty list: %j',
    (algorithms) => {
      expect(refusalOf(() => create({ algorithms }))).toBe('ERR_CONFIG_INVALID')
      expect(refusalOf(() => create({}, { algorithms }))).toBe('ERR_CONFIG_INVALID')
      expect(refusalOf(() => create({ algorithms: ['ES256'] }, { algorithms }))).toBe('ERR_CONFIG_INVALID')
      const dpop = { mode: 'allowed', algorithms }
      expect(refusalOf(() => create({ dpop, replayStore: memoryReplayStore(), publicUrl: AUDIENCE }))).toBe(
        'ERR_CONFIG_INVALID',
      )
    },
  )

  it('#4 CVE-2020-15084: without algorithms it takes the asymmetric ones of the table and nothing else', () => {
    const explained = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], algorithms: undefined }).explain()
    const [issuer] = explained['issuers'] as readonly { readonly algorithms: readonly string[] }[]
    expect(issuer?.algorithms).toEqual([
      ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA'],
    ])
  })

  it.each([
    ['an empty set', { jwks: { keys: [] } }],
    ['no set', { jwks: undefined }],
    ['a set of null', { jwks: null }],
    ['a key that is null', { jwks: { keys: [null] } }],
    ['a key that is undefined', { jwks: { keys: [undefined] } }],
    ['a key of no member', { jwks: { keys: [{}] } }],
    ['a symmetric key', { jwks: { keys: [{ kty: 'oct', k: '' }] } }],
    ['null', null],
    ['nothing at all', {}],
    ['an empty URL', { jwksUri: '' }],
    ['a function', () => party.issuer.jwks],
  ])('#12 GHSA-8wpc-h4q6-8fxv GHSA-g3jj-5cmm-3hxx: no option yields an issuer without a key: %s', (_, keys) => {
    expect(refusalOf(() => create({}, { keys }))).toMatch(/^ERR_CONFIG_/)
  })

  const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  it.each<readonly [string, unknown]>([
    ['a PEM', pair.publicKey.export({ format: 'pem', type: 'spki' })],
    ['a secret', 'secret'],
    ['bytes', Buffer.from('secret')],
    ['a KeyObject', pair.publicKey],
    ['an object that says it is text', { toString: () => 'secret' }],
    ['an object that says it is a key', { type: 'secret', export: () => Buffer.from('secret') }],
    ['a list of nothing', []],
  ])(
    '#3 CVE-2022-23529 #9 CVE-2023-48223: keys are JWKs, and nothing is guessed from text, bytes or objects: %s',
    (_, key) => {
      expect(refusalOf(() => create({}, { keys: key }))).toMatch(/^ERR_CONFIG_/)
      expect(refusalOf(() => create({}, { keys: { jwks: key } }))).toMatch(/^ERR_CONFIG_/)
      expect(refusalOf(() => create({}, { keys: { jwks: { keys: [key] } } }))).toMatch(/^ERR_CONFIG_/)
    },
  )

  it.each<unknown>([
    undefined,
    null,
    '',
    [],
    [''],
    [undefined],
    {},
    true,
    1,
    { claim: [], oneOf: ['x'] },
    { claim: ['x'], oneOf: [] },
    { claim: ['x'] },
  ])('#19 CVE-2025-62610 C3: an audience is demanded, and is never empty: %j', (audience) => {
    expect(refusalOf(() => create({ audience }))).toMatch(/^ERR_CONFIG_/)
    if (audience !== undefined) expect(refusalOf(() => create({}, { audience }))).toMatch(/^ERR_CONFIG_/)
  })

  it.each<unknown>([
    undefined,
    null,
    '',
    [],
    [''],
    [null],
    [{}],
    [{ issuer: '' }],
    [{ issuer: null }],
    [{ issuer: ['x'] }],
    '*',
    {},
    [/.*/],
    [ISSUER, ISSUER],
  ])('#22 CVE-2026-22748 C2: issuers are demanded, each by its exact name: %j', (issuers) => {
    expect(refusalOf(() => create({ issuers }))).toMatch(/^ERR_CONFIG_/)
  })

  const numbers: readonly unknown[] = [
    Number.NaN,
    Infinity,
    -Infinity,
    -1,
    '5',
    '',
    null,
    {},
    [5],
    true,
    10n,
    new Date(0),
  ]
  it.each(['clockToleranceSeconds', 'maxTokenAgeSeconds', 'maxTokenLifetimeSeconds'])(
    '#17 fast-jwt 639: %s is no NaN, no infinity, no negative number and no text',
    (option) => {
      for (const value of numbers)
        expect([value, refusalOf(() => create({ [option]: value }))]).toEqual([value, 'ERR_CONFIG_INVALID'])
    },
  )

  it.each([
    ['limits', ['tokenBytes', 'headerBytes', 'jsonDepth', 'jsonMembers']],
    ['keyCache', ['minAgeMs', 'defaultAgeMs', 'maxAgeMs', 'cooldownMs', 'maxStaleMs']],
    ['network', ['timeoutMs', 'maxBytes']],
    ['tokenCache', ['maxEntries']],
  ] as const)('#17 fast-jwt 639: no number of %s is, either', (group, names) => {
    for (const name of names) {
      for (const value of numbers) {
        expect([name, value, refusalOf(() => create({ [group]: { [name]: value } }))]).toEqual([
          name,
          value,
          'ERR_CONFIG_INVALID',
        ])
      }
    }
  })

  it.each([
    'verify',
    'ignoreExpiration',
    'ignoreNotBefore',
    'complete',
    'insecure',
    'allowInvalid',
    'skipVerification',
    'credentialsRequired',
    'secret',
    'key',
    'publicKey',
    'observe',
    'dangerouslyAllowNone',
  ])('A1: there is no option %s: an unknown name is an error, not silence', (name) => {
    expect(refusalOf(() => create({ [name]: true }))).toBe('ERR_CONFIG_UNKNOWN')
    expect(refusalOf(() => create({}, { [name]: true }))).toBe('ERR_CONFIG_UNKNOWN')
  })

  it('A1: audit is who records, and never a way of looking on while something passes', () => {
    for (const value of [true, 'observe', {}, () => {}])
      expect(refusalOf(() => create({ audit: value }))).toBe('ERR_CONFIG_INVALID')
    expect(refusalOf(() => create({}, { audit: true }))).toBe('ERR_CONFIG_UNKNOWN')
  })
})
