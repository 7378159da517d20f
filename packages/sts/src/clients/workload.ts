import { AuthenticationError } from '@countersign/core'
import type { Claims, Principal, Verifier } from '@countersign/core'
import { TokenError, toTokenError } from '../errors.js'
import { isMet } from '../policy/condition.js'
import type { ResolvedCondition } from '../policy/condition.js'
import { checkStanding, toTokenNames } from '../subject/standing.js'
import type { StandingRules } from '../subject/standing.js'

/** Which workload a registration is about. */
export interface WorkloadMatch {
  readonly issuer: string
  readonly conditions: readonly ResolvedCondition[]
}

/** Whose tokens vouch for workloads here, and how. */
export interface WorkloadRules {
  /** The issuer identifier of this service: the one audience that a token may have. */
  readonly issuer: string
  readonly isClientIssuer: (issuer: string) => boolean
  readonly standing: StandingRules
}

/**
 * Verifies the token with which a platform vouches for a workload: by the given verifier, and meant for this service alone.
 * It is used for as long as it lives, and as often: its platform hands it out in a file, not by the request.
 *
 * @throws TokenError `ERR_STS_CLIENT_WORKLOAD`, `ERR_STS_UNAVAILABLE`
 *
 * Not checked: which client it stands for.
 */
export async function verifyWorkloadToken(
  token: string,
  verifier: Verifier<unknown>,
  { issuer, isClientIssuer, standing }: WorkloadRules,
): Promise<Principal<Claims>> {
  try {
    const principal = (await verifier.verify(token)) as Principal<Claims>
    // By its canonical name: the one that it signed with may be another issuer's alias for it.
    if (!isClientIssuer(principal.issuer)) throw new AuthenticationError('ERR_ISSUER_UNTRUSTED')
    // Whoever else it is meant for could send it on to us, and be the workload: also a name that the verifier takes for others.
    const [audience, another] = principal.audience
    if (audience !== issuer || another !== undefined)
      throw new AuthenticationError('ERR_TOKEN_AUDIENCE', { detail: { claim: 'aud', wants: issuer } })
    // A stolen one is good for as long as it lives, unless it is revoked.
    await checkStanding(toTokenNames(principal), standing)
    return principal
  } catch (error) {
    throw toTokenError(error, 'ERR_STS_CLIENT_WORKLOAD')
  }
}

/**
 * The one registration that a workload matches, of those that it may mean.
 *
 * @throws TokenError `ERR_STS_CLIENT_UNKNOWN`, `ERR_STS_CLIENT_WORKLOAD` where several match: whose rights would it have?
 */
export function findWorkloadClient<T extends { readonly match: WorkloadMatch }>(
  principal: Principal<Claims>,
  registered: readonly T[],
): T {
  const facts = toFacts(principal)
  const [found, another] = registered.filter(
    ({ match }) => match.issuer === principal.issuer && match.conditions.every((condition) => isMet(condition, facts)),
  )
  if (found === undefined) throw new TokenError('ERR_STS_CLIENT_UNKNOWN')
  if (another !== undefined)
    throw new TokenError('ERR_STS_CLIENT_WORKLOAD', { detail: { why: 'several clients match' } })
  return found
}

/** Mapped claims, and what the mapping has names of its own for: those win over claims that are merely called so. */
function toFacts({ claims, tenant, roles, groups, permissions, acr }: Principal<Claims>): Claims {
  return { ...claims, tenant, roles, groups, permissions, acr }
}
