import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/create-verifier.js'
import { ConfigurationError } from '../../src/errors.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { AUDIENCE, ISSUER, key, toOptions } from '../parts.js'
import { errorOf, reasonOf } from '../refusals.js'

const KEYS = { jwks: { keys: [key.publicJwk] } }

/** The ordinary options with one of them replaced, by a path as messages write it. */
function withOption(path: string, value: unknown): unknown {
  const options = structuredClone({ audience: AUDIENCE, issuers: [{ issuer: ISSUER, keys: KEYS }] }) as object
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '')
  let target = options as Record<string, unknown>
  for (const step of steps.slice(0, -1)) {
    if (typeof target[step] !== 'object') target[step] = {}
    target = target[step] as Record<string, unknown>
  }
  target[steps.at(-1) ?? ''] = value
  return options
}

const NO_NUMBERS = ['5', '', null, true, {}, [], [5], NaN, Infinity, -Infinity, 1n, () => 5]
const NO_STRINGS = [1, true, null, {}, () => 'x', Symbol('x')]
const NO_OBJECTS = ['x', 1, true, null, [], () => ({})]
const NO_FUNCTIONS = ['x', 1, true, null, {}, []]

const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  audience: [...NO_STRINGS, '', [], [''], [1], [AUDIENCE, null], {}, 'x'.repeat(2_049)],
  'audience.claim': ['client_id', 'a.b', [], [''], [1], null, {}],
  audienceMatch: ['ANY', 'all', '', true, null, ['any'], {}],
  issuers: [undefined, null, '', ISSUER, {}, [], 1],
  'issuers[0]': [1, null, [], '', true, 'not a url', 'http://login.example', 'ftp://login.example'],
  'issuers[0].issuer': [...NO_STRINGS, undefined, '', 'x'.repeat(2_049)],
  'issuers[0].keys': ['x', 1, null, [], {}, { jwks: undefined }],
  'issuers[0].keys.jwks': ['{"keys":[]}', 1, null, [], {}, { keys: {} }, { keys: 'x' }, key.publicJwk],
  'issuers[0].keys.jwks.keys': ['x', {}, null, [], 1],
  'issuers[0].keys.jwks.keys[0]': ['x', null, 1, []],
  'issuers[0].audience': [...NO_STRINGS, '', [], ['']],
  'issuers[0].algorithms': [
    'ES256',
    [],
    {},
    null,
    ['none'],
    ['HS256'],
    ['es256'],
    ['ES256K'],
    ['Ed448'],
    ['ES256', 1],
    [undefined],
  ],
  'issuers[0].tokenProfile': ['', 'at+jwt', 'id_token', 'ACCESS-TOKEN', null, true, ['rfc9068']],
  'issuers[0].clientIds': ['web', [], [''], [1], null],
  'issuers[0].requiredClaims': [
    'email',
    [''],
    [1],
    [null],
    [{}],
    [{ claim: ['a'] }],
    [{ claim: 'a', oneOf: ['x'] }],
    [{ claim: ['a'], oneOf: [] }],
  ],
  'issuers[0].acceptedIssuers': ['x', [''], [1], null],
  claims: ['x', 1, null, {}, [], { '~standard': {} }, { '~standard': { validate: true } }, () => true],
  algorithms: ['RS256', [], null, ['none'], ['HS512'], ['RS256', 'rs256'], [['RS256']]],
  clockToleranceSeconds: [...NO_NUMBERS, -1, 60.1, 61],
  maxTokenAgeSeconds: [...NO_NUMBERS, 0, -1, 0.5],
  maxTokenLifetimeSeconds: [...NO_NUMBERS, 0, -1],
  limits: NO_OBJECTS,
  'limits.tokenBytes': [...NO_NUMBERS, 255, 65_537, 1_000.5],
  'limits.headerBytes': [...NO_NUMBERS, 63, 16_385, 100.5],
  'limits.jsonDepth': [...NO_NUMBERS, 1, 65, 2.5, 0],
  'limits.jsonMembers': [...NO_NUMBERS, 7, 4_097, 8.5],
  network: NO_OBJECTS,
  'network.timeoutMs': [...NO_NUMBERS, 0, 60_001],
  'network.maxBytes': [...NO_NUMBERS, 1_023, 16_777_217, 2_000.5],
  'network.allowInsecureLoopback': ['true', 'false', 1, 0, null, {}, ''],
  'network.ca': [1, null, {}, [], '', [''], '/etc/ssl/ca.pem'],
  'network.proxyUrl': [...NO_STRINGS, '', 'proxy.example', 'socks5://proxy.example', '//proxy.example'],
  'network.dangerouslyAllowHttpHosts': ['host', [''], [1], null, ['http://keycloak:8080'], ['keycloak/auth']],
  keyCache: NO_OBJECTS,
  'keyCache.minAgeMs': [...NO_NUMBERS, -1],
  'keyCache.defaultAgeMs': [...NO_NUMBERS, -1],
  'keyCache.maxAgeMs': [...NO_NUMBERS, -1],
  'keyCache.cooldownMs': [...NO_NUMBERS, -1],
  'keyCache.maxStaleMs': [...NO_NUMBERS, -1],
  logger: ['x', 1, true, null, {}, [], { info() {}, warn() {}, error() {} }, { debug: 1, info: 1, warn: 1, error: 1 }],
  realm: [...NO_STRINGS, '', 'a"b', 'a\\b', 'é', 'a\nb', 'a\r\nX: 1', 'a\0', 'x'.repeat(129)],
  runtime: ['x', 1, true, null, () => ({})],
  'runtime.now': NO_FUNCTIONS,
  'runtime.monotonicNow': NO_FUNCTIONS,
  'runtime.fetch': NO_FUNCTIONS,
}

