import { sign } from 'node:crypto'
import { createTestKey } from '@countersign/testing'
import type { AuthRequest } from '../src/auth-request.js'
import { createIssuers } from '../src/issuers/issuers.js'
import type { Issuers } from '../src/issuers/issuers.js'
import { createIssuerList } from '../src/issuers/list.js'
import type { TrustedIssuer } from '../src/issuers/trusted-issuer.js'
import type { IssuerOptions, VerifierOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import type { Rules } from '../src/rules.js'
import type { Credentials } from '../src/steps/credentials.js'
import { decode } from '../src/steps/decode.js'
import { verifySignature } from '../src/steps/signature.js'
import type { Verified } from '../src/steps/signature.js'

/** When every test of a step takes place, in seconds since the epoch. */
export const NOW_SECONDS = 1_800_000_000

export const ISSUER = 'https://login.acme.example'
export const AUDIENCE = 'https://api.example.com'

/** The key that signs where a test is not about keys. */
export const key = await createTestKey('ES256', { kid: 'k1' })

export const LIMITS: Rules['limits'] = { tokenBytes: 8_192, headerBytes: 2_048, jsonDepth: 16, jsonMembers: 256 }

/** What an ordinary access token says. */
export const CLAIMS = {
  iss: ISSUER,
  sub: 'user-1',
  client_id: 'client-1',
  aud: AUDIENCE,
  iat: NOW_SECONDS - 10,
  exp: NOW_SECONDS + 300,
  jti: 'id-1',
} as const

/** One segment: an object as JSON, text as UTF-8, bytes as they are. */
export function encode(part: object | string): string {
  if (part instanceof Uint8Array) return Buffer.from(part).toString('base64url')
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

/** A token's text with a signature that nothing made. */
export function toText(header: object | string, payload: object | string, signature = 'c2ln'): string {
  return `${encode(header)}.${encode(payload)}.${signature}`
}

/** A token of {@link key}. */
export function toSigned(
  payload: object | string,
  header: object | string = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' },
): string {
  const input = `${encode(header)}.${encode(payload)}`
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** A token as `verify(token)` passes it on. */
export function toCredentials(token: string): Credentials {
  return { scheme: 'Bearer', token, request: undefined }
}

/** Claims that went through the decoding and the signature step. */
export function toVerified(payload: object | string, header?: object): Verified {
  return verifySignature(decode(toCredentials(toSigned(payload, header)), { limits: LIMITS }), [
    { kid: 'k1', family: 'P-256', algorithm: 'ES256', keyObject: key.publicKey },
  ])
}

/** The ordinary claims, some of them replaced; one given as `undefined` is left out. */
export function claims(changes: Readonly<Record<string, unknown>> = {}): object {
  return { ...CLAIMS, ...changes }
}

/** A runtime whose clocks stand at {@link NOW_SECONDS} and whose network refuses everything. */
export const stillRuntime = {
  now: () => NOW_SECONDS * 1_000,
  monotonicNow: () => 5_000,
  fetch: (url: string): Promise<Response> =>
    Promise.reject(new Error(`Nothing may be fetched here, least of all ${url}`)),
}

/** The options of a verifier with one issuer that has {@link key}. */
export function toOptions(
  issuer: Partial<IssuerOptions> = {},
  verifier: Partial<VerifierOptions> = {},
): VerifierOptions {
  return {
    audience: AUDIENCE,
    issuers: [{ issuer: ISSUER, keys: { jwks: { keys: [key.publicJwk] } }, ...issuer }],
    runtime: stillRuntime,
    ...verifier,
  }
}

/** The resolved rules of {@link toOptions}, its issuers, and the first of them. */
export function toParts(
  issuer: Partial<IssuerOptions> = {},
  verifier: Partial<VerifierOptions> = {},
): { readonly rules: Rules; readonly issuers: Issuers; readonly issuer: TrustedIssuer } {
  const { rules, issuers } = resolveOptions(toOptions(issuer, verifier))
  const listed = createIssuerList(issuers, rules)
  const [first] = listed.all
  if (first === undefined) throw new Error('There is no issuer')
  return { rules, issuers: createIssuers(listed, undefined, rules), issuer: first }
}

/** A request with these `Authorization` fields. */
export function toRequest(...authorization: readonly string[]): AuthRequest {
  return {
    method: 'GET',
    url: undefined,
    authorization,
    dpop: [],
    remoteAddress: undefined,
    clientCertificate: () => undefined,
  }
}
