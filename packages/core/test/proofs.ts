import { hash, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createTestKey } from '@countersign/testing'
import { CompactSign } from 'jose'
import type { JWK } from 'jose'
import type { AuthRequest } from '../src/auth-request.js'
import { toThumbprint } from '../src/keys/proof-keys.js'
import type { DpopOptions, VerifierOptions } from '../src/options/options.js'
import type { ReplayClaim, ReplayStore } from '../src/ports.js'
import { AUDIENCE, encode, NOW_SECONDS } from './parts.js'

/** The client's key, and another one. */
export const [clientKey, otherKey] = await Promise.all([createTestKey('ES256'), createTestKey('ES256')])

/** A public key as it stands in a proof: what the key is made of, and nothing more. */
export function toPublicJwk({ publicJwk }: { readonly publicJwk: JWK }): JWK {
  const { kid: _kid, alg: _alg, use: _use, ...members } = publicJwk
  return members
}

/** The name that tokens are bound to a key by. */
export function toJkt(key: { readonly publicJwk: JWK }): string {
  return toThumbprint(toPublicJwk(key)) ?? ''
}

export const ORDERS = `${AUDIENCE}/orders`

/** Stands for an access token: proofs look at its hash alone. */
export const TOKEN = 'a.b.c'

/** What a proof says of the token it goes with. */
export function toAth(token: string): string {
  return hash('sha256', token, 'base64url')
}

/** What an ordinary proof says. */
export const PROOF_CLAIMS = {
  jti: 'proof-1',
  htm: 'GET',
  htu: ORDERS,
  iat: NOW_SECONDS,
  ath: toAth(TOKEN),
} as const

export const PROOF_HEADER = { typ: 'dpop+jwt', alg: 'ES256', jwk: toPublicJwk(clientKey) } as const

type Changes = Readonly<Record<string, unknown>>

/** An ordinary proof but for some claims and header members; one given as `undefined` is left out. Signed with ES256, whatever it says. */
export function toProof(claims: Changes = {}, header: Changes = {}, key: KeyObject = clientKey.privateKey): string {
  return signText({ ...PROOF_HEADER, ...header }, { ...PROOF_CLAIMS, ...claims }, key)
}

/** Two segments of any kind, signed with ES256. */
export function signText(
  header: object | string,
  payload: object | string,
  key: KeyObject = clientKey.privateKey,
): string {
  const input = `${encode(header)}.${encode(payload)}`
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** An ordinary proof under another algorithm, made by jose. */
export async function toProofOf(
  alg: string,
  key: { readonly publicJwk: JWK; readonly privateKey: KeyObject },
): Promise<string> {
  const payload = Buffer.from(JSON.stringify(PROOF_CLAIMS))
  const header = { typ: 'dpop+jwt', alg, jwk: toPublicJwk(key) }
  return new CompactSign(payload).setProtectedHeader(header).sign(key.privateKey)
}

/** A request for {@link ORDERS} with these `DPoP` fields. */
export function toProvenRequest(dpop: readonly string[], changes: Partial<AuthRequest> = {}): AuthRequest {
  return {
    method: 'GET',
    url: ORDERS,
    authorization: [`DPoP ${TOKEN}`],
    dpop,
    remoteAddress: undefined,
    clientCertificate: () => undefined,
    ...changes,
  }
}

/** A store that writes down what it is asked, and answers as it is told; by default everything is fresh. */
export interface RecordingStore extends ReplayStore {
  readonly asked: { readonly id: string; readonly ttlMs: number }[]
}

export function createRecordingStore(
  answer: (id: string, ttlMs: number) => ReplayClaim | Promise<ReplayClaim> = () => ({ fresh: true }),
): RecordingStore {
  const asked: { readonly id: string; readonly ttlMs: number }[] = []
  return {
    shared: false,
    asked,
    claim(id, ttlMs) {
      asked.push({ id, ttlMs })
      return answer(id, ttlMs)
    },
  }
}

/** What a verifier needs to check proofs. */
export function withDpop(replayStore: ReplayStore, dpop: Partial<DpopOptions> = {}): Partial<VerifierOptions> {
  return { publicUrl: AUDIENCE, replayStore, dpop: { mode: 'allowed', ...dpop } }
}