const cases = Object.entries(WRONG).flatMap(([option, values]) => values.map((value) => ({ option, value })))

describe('an option of the wrong kind', () => {
  it.each(cases)('$option of $value is named with what it got, what it wants and the fix', ({ option, value }) => {
    const error = errorOf(() => resolveOptions(withOption(option, value)))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.status).toBe(500)
    expect(['ERR_CONFIG_INVALID', 'ERR_CONFIG_MISSING', 'ERR_CONFIG_UNKNOWN']).toContain(error.reason)
    expect(error.message).toMatch(/^Option "[\w.[\]]+"(: got .+, wants .+\. .+\.| is unknown\. .+[.?])$/u)
    const named = String(error.detail?.['option'])
    expect(error.message).toContain(`"${named}"`)
    expect(named.startsWith(option) || option.startsWith(named), `${named} for ${option}`).toBe(true)
  })

  it('stops createVerifier as well', () => {
    expect(() => createVerifier(withOption('realm', 1) as never)).toThrow(ConfigurationError)
  })
})

describe('the options themselves', () => {
  it.each([undefined, null, 'https://login.acme.example', 1, [], true])('of %o are no options', (options) => {
    const error = errorOf(() => resolveOptions(options))
    expect(error.message).toMatch(/^Option "options": got .+, wants an object\. Pass the options as one object\.$/)
  })

  it('demand an audience and issuers, because neither has a safe default', () => {
    expect(errorOf(() => resolveOptions({})).message).toBe(
      'Option "audience": got nothing, wants the value that tokens name in "aud", a list of such values, or { claim, oneOf }. It has no safe default.',
    )
    expect(errorOf(() => resolveOptions({ audience: AUDIENCE }))).toMatchObject({
      reason: 'ERR_CONFIG_MISSING',
      message: 'Option "issuers": got nothing, wants a list of issuers to trust. It has no safe default.',
    })
  })

  it('say what they got, in words', () => {
    const got = (value: unknown): string | undefined =>
      /got (.*), wants/.exec(errorOf(() => resolveOptions(withOption('clockToleranceSeconds', value))).message)?.[1]
    expect([null, NaN, '5', [], [1], {}, true, () => 1, 1n, 90].map(got)).toEqual([
      'null',
      'NaN',
      '"5"',
      'an empty list',
      'a list',
      'an object',
      'true',
      'a function',
      '1',
      '90',
    ])
    expect(got('x'.repeat(500))?.length).toBeLessThan(90)
  })
})

