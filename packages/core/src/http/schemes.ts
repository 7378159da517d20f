import type { AuthRequest } from '../auth-request.js'
import type { ResolvedIssuer } from '../options/resolve-issuer.js'
import type { Scheme } from '../principal.js'
import type { Rules } from '../rules.js'
import type { Runtime } from '../runtime.js'
import type { Verifier } from '../verifier.js'
import type { ChallengeRules } from './challenge.js'
import type { Nonces } from './nonces.js'
import { parseAuthorization } from './credentials.js'

/**
 * What the challenges of a verifier say, whatever the error: which schemes it takes follows from how its issuers are bound. Where none of
 * them wants proofs, somebody may that `resolveIssuer` knows: whoever comes with one is answered under its scheme.
 */
export function toChallengeRules({ realm, dpop, runtime }: Rules, issuers: readonly ResolvedIssuer[]): ChallengeRules {
  if (dpop === undefined) return { realm }
  const modes = new Set([dpop.mode, ...issuers.map(({ rules }) => rules.dpopMode)])
  const schemes: readonly Scheme[] =
    modes.size === 1 && modes.has('required')
      ? ['DPoP']
      : modes.size === 1 && modes.has('off')
        ? ['Bearer']
        : ['Bearer', 'DPoP']
  const { nonces } = dpop
  const algs = [...dpop.algorithms].join(' ')
  if (nonces === undefined) return { realm, schemes, algs }
  return { realm, schemes, algs, nonce: () => nonces.issue(runtime.now()) }
}

/** What the metadata of an API says of proofs, as its challenges do. */
export function toProofPolicy({ schemes = [], algs = '' }: ChallengeRules): Verifier['proofs'] {
  if (!schemes.includes('DPoP')) return undefined
  return Object.freeze({ algorithms: Object.freeze(algs.split(' ')), required: !schemes.includes('Bearer') })
}

/** The scheme that a request used, to answer under it; `undefined` where none can be told. */
export function findScheme({ authorization }: AuthRequest): Scheme | undefined {
  const [field, second] = authorization
  if (field === undefined || second !== undefined) return undefined
  const parsed = parseAuthorization(field)
  return parsed.kind === 'token' ? parsed.scheme : undefined
}

/** A client that is told the next nonce in time never meets a `use_dpop_nonce` (RFC 9449 section 8.2). */
export function toNonceHeaders(
  request: AuthRequest,
  nonces: Nonces | undefined,
  runtime: Runtime,
): Readonly<Record<string, string>> {
  if (nonces === undefined || request.dpop.length === 0) return {}
  const nowMs = runtime.now()
  return nonces.isAgeing(nowMs) ? { 'DPoP-Nonce': nonces.issue(nowMs) } : {}
}
