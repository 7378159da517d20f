import { generateKeyPairSync, hash, sign } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { createVerifier, memoryReplayStore, toAuthRequest } from '@countersign/core'
import type { AuthRequest, Verifier, VerifierOptions } from '@countersign/core'
import { AUDIENCE, claims, encode, ISSUER, NOW_SECONDS } from '../conformance/party.js'

/** A request that costs as much as a request can, and the API that it costs most. */
export interface WorstRequest {
  readonly name: string
  readonly create: () => Verifier
  /** Whether what it costs is paid once for each API, so that each run needs a new one. */
  readonly first?: true
  readonly request: (verifier: Verifier) => AuthRequest
}

/** What Node takes in its header fields together. */
const HEADER_LIMIT = 16_384

const runtime = { now: () => NOW_SECONDS * 1_000, monotonicNow: () => 5_000 }

interface Pair {
  readonly jwk: JsonWebKey
  readonly privateKey: KeyObject
}

function makePair(namedCurve: string): Pair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
  return { jwk: publicKey.export({ format: 'jwk' }), privateKey }
}

const p256 = makePair('P-256')
const p521 = Array.from({ length: 100 }, () => makePair('P-521').jwk)
/** As long as a modulus may be, under the exponent that costs most. It has no other half: no signature need hold to be tried. */
const rsa: JsonWebKey = { kty: 'RSA', n: encode(Buffer.alloc(1_024, 0xff)), e: '_____w' }

function signWith(key: KeyObject, header: object, payload: object | string): string {
  const input = `${encode({ typ: 'at+jwt', ...header })}.${encode(payload)}`
  return `${input}.${encode(sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }))}`
}

const own = (payload: object | string): string => signWith(p256.privateKey, { alg: 'ES256', kid: 'own' }, payload)

function unsigned(alg: string, bytes: number): string {
  return `${encode({ alg, typ: 'at+jwt' })}.${encode(claims())}.${encode(Buffer.alloc(bytes, 1))}`
}

function create(keys: readonly JsonWebKey[], options: Partial<VerifierOptions> = {}): Verifier {
  const issuers = [{ issuer: ISSUER, keys: { jwks: { keys: keys.map((jwk) => ({ ...jwk })) } } }]
  return createVerifier({ audience: AUDIENCE, issuers, runtime, ...options })
}

const ownKeys = [{ ...p256.jwk, kid: 'own' }]

function withText(prefix: string, unit: string, suffix: string): string {
  const room = 6_000 - prefix.length - suffix.length
  return prefix + unit.repeat(Math.floor(room / unit.length)) + suffix
}

const rest = JSON.stringify(claims()).slice(1)

/** Payloads of six thousand bytes, which is what fits into a token, each signed by a trusted issuer. */
const PAYLOADS: Readonly<Record<string, string>> = {
  'empty objects': withText('{"x":[', '{},', `{}],${rest}`),
  'empty lists': withText('{"x":[', '[],', `[]],${rest}`),
  numbers: withText('{"x":[', '0,', `0],${rest}`),
  'numbers of many digits': withText('{"x":[', '1.7976931348623157e308,', `0],${rest}`),
  'empty texts': withText('{"x":[', '"",', `""],${rest}`),
  escapes: withText('{"x":"', '\\u0041', `",${rest}`),
  'surrogate pairs': withText('{"x":"', '\\ud83d\\ude00', `",${rest}`),
  backslashes: withText('{"x":"', '\\\\', `",${rest}`),
  'escaped quotes': withText('{"x":"', '\\"', `",${rest}`),
  scopes: withText('{"scope":"', 'a ', `",${rest}`),
  roles: withText('{"roles":[', '"a",', `"a"],${rest}`),
  'audiences that are nearly ours': withText(
    '{"aud":[',
    `"${AUDIENCE}/",`,
    `"x"],${rest.replace(/"aud":"[^"]*",/, '')}`,
  ),
  members: JSON.stringify({
    ...claims(),
    ...Object.fromEntries(Array.from({ length: 240 }, (_, at) => [`member${at}`, 'x'.repeat(8)])),
  }),
  depth: JSON.stringify({ ...claims(), x: JSON.parse('['.repeat(14) + ']'.repeat(14)) as unknown }),
}

function bearer(token: string): (verifier: Verifier) => AuthRequest {
  return (verifier) =>
    verifier.toAuthRequest({ method: 'GET', url: '/', headers: {}, rawHeaders: ['Authorization', `Bearer ${token}`] })
}