describe('an unknown option', () => {
  it.each([
    ['audiance', 'audience'],
    ['Audience', 'audience'],
    ['issuer', 'issuers'],
    ['algorithm', 'algorithms'],
    ['alg', undefined],
    ['clockTolerance', 'clockToleranceSeconds'],
    ['maxTokenAge', 'maxTokenAgeSeconds'],
    ['maxAge', undefined],
    ['verifySignature', undefined],
    ['limits.tokenByte', 'tokenBytes'],
    ['network.timeout', 'timeoutMs'],
    ['network.rejectUnauthorized', undefined],
    ['keyCache.maxAge', 'maxAgeMs'],
    ['issuers[0].audiences', 'audience'],
    ['issuers[0].jwksUri', undefined],
    ['issuers[0].keys.jwkUri', undefined],
    ['issuers[0].tokenprofile', 'tokenProfile'],
  ])('%s is refused, with the nearest known name: %s', (option, nearest) => {
    const error = errorOf(() => resolveOptions(withOption(option, 'x')))
    expect(error.reason).toBe('ERR_CONFIG_UNKNOWN')
    expect(error.message).toContain(`Option "${option}" is unknown. `)
    if (nearest !== undefined) expect(error.message).toContain(`Did you mean "${nearest}"?`)
  })

  it('that resembles nothing is answered with the names there are', () => {
    const error = errorOf(() => resolveOptions(withOption('keyCache.zzzzzzzzzz', 1)))
    expect(error.message).toBe(
      'Option "keyCache.zzzzzzzzzz" is unknown. The options there are: minAgeMs, defaultAgeMs, maxAgeMs, cooldownMs, maxStaleMs.',
    )
  })

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])('%s is not known from Object.prototype', (name) => {
    expect(reasonOf(() => resolveOptions(withOption(name, 'x')))).toBe('ERR_CONFIG_UNKNOWN')
  })

  it('__proto__ as an own member is unknown too', () => {
    const options = JSON.parse(
      `{"audience":"a","issuers":["https://a.example"],"__proto__":{"realm":"evil"}}`,
    ) as unknown
    expect(reasonOf(() => resolveOptions(options))).toBe('ERR_CONFIG_UNKNOWN')
  })
})

describe('an option that the object inherits', () => {
  it('is refused, whoever it inherits from: a polluted prototype writes no options', () => {
    const inherited = Object.assign(Object.create({ audienceMatch: 'exact' }) as object, {
      audience: AUDIENCE,
      issuers: [ISSUER],
    })
    expect(errorOf(() => resolveOptions(inherited))).toMatchObject({
      reason: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining(
        'Option "audienceMatch": got "an inherited value", wants a member of its own.',
      ) as string,
    })
    Reflect.defineProperty(Object.prototype, 'dangerouslyTrustRequestHost', { value: true, configurable: true })
    try {
      expect(reasonOf(() => resolveOptions({ audience: AUDIENCE, issuers: [ISSUER] }))).toBe('ERR_CONFIG_INVALID')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'dangerouslyTrustRequestHost')
    }
    expect(reasonOf(() => resolveOptions({ audience: AUDIENCE, issuers: [ISSUER] }))).toBe('accepted')
  })

  it('is absent where it is undefined there, as in any object', () => {
    const inherited = Object.assign(Object.create({ realm: undefined }) as object, {
      audience: AUDIENCE,
      issuers: [ISSUER],
    })
    expect(reasonOf(() => resolveOptions(inherited))).toBe('accepted')
  })
})

