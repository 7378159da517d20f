import { invalid } from '@countersign/core/adapter'
import type { PolicySurroundings } from '../policy/surroundings.js'
import type { Experimental } from './experimental.js'

/**
 * Checks that the drafts that are on speak of what there is.
 *
 * @throws ConfigurationError for targets and clients that do not exist or are of another kind, and issuers without a trust record
 */
export function checkExperimental(
  { idJagClientIds, idJagIssuers, trustDomains }: Experimental,
  { clients, targets, trust }: Pick<PolicySurroundings, 'clients' | 'targets' | 'trust'>,
): void {
  const kindOf = (name: string): string | undefined => targets.all.find((target) => target.name === name)?.kind
  for (const [target, names] of idJagClientIds) {
    const option = `experimental.idJagDraft03.clientIds.${target}`
    if (kindOf(target) !== 'authorization-server') {
      throw invalid({ option, got: target, wants: 'the name of a target of kind "authorization-server"', fix: FIX })
    }
    for (const client of names.keys()) {
      if (clients.some(({ clientId }) => clientId === client)) continue
      throw invalid({ option, got: client, wants: 'the id of a registered client', fix: FIX })
    }
  }
  for (const issuer of idJagIssuers.keys()) {
    if (trust.findSubject(issuer) !== undefined) continue
    const option = 'experimental.idJagDraft03.issuers'
    throw invalid({ option, got: issuer, wants: 'an issuer with a trust record for subjects', fix: FIX })
  }
  for (const target of trustDomains.keys()) {
    if (kindOf(target) === 'api') continue
    const option = `experimental.transactionTokensDraft08.trustDomains.${target}`
    throw invalid({ option, got: target, wants: 'the name of a target of kind "api"', fix: FIX })
  }
}

const FIX = 'Names are compared exactly.'
