import { createVerifier } from '@countersign/core'
import type { AlgorithmName } from '@countersign/core'
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose'
import type { JWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'

const issuer = 'https://login.acme.example'
const audience = 'https://api.example.com'

const ALGORITHMS: readonly AlgorithmName[] = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA'] as const),
]

// jose signs through WebCrypto, which is not the code that verifies here.
describe('tokens that jose signs', () => {
  let rsaKeys: readonly [JWK, JWK]

  beforeAll(async () => {
    rsaKeys = await createTwoKeys('RS256')
  })

  for (const algorithm of ALGORITHMS) {
    it(`verify by ${algorithm}, and by no other key`, async () => {
      const [own, other] = /^[RP]S/.test(algorithm) ? rsaKeys : await createTwoKeys(algorithm)
      const jwk = { ...toPublic(own), alg: algorithm, kid: 'a', use: 'sig' }
      const verifier = createVerifier({ audience, issuers: [{ issuer, keys: { jwks: { keys: [jwk] } } }] })

      const principal = await verifier.verify(await sign(algorithm, own))
      expect(principal.toJSON()).toEqual({ issuer, subject: 'alice', clientId: 'job', scopes: ['orders:read'] })
      const refusal = { reason: 'ERR_TOKEN_SIGNATURE', status: 401 }
      await expect(verifier.verify(await sign(algorithm, other))).rejects.toMatchObject(refusal)
      await verifier.close()
    })
  }
})

async function createTwoKeys(algorithm: string): Promise<[JWK, JWK]> {
  const pairs = [generateKeyPair(algorithm, { extractable: true }), generateKeyPair(algorithm, { extractable: true })]
  const [own, other] = await Promise.all(pairs.map(async (pair) => exportJWK((await pair).privateKey)))
  return [own ?? {}, other ?? {}]
}

function toPublic({ kty, crv, x, y, n, e }: JWK): object {
  return { kty, crv, x, y, n, e }
}

async function sign(alg: AlgorithmName, key: JWK): Promise<string> {
  return new SignJWT({ scope: 'orders:read', client_id: 'job' })
    .setProtectedHeader({ alg, kid: 'a', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setSubject('alice')
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('5 minutes')
    .sign(await importJWK(key, alg))
}