describe('what could never work', () => {
  it.each([
    ['network', { ca: '/etc/ssl/ca.pem' }, 'network.ca', "readFileSync(path, 'utf8')"],
    [
      'network',
      { dangerouslyAllowHttpHosts: ['http://keycloak:8080/auth'] },
      'network.dangerouslyAllowHttpHosts[0]',
      '"keycloak:8080"',
    ],
    ['issuers', [{ issuer: ISSUER, grants: { tenants: ['t'] } }], 'issuers[0].mapping.tenant', 'no token would pass'],
    ['publicUrl', 'https://:secret@api.example', 'publicUrl', 'As clients see it'],
  ])('is refused with the fix: %s %j', (name, value, option, fix) => {
    const error = errorOf(() => resolveOptions({ ...toOptions(), [name]: value }))
    expect(error.message).toContain(fix)
    expect(error.message).not.toContain('secret')
    expect(error.detail).toEqual({ option })
  })
})

describe('an empty list where the default is one', () => {
  it('is what it says: nothing', () => {
    const network = { dangerouslyAllowHttpHosts: [] }
    const { issuers, rules } = resolveOptions(toOptions({ requiredClaims: [], acceptedIssuers: [] }, { network }))
    expect(issuers[0]?.rules).toMatchObject({ requiredClaims: [], acceptedIssuers: [ISSUER] })
    expect(rules.network.dangerouslyAllowHttpHosts).toEqual([])
  })
})

describe('a list with a hole in it', () => {
  it.each([
    'issuers',
    'audience',
    'algorithms',
    'publicUrl',
    'issuers[0].requiredClaims',
    'issuers[0].acceptedIssuers',
  ])('is refused as %s: nobody would have read what stands there', (option) => {
    // oxlint-disable-next-line eslint/no-sparse-arrays -- the hole is what is tested
    for (const list of [[,], [, 'https://a.example'], ['https://a.example', ,]]) {
      expect(reasonOf(() => resolveOptions(withOption(option, list)))).toMatch(/^ERR_CONFIG_(MISSING|INVALID)$/)
    }
  })
})

describe('undefined', () => {
  it('counts as absent in every table', () => {
    const { rules } = resolveOptions({
      audience: AUDIENCE,
      audienceMatch: undefined,
      issuers: [
        {
          issuer: ISSUER,
          keys: { jwksUri: `${ISSUER}/jwks`, headers: undefined },
          algorithms: undefined,
          audience: undefined,
        },
      ],
      claims: undefined,
      clockToleranceSeconds: undefined,
      limits: { tokenBytes: undefined },
      network: { ca: undefined, timeoutMs: undefined },
      keyCache: undefined,
      logger: undefined,
      realm: undefined,
      runtime: { now: undefined, fetch: undefined },
    })
    expect(rules).toMatchObject({ realm: 'api', clockToleranceSeconds: 5, limits: { tokenBytes: 8_192 } })
    expect(rules.network.timeoutMs).toBe(3_000)
  })

  it('counts as absent among the forms of keys', () => {
    for (const keys of [
      { jwks: undefined, jwksUri: `${ISSUER}/jwks` },
      { jwks: undefined, jwksUri: undefined, headers: undefined, discoveryUrl: `${ISSUER}/x` },
      { ...KEYS, jwksUri: undefined },
    ]) {
      expect(reasonOf(() => resolveOptions(withOption('issuers[0].keys', keys)))).toBe('accepted')
    }
  })
})

