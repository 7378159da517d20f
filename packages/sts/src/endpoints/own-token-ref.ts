import type { AuditTokenRef } from '@countersign/core'
import { readDate } from '@countersign/core/server'
import type { OwnToken } from '../subject/own-token.js'
import type { EndpointContext } from './endpoint.js'

/** A verified token of ours as the audit trail names it: by its fingerprint and its ids, never by its text. */
export function toOwnTokenRef(
  token: string,
  { tokenId, payload, expiresAtSeconds }: OwnToken,
  { service: { audit, issuer } }: Pick<EndpointContext, 'service'>,
): AuditTokenRef {
  const fp = audit.fingerprint(token)
  return { fp, jti: tokenId, iss: issuer, iat: readDate(payload, 'iat'), exp: expiresAtSeconds }
}
