import { TokenError } from '../errors.js'
import type { TokenParameters } from '../token-request.js'
import type { Form } from './form.js'

/** What authenticates the client: read by that alone, so that no grant, log or event ever holds a secret. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
])

/** Parameters that have a member of their own. */
const NAMED: ReadonlySet<string> = new Set(['grant_type', 'scope', 'resource', 'audience'])

/** RFC 6749 section 3.3: printable ASCII, single spaces between. */
const SCOPES = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/

/** As many as a token could hold: each is compared, and stands in the event. */
const MAX_SCOPE_LENGTH = 8_192

/**
 * Makes the parameters of a token request of its form.
 *
 * @throws TokenError `ERR_STS_PARAMETER_MISSING` without a grant type, `ERR_STS_SCOPE_MALFORMED`
 *
 * Not checked: what any grant wants of them.
 * @see RFC 6749 sections 3.2 and 3.3, RFC 8693 section 2.1, RFC 8707 section 2
 */
export function toTokenParameters(form: Form): TokenParameters {
  const grantType = form.get('grant_type')?.[0]
  if (grantType === undefined)
    throw new TokenError('ERR_STS_PARAMETER_MISSING', { detail: { parameter: 'grant_type' } })
  const values = [...form]
    .filter(([name]) => !CREDENTIALS.has(name) && !NAMED.has(name))
    .map(([name, [value = '']]) => [name, value] as const)
  return Object.freeze({
    grantType,
    values: new Map(values),
    resources: toUnique(form.get('resource') ?? []),
    audiences: toUnique(form.get('audience') ?? []),
    scopes: readScopes(form.get('scope')?.[0]),
  })
}

function readScopes(scope: string | undefined): readonly string[] | undefined {
  if (scope === undefined) return undefined
  if (scope.length > MAX_SCOPE_LENGTH || !SCOPES.test(scope))
    throw new TokenError('ERR_STS_SCOPE_MALFORMED', { detail: { parameter: 'scope' } })
  return toUnique(scope.split(' '))
}

function toUnique(values: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(values)])
}
