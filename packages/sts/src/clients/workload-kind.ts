import { invalid, list, readTable, required, text } from '@countersign/core/adapter'
import type { OptionTable } from '@countersign/core/adapter'
import type { Verifier } from '@countersign/core'
import { condition } from '../policy/condition.js'
import type { ResolvedCondition } from '../policy/condition.js'
import type { ClientProof } from './clients.js'

/** What a workload registration is checked against. */
export interface WorkloadSurroundings {
  readonly verifier: Verifier<unknown> | undefined
  readonly isClientIssuer: (issuer: string) => boolean
}

interface ReadWorkload {
  readonly method: string
  readonly issuer: string
  readonly claims: readonly ResolvedCondition[]
}

const WORKLOAD_TABLE: OptionTable<ReadWorkload> = {
  method: required(text('a method')),
  issuer: required(text('an issuer with a trust record of use "client"')),
  claims: required(list(condition, 'a list of conditions')),
}

/** Names that their owner may change, and somebody else then take; and what stays, where the platform has it. */
const RENAMABLE: ReadonlyMap<string, string> = new Map([
  ['repository', 'repository_id'],
  ['repository_owner', 'repository_owner_id'],
  ['actor', 'actor_id'],
  ['enterprise', 'enterprise_id'],
  ['namespace_path', 'namespace_id'],
  ['project_path', 'project_id'],
  ['user_login', 'user_id'],
  ['email', 'sub'],
  ['user_email', 'user_id'],
  ['preferred_username', 'sub'],
  ['upn', 'oid'],
  ['unique_name', 'oid'],
  ['name', 'sub'],
])

/** Claims that many workloads of one platform share, or that a workload chooses. */
const SHARED: ReadonlySet<string> = new Set(
  (
    'iss aud azp scope scp acr tenant roles groups permissions ref ref_type sha base_ref head_ref workflow environment ' +
    'event_name runner_environment job_workflow_ref workflow_ref repository_visibility'
  ).split(' '),
)

/** Repositories that were made before ids stood in it: the name alone can be taken over. */
const RENAMABLE_SUBJECT = /^(?:repo|project_path):(?![^:]*@\d+\/[^:]*@\d+)/

/**
 * Reads which workload a client is.
 *
 * @throws ConfigurationError for an issuer that is not trusted for clients, and where no claim is pinned that never changes:
 *   whoever took over the name would be the client
 */
export function readWorkload(value: unknown, option: string, surroundings: WorkloadSurroundings): ClientProof {
  const { issuer, claims } = readTable(WORKLOAD_TABLE, value, option)
  if (!surroundings.isClientIssuer(issuer)) {
    const fix = 'Add { use: "client", issuer } to "trust".'
    throw invalid({
      option: `${option}.issuer`,
      got: issuer,
      wants: 'an issuer with a trust record of use "client"',
      fix,
    })
  }
  if (surroundings.verifier === undefined) {
    const fix = 'It verifies the tokens of workloads.'
    throw invalid({ option: 'verifier', got: undefined, wants: 'a verifier, where there are workloads', fix })
  }
  if (!claims.some(isPin)) {
    const renamable = claims.map(({ path }) => RENAMABLE.get(path.join('.'))).find((name) => name !== undefined)
    const fix =
      renamable === undefined
        ? 'Such as "sub", or the id of a repository or of a service account.'
        : `Names can be changed, and taken by somebody else: add "${renamable}".`
    const wants = 'one claim that never changes, with a single value'
    throw invalid({ option: `${option}.claims`, got: claims.map(({ path }) => path.join('.')).join(', '), wants, fix })
  }
  return { method: 'workload', match: { issuer, conditions: claims } }
}

/** One value of a claim that is not known to change hands. */
function isPin({ path, oneOf }: ResolvedCondition): boolean {
  const [only, another] = oneOf
  const name = path.join('.')
  if (another !== undefined || typeof only === 'boolean' || RENAMABLE.has(name) || SHARED.has(name)) return false
  return !(name === 'sub' && RENAMABLE_SUBJECT.test(String(only)))
}
