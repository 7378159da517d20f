import type { MappingTargets } from '../options/mapping-options.js'

/** The standard claims: RFC 7519, RFC 9068 section 2.2, RFC 8693 section 4.2, and the client claims that providers use instead. */
export const STANDARD_MAPPING: MappingTargets = {
  subject: { claim: ['sub'] },
  clientId: [{ claim: ['client_id'] }, { claim: ['azp'] }, { claim: ['cid'] }, { claim: ['appid'] }],
  scopes: [
    { claim: ['scope'], separator: ' ' },
    { claim: ['scp'], separator: ' ' },
  ],
  roles: { claim: ['roles'] },
  permissions: { claim: ['permissions'] },
  groups: { claim: ['groups'] },
}
