import type { AuditTokenRef, Claims } from '@countersign/core'
import { findClaim } from '@countersign/core/server'

/** What a reference is made of: all of it verified. */
export interface VerifiedToken {
  readonly issuer: string
  readonly header: Claims
  readonly payload: Claims
  readonly confirmation: Readonly<Record<string, unknown>> | undefined
  readonly expiresAtSeconds: number
}

/** A token as the audit trail names it: by its fingerprint and its ids, never by its text. */
export function toTokenRef(fingerprint: string, token: VerifiedToken): AuditTokenRef {
  const { issuer, header, payload, confirmation, expiresAtSeconds } = token
  return {
    fp: fingerprint,
    jti: toText(findClaim(payload, 'jti')),
    iss: issuer,
    kid: toText(findClaim(header, 'kid')),
    alg: toText(findClaim(header, 'alg')),
    iat: toNumber(findClaim(payload, 'iat')),
    exp: expiresAtSeconds,
    cnf: toBinding(confirmation),
  }
}

/** How a token is bound. */
export function toBinding(confirmation: Readonly<Record<string, unknown>> | undefined): 'dpop' | 'mtls' | undefined {
  if (confirmation === undefined) return undefined
  return Object.hasOwn(confirmation, 'jkt') ? 'dpop' : 'mtls'
}

/** `txn`, RFC 8417 section 2.2: carried along where it is fit to be, or the chain gets an id of ours. */
export function readTransactionId(payload: Claims): string | undefined {
  const id = findClaim(payload, 'txn')
  return typeof id === 'string' && /^[\x21-\x7E]{1,128}$/.test(id) ? id : undefined
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function toNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
