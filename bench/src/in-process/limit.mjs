// The least that a signature can cost: everything but OpenSSL is done beforehand.
import { constants, verify } from 'node:crypto'

/** @import { Algorithm, World } from '../types.js' */

/**
 * Bare `crypto.verify`, with a ready key, bytes that are cut out already and for ECDSA the signature in DER.
 * @param {World} world
 * @param {Algorithm} algorithm
 * @param {readonly string[]} tokens
 * @returns {(index: number) => void}
 */
export function toLimit(world, algorithm, tokens) {
  const key = world.issuer.keys.find(({ alg }) => alg === algorithm)?.publicKey
  if (key === undefined) throw new Error(`The issuer has no key for ${algorithm}`)
  const parts = tokens.map((token) => {
    const dot = token.lastIndexOf('.')
    const signature = Buffer.from(token.slice(dot + 1), 'base64url')
    return { data: Buffer.from(token.slice(0, dot)), signature: algorithm === 'ES256' ? toDer(signature) : signature }
  })
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const verifier = algorithm === 'PS256' ? pss : key
  return (index) => {
    const part = parts[index % parts.length]
    if (part === undefined || !verify(hash, part.data, verifier, part.signature))
      throw new Error('A good signature failed')
  }
}

/** @param {Buffer} signature R and S, 32 bytes each */
function toDer(signature) {
  const integers = [signature.subarray(0, 32), signature.subarray(32)].map((bytes) => {
    let start = 0
    while (start < 31 && bytes[start] === 0) start++
    const digits = bytes.subarray(start)
    const positive = (digits[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), digits]) : digits
    return Buffer.concat([Buffer.of(0x02, positive.length), positive])
  })
  const body = Buffer.concat(integers)
  return Buffer.concat([Buffer.of(0x30, body.length), body])
}
