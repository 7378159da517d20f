import { TokenError } from '../errors.js'
import type { ServiceContext } from '../service-context.js'
import type { TokenParameters } from '../token-request.js'
import { findReachableTargets } from './decide.js'
import type { GrantName } from './rule.js'
import { isResource } from './targets.js'
import type { Target } from './targets.js'
import { TOKEN_FORMS } from '../tokens/forms.js'
import type { TokenFormName } from '../tokens/forms.js'

/** Who asks for a target, and how. */
export interface TargetRequest {
  readonly grant: GrantName
  readonly clientId: string
  readonly parameters: Pick<TokenParameters, 'audiences' | 'resources' | 'values'>
}

/** Where a token goes, and what it is made as. */
export interface FoundTarget {
  readonly target: Target
  readonly form: TokenFormName
}

/**
 * Finds the one target that a request names. Where it names none, the policy must leave one alone to go to: what the subject's
 * token was meant for is no default.
 *
 * @throws TokenError `ERR_STS_TARGET_UNKNOWN`, `ERR_STS_TARGET_SEVERAL`, `ERR_STS_TARGET_MISSING`, and `ERR_STS_REQUESTED_TYPE`
 *   where its tokens are of another type than the request wants
 *
 * Not checked: whether the policy lets anybody reach it.
 * @see RFC 8693 section 2.1, RFC 8707 section 2
 */
export function findTarget(request: TargetRequest, service: Pick<ServiceContext, 'targets' | 'policy'>): FoundTarget {
  const target = findNamed(request, service) ?? findDefault(request, service)
  // A parameter of the exchange alone: others ignore what they do not know (RFC 6749 section 3.2).
  const { grant, parameters } = request
  const wanted = grant === 'token-exchange' ? parameters.values.get('requested_token_type') : undefined
  const form = target.forms.find((name) => wanted === undefined || wanted === TOKEN_FORMS[name].tokenType)
  if (form === undefined) throw new TokenError('ERR_STS_REQUESTED_TYPE')
  return { target, form }
}

function findNamed({ parameters }: TargetRequest, { targets }: Pick<ServiceContext, 'targets'>): Target | undefined {
  const { audiences, resources } = parameters
  if (!resources.every(isResource))
    throw new TokenError('ERR_STS_TARGET_UNKNOWN', { detail: { parameter: 'resource' } })
  const found = new Set([...audiences, ...resources].map((value) => targets.find(value)))
  if (found.has(undefined)) throw new TokenError('ERR_STS_TARGET_UNKNOWN')
  // One token for several APIs is a token that each of them can use at the others.
  if (found.size > 1) throw new TokenError('ERR_STS_TARGET_SEVERAL')
  return [...found][0]
}

function findDefault(request: TargetRequest, { targets, policy }: Pick<ServiceContext, 'targets' | 'policy'>): Target {
  const [name, second] = findReachableTargets(policy, request)
  const target = name === undefined || second !== undefined ? undefined : targets.find(name)
  if (target === undefined) throw new TokenError('ERR_STS_TARGET_MISSING')
  return target
}
