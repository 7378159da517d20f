import type { StandardSchemaV1 } from '@standard-schema/spec'
import { AuthenticationError } from '../errors.js'
import { toVerdict } from '../mapping/standard.js'
import { Principal } from '../principal.js'
import type { TrustedIssuer } from '../rules.js'
import type { Verified } from './signature.js'

/**
 * Maps a verified token onto a principal, and its claims through the application's schema.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_MISSING` and `ERR_TOKEN_CLAIM_TYPE` for the claims a principal is made of,
 *   `ERR_CLAIMS_SCHEMA` where the schema refuses
 */
export async function toPrincipal<C>(
  verified: Verified,
  issuer: TrustedIssuer,
  schema: StandardSchemaV1<unknown, C> | undefined,
  now: () => number,
): Promise<Principal<C>> {
  const { payload, credentials } = verified
  const claims = schema === undefined ? (payload as C) : await validate(payload, schema)
  return new Principal(toVerdict(verified, issuer, claims), credentials.token, credentials.scheme, now)
}

/** The schema sees a copy: one that transforms in place must not change what was signed. */
async function validate<C>(payload: Verified['payload'], schema: StandardSchemaV1<unknown, C>): Promise<C> {
  const result = await schema['~standard'].validate({ ...payload })
  if (result.issues !== undefined) {
    throw new AuthenticationError('ERR_CLAIMS_SCHEMA', { detail: { issues: result.issues.length } })
  }
  return freezePlain(result.value)
}

/** A schema may make class instances, which are its author's to protect; plain objects and arrays are ours. */
function freezePlain<T>(value: T): T {
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null ? Object.freeze(value) : value
}
