import { hash, randomUUID } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import { randomDPoPKeyPair } from 'openid-client'
import { AUDIENCE } from './apis.js'
import type { Call } from './calls.js'
import type { OpenIdProvider } from './providers.js'

/** A call, and which of the instances gets it. */
export interface BoundCall {
  readonly on: 0 | 1
  readonly call: Call
}

type KeyPair = Awaited<ReturnType<typeof randomDPoPKeyPair>>

/** Obtains a token that is bound to a client's key, and prepares what the client and a thief do with it. */
export async function prepareBoundCalls(acme: OpenIdProvider): Promise<readonly BoundCall[]> {
  const [own, thiefs] = await Promise.all([randomDPoPKeyPair('ES256'), randomDPoPKeyPair('ES256')])
  const token = await acme.requestBoundToken('orders:read', AUDIENCE, own)
  const proof = await prove(own, token)
  const toRead = { method: 'GET', path: '/orders', token } as const
  const accepted = { answer: '200', why: `acme ${acme.client.id} (orders:read)` }
  const replayed = { answer: '401 invalid_dpop_proof', why: 'ERR_PROOF_REPLAYED' }
  return [
    { on: 0, call: { name: 'bound token with its proof', ...toRead, proof, expected: accepted } },
    { on: 0, call: { name: 'the same again', ...toRead, proof, expected: replayed } },
    { on: 1, call: { name: 'the same again, over there', ...toRead, proof, expected: replayed } },
    {
      on: 1,
      call: {
        name: 'the token alone, as Bearer',
        ...toRead,
        expected: { answer: '401 invalid_token', why: 'ERR_PROOF_REQUIRED' },
      },
    },
    {
      on: 1,
      call: {
        name: "with a proof of the thief's",
        ...toRead,
        proof: await prove(thiefs, token),
        expected: { answer: '401 invalid_token', why: 'ERR_PROOF_BINDING' },
      },
    },
    { on: 1, call: { name: 'with a new proof', ...toRead, proof: await prove(own, token), expected: accepted } },
  ]
}

/** Makes a proof by hand, so that it can be sent twice: RFC 9449 section 4.2. A client library makes a new one each time. */
async function prove({ privateKey, publicKey }: KeyPair, token: string): Promise<string> {
  const ath = hash('sha256', token, 'base64url')
  const { kty, crv, x, y } = await exportJWK(publicKey)
  return new SignJWT({ htm: 'GET', htu: `${AUDIENCE}/orders`, ath })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } as object })
    .setJti(randomUUID())
    .setIssuedAt()
    .sign(privateKey)
}
