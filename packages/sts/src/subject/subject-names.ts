import type { ServiceContext } from '../service-context.js'
import type { TokenService } from '../token-service.js'
import { toPairwiseSubject } from '../tokens/subject-name.js'

/** Makes `subjectNames` of a service: as `toSubjectName` gives them, to whatever target. */
export function createSubjectNames({
  issuer: own,
  targets,
  policy,
}: Pick<ServiceContext, 'issuer' | 'targets' | 'policy'>): TokenService['subjectNames'] {
  return ({ issuer, subject }) => {
    const first = { issuer, subject }
    if (issuer === own) return [first]
    const pairwise = { issuer: own, subject: toPairwiseSubject(first) }
    // Under our own issuer the first name may be a client's: it is one of theirs where a token could hold it, and nowhere else.
    const isKept = targets.all.some(
      (target) => target.subject === 'same' && policy.soleIssuers.get(target.name) === issuer,
    )
    return isKept ? [first, pairwise, { issuer: own, subject }] : [first, pairwise]
  }
}