describe('bounds', () => {
  it.each([
    ['clockToleranceSeconds', 0],
    ['clockToleranceSeconds', 60],
    ['maxTokenAgeSeconds', 1],
    ['maxTokenAgeSeconds', 1e9],
    ['limits.tokenBytes', 256],
    ['limits.tokenBytes', 65_536],
    ['limits.headerBytes', 64],
    ['limits.headerBytes', 16_384],
    ['limits.jsonDepth', 2],
    ['limits.jsonDepth', 64],
    ['limits.jsonMembers', 8],
    ['limits.jsonMembers', 4_096],
    ['network.timeoutMs', 1],
    ['network.timeoutMs', 60_000],
    ['network.maxBytes', 1_024],
    ['network.maxBytes', 16_777_216],
    ['keyCache.cooldownMs', 0],
    ['keyCache.maxStaleMs', 0],
    ['keyCache.minAgeMs', 0],
    ['keyCache.maxAgeMs', 1e9],
    ['realm', 'x'.repeat(128)],
    ['realm', "Orders (v2), it's ours!"],
  ])('%s may be %s', (option, value) => {
    expect(reasonOf(() => resolveOptions(withOption(option, value)))).toBe('accepted')
  })
})

describe('secrets', () => {
  const SECRET = 'hunter2hunter2'

  it.each([
    ['network.proxyUrl', `http//user:${SECRET}@proxy.example`],
    ['network.proxyUrl', `socks5://user:${SECRET}@proxy.example`],
    ['network.proxyUrl', `user:${SECRET}@proxy.example:3128`],
    ['network.proxyUrl', `http://user:${SECRET}@proxy.example/${'x'.repeat(2_048)}`],
    ['issuers[0].keys', { jwksUri: `https://user:${SECRET}@login.example/jwks` }],
    ['issuers[0].keys', { jwksUri: `https://user:${SECRET}/x@login.example/jwks` }],
    ['issuers[0].keys', { jwksUri: `user:${SECRET}@login.example` }],
    ['issuers[0].keys', { jwksUri: `http://login.example/jwks?key=${SECRET}` }],
    ['issuers[0].keys', { discoveryUrl: `http://login.example/d?key=${SECRET}` }],
    ['issuers[0].keys', { jwksUri: `${ISSUER}/jwks`, headers: `Bearer ${SECRET}` }],
    ['issuers[0].keys', { jwksUri: `${ISSUER}/jwks`, headers: [`Bearer ${SECRET}`] }],
    ['issuers[0].keys', { jwksUri: `${ISSUER}/jwks`, headers: { authorization: `Bearer ${SECRET}\n` } }],
    ['issuers[0].keys', { jwksUri: `${ISSUER}/jwks`, headers: { authorization: [SECRET] } }],
    ['issuers[0].keys', { jwksUri: `${ISSUER}/jwks`, headers: { 'a b': SECRET } }],
    ['issuers[0].keys', { jwks: `{"keys":[{"kty":"oct","k":"${SECRET}"}]}` }],
    ['issuers[0].keys', { jwks: { keys: `[{"k":"${SECRET}"}]` } }],
    ['issuers[0].keys', { jwks: { keys: [`{"k":"${SECRET}"}`] } }],
    ['issuers[0].keys', { jwks: { kty: 'oct', k: SECRET } }],
    ['issuers[0].keys', `-----BEGIN PRIVATE KEY-----\n${SECRET}`],
    ['issuers[0].keys', { jwks: { keys: [{ kty: 'oct', k: SECRET }] } }],
    ['issuers[0].keys', { jwks: { keys: [{ ...key.publicJwk, d: SECRET }] } }],
    ['logger', { password: SECRET }],
    ['runtime', SECRET.length > 0 ? { now: { password: SECRET } } : {}],
  ])('never stand in a message about %s', (option, value) => {
    const error = errorOf(() => createVerifier(withOption(option, value) as never))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).not.toContain(SECRET)
    expect(JSON.stringify([error.detail, error])).not.toContain(SECRET)
  })
})

