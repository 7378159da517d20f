import { constants, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Signer, SigningAlgorithm } from '../keys/signing-keys.js'
import type { TokenForm } from './forms.js'

/** Signs synchronously on this thread: a thread hop costs more than an ES256 signature. RFC 7518 section 3, RFC 8037, RFC 9864. */
const SIGN: Readonly<Record<SigningAlgorithm, (data: Buffer, key: KeyObject) => Buffer>> = {
  ES256: (data, key) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
  ES384: (data, key) => sign('sha384', data, { key, dsaEncoding: 'ieee-p1363' }),
  Ed25519: (data, key) => sign(null, data, key),
  RS256: (data, key) => sign('sha256', data, key),
  PS256: (data, key) =>
    sign('sha256', data, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
}

/** Makes a compact JWS of a payload. RFC 7515 section 3.1. */
export function signToken(type: TokenForm['type'], payload: object, { kid, algorithm, privateKey }: Signer): string {
  const input = `${encode({ alg: algorithm, typ: type, kid })}.${encode(payload)}`
  return `${input}.${SIGN[algorithm](Buffer.from(input), privateKey).toString('base64url')}`
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
