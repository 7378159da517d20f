import { TokenError } from '../errors.js'
import type { TokenParameters } from '../token-request.js'
import type { TrustDomain } from './experimental.js'

/** What a transaction token says of the transaction, beside whom it is for. */
export interface TransactionContext {
  readonly rctx: Readonly<Record<string, unknown>> | undefined
  readonly tctx: Readonly<Record<string, unknown>> | undefined
}

/** A parameter of a stranger's, which is written into every token of the call. */
const MAX_CHARACTERS = 2_048

/**
 * Reads the context of a transaction from the request: of its members those that the trust domain lists, and nothing else, because
 * what stands in the token counts as said by this service.
 *
 * @throws TokenError `ERR_STS_PARAMETER_UNEXPECTED` for a parameter that is no JSON object, and `ERR_STS_PARAMETER_MISSING` without
 *   `scope`: a transaction has a purpose
 * @see draft-ietf-oauth-transaction-tokens-08 sections 7.1 and 7.3
 */
export function readTransactionContext(
  parameters: TokenParameters,
  { context, details }: TrustDomain,
): TransactionContext {
  if (parameters.scopes === undefined)
    throw new TokenError('ERR_STS_PARAMETER_MISSING', { detail: { parameter: 'scope' } })
  return {
    rctx: readMembers(parameters, 'request_context', context),
    tctx: readMembers(parameters, 'request_details', details),
  }
}

function readMembers(
  { values }: TokenParameters,
  parameter: string,
  names: readonly string[],
): Readonly<Record<string, unknown>> | undefined {
  const text = values.get(parameter)
  if (text === undefined) return undefined
  const object = parse(text)
  if (object === undefined) throw new TokenError('ERR_STS_PARAMETER_UNEXPECTED', { detail: { parameter } })
  const entries = names.filter((name) => Object.hasOwn(object, name)).map((name) => [name, object[name]])
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Readonly<Record<string, unknown>>)
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.length > MAX_CHARACTERS) return undefined
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