describe('the issuers', () => {
  it('may not share a name, canonical or accepted', () => {
    const other = { issuer: 'https://b.example', keys: KEYS }
    for (const issuers of [
      [{ issuer: ISSUER, keys: KEYS }, ISSUER],
      [{ issuer: ISSUER, keys: KEYS, acceptedIssuers: ['https://b.example'] }, other],
      [
        { issuer: ISSUER, keys: KEYS, acceptedIssuers: ['x'] },
        { ...other, acceptedIssuers: ['x'] },
      ],
      [{ issuer: ISSUER, keys: KEYS, acceptedIssuers: [ISSUER] }],
      [
        { issuer: 'https://login.example/{tid}/v2.0', keys: KEYS },
        { issuer: 'https://login.example/{tenant}/v2.0', keys: KEYS },
      ],
    ]) {
      const error = errorOf(() => resolveOptions({ audience: AUDIENCE, issuers }))
      expect(error.message).toMatch(/^Option "issuers\[\d\]": got ".+", wants a name that no other entry has\./)
    }
  })

  it('are told apart by a trailing slash or a case, as the strings that they are', () => {
    const issuers = [ISSUER, `${ISSUER}/`, 'https://LOGIN.acme.example'].map((issuer) => ({ issuer, keys: KEYS }))
    expect(resolveOptions({ audience: AUDIENCE, issuers }).issuers.map(({ rules }) => rules.issuer)).toEqual([
      ISSUER,
      `${ISSUER}/`,
      'https://LOGIN.acme.example',
    ])
  })

  it('may be any string where their keys are given', () => {
    for (const issuer of ['acme', 'urn:example:issuer', 'http://old.example', ' https://odd.example']) {
      expect(reasonOf(() => resolveOptions(toOptions({ issuer })))).toBe('accepted')
    }
  })

  it.each([
    'http://login.example',
    'https://user@login.example',
    'https://user:pass@login.example',
    'https://login.example/#f',
    'https://login.example?tenant=1',
    'login.example',
    '//login.example',
    'https:/login.example\\evil',
    'https://login.example/\n',
    'ftp://login.example',
    'file:///etc/passwd',
  ])('cannot be discovered from %j', (issuer) => {
    expect(reasonOf(() => resolveOptions({ audience: AUDIENCE, issuers: [issuer] }))).toBe('ERR_CONFIG_INVALID')
    expect(reasonOf(() => resolveOptions({ audience: AUDIENCE, issuers: [{ issuer }] }))).toBe('ERR_CONFIG_INVALID')
  })

  it('may be reached over plain http only where the configuration takes that risk by name', () => {
    const judge = (url: string, network: object): string =>
      reasonOf(() => resolveOptions({ audience: AUDIENCE, issuers: [url], network }))
    for (const url of ['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000']) {
      expect(judge(url, {})).toBe('ERR_CONFIG_INVALID')
      expect(judge(url, { allowInsecureLoopback: true })).toBe('accepted')
    }
    expect(judge('http://kc:8080', { allowInsecureLoopback: true })).toBe('ERR_CONFIG_INVALID')
    expect(judge('http://kc:8080', { dangerouslyAllowHttpHosts: ['kc:8080'] })).toBe('accepted')
    expect(judge('http://kc:9090', { dangerouslyAllowHttpHosts: ['kc:8080'] })).toBe('ERR_CONFIG_INVALID')
    expect(judge('http://kc.evil.example:8080', { dangerouslyAllowHttpHosts: ['kc:8080'] })).toBe('ERR_CONFIG_INVALID')
  })

  it('take clientIds with the profile id-token alone, which demands them', () => {
    const judge = (issuer: object): string => reasonOf(() => resolveOptions(toOptions(issuer)))
    expect(judge({ tokenProfile: 'id-token', clientIds: ['web'] })).toBe('accepted')
    expect(judge({ tokenProfile: 'id-token' })).toBe('ERR_CONFIG_MISSING')
    expect(judge({ clientIds: ['web'] })).toBe('ERR_CONFIG_INVALID')
    expect(judge({ tokenProfile: 'rfc9068', clientIds: ['web'] })).toBe('ERR_CONFIG_INVALID')
  })

  it('take one form of keys, not two', () => {
    const judge = (keys: object): string => reasonOf(() => resolveOptions(toOptions({ keys } as never)))
    expect(judge({ ...KEYS, jwksUri: `${ISSUER}/jwks` })).toBe('ERR_CONFIG_UNKNOWN')
    expect(judge({ jwksUri: `${ISSUER}/jwks`, discoveryUrl: `${ISSUER}/d` })).toBe('ERR_CONFIG_UNKNOWN')
    expect(judge({ ...KEYS, headers: { a: 'b' } })).toBe('ERR_CONFIG_UNKNOWN')
  })

  it('whose given keys cannot verify anything stop the start', () => {
    const none = { keys: [{ kty: 'oct', k: 'AAAA' }] }
    expect(reasonOf(() => createVerifier(toOptions({ keys: { jwks: none } })))).toBe('ERR_CONFIG_INVALID')
  })
})