/** A token bound to the costliest key there is, and a proof that brings that key. */
function toBoundRequest(target: string): (verifier: Verifier) => AuthRequest {
  const jkt = hash('sha256', JSON.stringify({ e: rsa.e, kty: 'RSA', n: rsa.n }), 'base64url')
  const token = own({ ...claims(), cnf: { jkt } })
  const header = { alg: 'PS512', typ: 'dpop+jwt', jwk: { kty: 'RSA', n: rsa.n, e: rsa.e } }
  const payload = { jti: 'x', htm: 'GET', htu: `${AUDIENCE}${target}`.slice(0, 2_000), iat: NOW_SECONDS }
  const proof = `${encode(header)}.${encode(payload)}.${encode(Buffer.alloc(1_024, 1))}`
  return (verifier) =>
    verifier.toAuthRequest({
      method: 'GET',
      url: target,
      headers: {},
      rawHeaders: ['Authorization', `DPoP ${token}`, 'DPoP', proof],
    })
}

const bound: Partial<VerifierOptions> = {
  dpop: { mode: 'allowed' },
  replayStore: memoryReplayStore(),
  publicUrl: AUDIENCE,
}

const manyAudiences = Array.from({ length: 32 }, (_, at) => `https://api-${at}.example.com`)

const manyIssuers = Array.from({ length: 10_000 }, (_, at) => `https://tenant-${at}.example.com`)

const templates = Array.from({ length: 50 }, (_, at) => ({
  issuer: `https://login.example/{a}/x${at}/{b}`,
  keys: { jwks: { keys: ownKeys } },
}))

const longName = `https://login.example/${'a-'.repeat(32)}/${'x'.repeat(1_900)}`

/** The costliest requests that we could think of, all within the limit that Node sets for header fields. */
export const worstRequests: readonly WorstRequest[] = [
  ...Object.entries(PAYLOADS).map(([name, payload]) => ({
    name: `a signed token of ${name}`,
    create: () => create(ownKeys, { audience: name.startsWith('audiences') ? manyAudiences : AUDIENCE }),
    request: bearer(own(payload)),
  })),
  {
    name: 'a token without kid, where four RSA keys of 8,192 bits may have signed it, the first of them',
    first: true,
    create: () => create(Array.from({ length: 4 }, () => rsa)),
    request: bearer(unsigned('PS512', 1_024)),
  },
  {
    name: 'a token without kid, where four P-521 keys may have signed it, the first of them',
    first: true,
    create: () => create(p521.slice(0, 4)),
    request: bearer(unsigned('ES512', 132)),
  },
  {
    name: 'a token without kid, where a hundred P-521 keys may have signed it',
    first: true,
    create: () => create(p521),
    request: bearer(unsigned('ES512', 132)),
  },
  {
    name: 'a proof by an RSA key of 8,192 bits',
    first: true,
    create: () => create(ownKeys, bound),
    request: toBoundRequest('/orders'),
  },
  {
    name: 'a proof for a target of dots that climb',
    create: () => create(ownKeys, bound),
    request: toBoundRequest('/..'.repeat(1_900)),
  },
  {
    name: 'a proof for a target of escapes',
    create: () => create(ownKeys, bound),
    request: toBoundRequest(`/${'%41'.repeat(1_900)}`),
  },
  {
    name: 'nine hundred fields before the token',
    create: () => create(ownKeys),
    request: () =>
      toAuthRequest({
        method: 'GET',
        url: '/',
        headers: {},
        rawHeaders: [
          ...Array.from({ length: 900 }, () => ['Authorizatiom', 'x']).flat(),
          'Authorization',
          `Bearer ${own(claims())}`,
        ],
      }),
  },
  ...['A', '.', '=', ' ', 'A.', ',', '"', '\t'].map((unit) => ({
    name: `a field of nothing but ${JSON.stringify(unit)}`,
    create: () => create(ownKeys),
    request: bearer(unit.repeat(Math.floor((HEADER_LIMIT - 100) / unit.length))),
  })),
  {
    name: 'an unknown issuer beside ten thousand others',
    create: () => createVerifier({ audience: AUDIENCE, issuers: manyIssuers, runtime }),
    request: bearer(own({ ...claims(), iss: `https://tenant-${'x'.repeat(1_900)}.example.com` })),
  },
  {
    name: 'an issuer that fifty templates nearly match',
    create: () => createVerifier({ audience: AUDIENCE, issuers: templates, runtime }),
    request: bearer(own({ ...claims(), iss: longName })),
  },
]
