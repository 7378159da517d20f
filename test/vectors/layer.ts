import { CountersignError } from '@countersign/core'
import type { AlgorithmName } from '../../packages/core/src/algorithms.js'
import { toKeySet } from '../../packages/core/src/keys/key-set.js'
import { decodeJws } from '../../packages/core/src/steps/decode.js'
import type { Decoded } from '../../packages/core/src/steps/decode.js'
import { verifySignature } from '../../packages/core/src/steps/signature.js'

const LIMITS = { tokenBytes: 16_384, headerBytes: 4_096, jsonDepth: 16, jsonMembers: 256 }

/** What is made of one JWS with one key set, where claims play no part: `'accepted'`, or the reason. */
export function judge(jws: string, jwks: { readonly keys: readonly object[] }): string {
  try {
    const decoded = decodeAnyPayload(jws)
    const { kid, algorithm } = decoded.header
    const keys = toKeySet(jwks).select({ kid, algorithm: algorithm.name as AlgorithmName })
    if (keys === undefined) return 'ERR_KEY_NOT_FOUND'
    verifySignature(decoded, keys)
    return 'accepted'
  } catch (error) {
    if (error instanceof CountersignError) return error.reason
    throw error
  }
}

/**
 * Decodes a JWS whose payload need not be a claims set: `foo` will do. Its text is judged as any other token's; only where
 * the JSON of the payload is what is wrong does an empty one stand in for it, beside the very bytes that were signed.
 */
function decodeAnyPayload(jws: string): Decoded {
  try {
    return decodeJws(jws, LIMITS)
  } catch (error) {
    if (!(error instanceof CountersignError) || error.reason !== 'ERR_TOKEN_JSON') throw error
    const [header, , signature] = jws.split('.')
    const decoded = decodeJws(`${header}.e30.${signature}`, LIMITS)
    return { ...decoded, signingInput: Buffer.from(jws.slice(0, jws.lastIndexOf('.')), 'latin1') }
  }
}
