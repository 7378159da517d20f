import { generateKeyPairSync, privateEncrypt, constants, createHash } from 'node:crypto'
import { createTestKey } from '@countersign/testing'
import type { TestIssuer } from '@countersign/testing'

/** A key that stands in a set and must not be used, and what whoever knows why would sign with it. */
export interface UnsoundKey {
  readonly kid: string
  readonly alg: string
  readonly why: string
  sign(signingInput: string): Promise<Uint8Array> | Uint8Array
}

/** The points of small order in each encoding, canonical or not: RFC 8032 section 5.1.7, and what lenient readers take for them. */
export const SMALL_ORDER_POINTS: readonly string[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]

/** Puts them beside the issuer's good key. */
export async function publishUnsoundKeys(issuer: TestIssuer): Promise<readonly UnsoundKey[]> {
  const found: UnsoundKey[] = []
  const publish = (jwk: object, key: UnsoundKey): void => {
    issuer.publish({ kid: key.kid, ...jwk })
    found.push(key)
  }

  const short = await createTestKey('RS256', { modulusLength: 1_024, kid: 'short' })
  publish(short.publicJwk, { kid: 'short', alg: 'RS256', why: '1,024 bits', sign: (input) => encrypt(short, input) })

  const sound = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' })
  for (const [kid, e, why] of [
    ['one', 'AQ', 'an exponent of 1, under which the padded hash is its own signature'],
    ['even', 'Ag', 'an even exponent'],
    ['long', 'AQAAAAE', 'an exponent over 2^32'],
  ] as const) {
    publish({ ...sound, e }, { kid, alg: 'RS256', why, sign: (input) => padHash(input, 256) })
  }
  publish({ kty: 'RSA', n: 'AQAB', e: 'AQAB' }, { kid: 'tiny', alg: 'RS256', why: '17 bits', sign: () => zeros(3) })

  SMALL_ORDER_POINTS.forEach((point, index) => {
    const kid = `small-${index}`
    const x = Buffer.from(point, 'hex').toString('base64url')
    // With the neutral element as key, R = the same and S = 0 hold for every message.
    const sign = (): Uint8Array => Buffer.concat([Buffer.from(point, 'hex'), zeros(32)])
    publish({ kty: 'OKP', crv: 'Ed25519', x }, { kid, alg: 'EdDSA', why: `the point ${point.slice(0, 4)}…`, sign })
  })

  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const zero = zeros(32).toString('base64url')
  for (const [kid, change, why] of [
    ['off', { y: p256.x }, 'a point off its curve'],
    ['infinity', { x: zero, y: zero }, 'the point at infinity as zeros'],
    ['foreign', { crv: 'secp256k1' }, 'a point of one curve under the name of another'],
    ['cut', { x: zeros(31).toString('base64url') }, 'a coordinate that is too short'],
    ['swapped', { kty: 'RSA' }, 'a point that says it is a modulus'],
  ] as const) {
    publish({ ...p256, ...change }, { kid, alg: 'ES256', why, sign: () => Buffer.alloc(64, 1) })
  }

  const owned = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  publish(owned.export({ format: 'jwk' }), {
    kid: 'private',
    alg: 'ES256',
    why: 'a private key for everybody to read',
    sign: async (input) => bytesOf(await issuer.signEncoded(input, { alg: 'ES256', key: owned })),
  })
  publish(
    { kty: 'oct', k: Buffer.from('a shared secret that everybody can read').toString('base64url') },
    { kid: 'oct', alg: 'ES256', why: 'A10: a symmetric key', sign: () => Buffer.alloc(64, 1) },
  )
  return found
}

function bytesOf(token: string): Uint8Array {
  return Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')
}

function encrypt({ privateKey }: Awaited<ReturnType<typeof createTestKey>>, input: string): Uint8Array {
  return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, padHash(input, 128))
}

/** EMSA-PKCS1-v1_5 with SHA-256, RFC 8017 section 9.2: what an RSA signature is before the private key comes in. */
function padHash(input: string, bytes: number): Buffer {
  const info = Buffer.from('3031300d060960864801650304020105000420', 'hex')
  const hashed = Buffer.concat([info, createHash('sha256').update(input).digest()])
  const padding = Buffer.alloc(bytes - hashed.length - 3, 0xff)
  return Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), hashed])
}

function zeros(length: number): Buffer {
  return Buffer.alloc(length)
}
