import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { SigningAlgorithm } from '../../src/keys/signing-keys.js'
import { signToken } from '../../src/tokens/sign.js'

const pairs: Readonly<Record<SigningAlgorithm, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>> = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  Ed25519: generateKeyPairSync('ed25519'),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
}

describe('signToken', () => {
  it.each(Object.keys(pairs) as SigningAlgorithm[])(
    'RFC 7518 section 3.1: signs with %s as jose verifies',
    async (algorithm) => {
      const { privateKey, publicKey } = pairs[algorithm]
      const token = signToken(
        'at+jwt',
        { sub: 'alice', name: 'Ælice ✓', absent: undefined },
        { kid: 'k', algorithm, privateKey },
      )
      const { payload, protectedHeader } = await jwtVerify(token, publicKey, { algorithms: [algorithm], typ: 'at+jwt' })
      expect(payload).toEqual({ sub: 'alice', name: 'Ælice ✓' })
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: 'k' })
    },
  )
})