describe('the rest', () => {
  it('wants the ages of keys in order', () => {
    const judge = (keyCache: object): string => reasonOf(() => resolveOptions(withOption('keyCache', keyCache)))
    expect(judge({ minAgeMs: 1, defaultAgeMs: 1, maxAgeMs: 1 })).toBe('accepted')
    expect(judge({ minAgeMs: 0, defaultAgeMs: 0, maxAgeMs: 0, cooldownMs: 0, maxStaleMs: 0 })).toBe('accepted')
    expect(judge({ minAgeMs: 400_000 })).toBe('ERR_CONFIG_INVALID')
    expect(judge({ maxAgeMs: 1_000 })).toBe('ERR_CONFIG_INVALID')
    expect(judge({ defaultAgeMs: 1 })).toBe('ERR_CONFIG_INVALID')
  })

  it('offers none, HMAC and the curves that are left out to nobody', () => {
    for (const name of ['none', 'HS256', 'HS384', 'HS512', 'ES256K', 'Ed448', 'RSA-OAEP']) {
      for (const option of ['algorithms', 'issuers[0].algorithms']) {
        const { message } = errorOf(() => resolveOptions(withOption(option, [name])))
        expect(message).toContain('HMAC and "none" do not exist here')
      }
    }
  })

  it("lets an issuer's algorithms win over the verifier's", () => {
    const { issuers } = resolveOptions({
      audience: AUDIENCE,
      algorithms: ['RS256'],
      issuers: [
        { issuer: 'a', keys: KEYS, algorithms: ['ES256'] },
        { issuer: 'b', keys: KEYS },
      ],
    })
    expect(issuers.map(({ rules }) => [...rules.algorithms])).toEqual([['ES256'], ['RS256']])
  })

  it('is read once: what happens to the options afterwards changes nothing', () => {
    const options = {
      audience: [AUDIENCE],
      issuers: [{ issuer: ISSUER, keys: KEYS, requiredClaims: ['email'] }],
      limits: { jsonDepth: 5 },
    }
    const { rules, issuers } = resolveOptions(options)
    options.audience.push('https://evil.example')
    options.issuers[0]?.requiredClaims.pop()
    options.limits.jsonDepth = 64
    expect(issuers[0]?.rules.audience.values).toEqual([AUDIENCE])
    expect(issuers[0]?.rules.requiredClaims).toEqual([{ path: ['email'], oneOf: undefined }])
    expect(rules.limits.jsonDepth).toBe(5)
    for (const held of [rules, rules.limits, rules.network, rules.keyCache, rules.runtime, issuers[0]?.rules]) {
      expect(Object.isFrozen(held)).toBe(true)
    }
  })

  it('keeps the methods of a runtime and of a logger on their objects', () => {
    class Clock {
      #at = 7
      now(): number {
        return this.#at
      }
    }
    class Lines {
      readonly said: string[] = []
      debug = (message: string): void => void this.said.push(message)
      info(message: string): void {
        this.said.push(message)
      }
      warn = this.debug
      error = this.debug
    }
    const logger = new Lines()
    const { rules } = resolveOptions({ ...toOptions(), runtime: new Clock(), logger })
    expect(rules.runtime.now()).toBe(7)
    rules.logger.info('one')
    expect(logger.said).toEqual(['one'])
  })
})
