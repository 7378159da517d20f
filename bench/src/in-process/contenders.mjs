// Who verifies a token in this process, each set up as its own documentation says.
import { createVerifier } from '@countersign/core'
import { JwtVerifier } from 'aws-jwt-verify'
import { createVerifier as createFastVerifier } from 'fast-jwt'
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { toLimit } from './limit.mjs'

/** @import { Algorithm, World } from '../types.js' */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {boolean} isAsync
 * @property {readonly Algorithm[]} [only] the algorithms it has, where it lacks one
 * @property {(world: World, algorithm: Algorithm, tokens: readonly string[]) => (index: number) => unknown} create
 */

/** @type {Contender} */
export const limit = { name: 'crypto.verify', isAsync: false, create: toLimit }

/** @type {Contender} */
export const countersign = { name: 'countersign', isAsync: true, create: createCountersign({}) }

/** @type {Contender} */
export const countersignUncached = {
  name: 'countersign, no token cache',
  isAsync: true,
  create: createCountersign({ tokenCache: false }),
}

/** @type {readonly Contender[]} */
export const peers = [
  {
    name: 'jose, local set',
    isAsync: true,
    create: (world, algorithm, tokens) => {
      const keys = createLocalJWKSet(world.issuer.jwks)
      const options = toJoseOptions(world, algorithm)
      return (index) => jwtVerify(at(tokens, index), keys, options)
    },
  },
  {
    name: 'jose, remote set',
    isAsync: true,
    create: (world, algorithm, tokens) => {
      const keys = createRemoteJWKSet(new URL(world.issuer.jwksUri), { cacheMaxAge: 86_400_000 })
      const options = toJoseOptions(world, algorithm)
      return (index) => jwtVerify(at(tokens, index), keys, options)
    },
  },
  { name: 'fast-jwt, cache', isAsync: false, create: createFastJwt(true) },
  { name: 'fast-jwt, no cache', isAsync: false, create: createFastJwt(false) },
  {
    name: 'jsonwebtoken',
    isAsync: false,
    only: ['RS256', 'PS256', 'ES256'],
    create: (world, algorithm, tokens) => {
      const key = findKey(world, algorithm).publicKey
      const { audience } = world
      const { issuer } = world.issuer
      const algorithms = [/** @type {'RS256' | 'PS256' | 'ES256'} */ (algorithm)]
      return (index) => jsonwebtoken.verify(at(tokens, index), key, { algorithms, audience, issuer })
    },
  },
  {
    name: 'aws-jwt-verify',
    isAsync: false,
    only: ['RS256', 'ES256', 'EdDSA'],
    create: (world, _algorithm, tokens) => {
      const { issuer, jwksUri } = world.issuer
      // The address must be https; it is never asked, because the set is put in.
      const verifier = JwtVerifier.create({
        issuer,
        audience: world.audience,
        jwksUri: jwksUri.replace('http:', 'https:'),
      })
      verifier.cacheJwks(JSON.parse(JSON.stringify(world.issuer.jwks)))
      return (index) => verifier.verifySync(at(tokens, index))
    },
  },
]

/**
 * Checks that a contender accepts good tokens and refuses one whose signature was touched: what costs nothing because it
 * does nothing must not be measured.
 * @param {Contender} contender
 * @param {World} world
 * @param {Algorithm} algorithm
 * @param {readonly string[]} tokens
 */
export async function checkContender(contender, world, algorithm, tokens) {
  const [good = ''] = tokens
  const [header = '', , signature] = good.split('.')
  const otherPayload = tokens[1]?.split('.')[1]
  const bad = [header, otherPayload, signature].join('.')
  const work = contender.create(world, algorithm, [good, bad])
  await work(0)
  const accepted = await Promise.resolve()
    .then(() => work(1))
    .then(() => true)
    .catch(() => false)
  if (accepted) throw new Error(`${contender.name} accepted a ${algorithm} token whose signature is another's`)
}

/** @param {{ tokenCache?: false }} options */
function createCountersign(options) {
  /** @type {Contender['create']} */
  return (world, _algorithm, tokens) => {
    const { issuer, jwks } = world.issuer
    const verifier = createVerifier({
      audience: world.audience,
      issuers: [{ issuer, keys: { jwks } }],
      network: { allowInsecureLoopback: true },
      ...options,
    })
    return (index) => verifier.verify(at(tokens, index))
  }
}

/** @param {boolean} cache */
function createFastJwt(cache) {
  /** @type {Contender['create']} */
  return (world, algorithm, tokens) => {
    const verifyToken = createFastVerifier({
      key: findKey(world, algorithm).publicKey.export({ type: 'spki', format: 'pem' }),
      algorithms: [algorithm],
      allowedIss: world.issuer.issuer,
      allowedAud: world.audience,
      cache,
    })
    return (index) => verifyToken(at(tokens, index))
  }
}

/**
 * @param {World} world
 * @param {Algorithm} algorithm
 */
function toJoseOptions(world, algorithm) {
  return { issuer: world.issuer.issuer, audience: world.audience, algorithms: [algorithm] }
}

/**
 * @param {World} world
 * @param {Algorithm} algorithm
 */
function findKey(world, algorithm) {
  const key = world.issuer.keys.find(({ alg }) => alg === algorithm)
  if (key === undefined) throw new Error(`The issuer has no key for ${algorithm}`)
  return key
}

/**
 * @param {readonly string[]} tokens
 * @param {number} index
 */
function at(tokens, index) {
  return /** @type {string} */ (tokens[index % tokens.length])
}
