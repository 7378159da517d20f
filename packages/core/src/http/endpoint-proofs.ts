import type { AlgorithmName } from '../algorithms.js'
import type { AuthRequest } from '../auth-request.js'
import { createProofKeys } from '../keys/proof-keys.js'
import { toProofRules } from '../options/dpop-rules.js'
import type { ReadProofs } from '../options/dpop.js'
import type { ReplayStore } from '../ports.js'
import type { Limits } from '../rules.js'
import type { Runtime } from '../runtime.js'
import { verifyProof } from '../steps/proof.js'

/** What the proofs of an endpoint are judged by. */
export interface EndpointProofRules {
  /** The URL of the endpoint as its clients know it, without query and fragment. */
  readonly url: string
  /** As `PROOF_TABLE` reads it. */
  readonly dpop: ReadProofs
  readonly replayStore: ReplayStore
  readonly limits: Limits
  readonly runtime: Runtime
}

/** The proofs of possession that clients send to an endpoint where they ask for tokens. */
export interface EndpointProofs {
  /** What a proof may be signed with: `dpop_signing_alg_values_supported`, RFC 9449 section 5.1. */
  readonly algorithms: readonly AlgorithmName[]
  /**
   * Verifies the proof of a request, and gives the thumbprint of its key; `undefined` for a request without a `DPoP` field.
   * For authenticated clients alone: any sound key is imported, and remembered.
   *
   * @throws AuthenticationError `ERR_PROOF_*`
   * @throws UpstreamError `ERR_STORE_UNAVAILABLE`
   */
  verify(request: Pick<AuthRequest, 'method' | 'dpop'>): Promise<string | undefined>
  /** The nonce that a proof has to hold now; `undefined` where none is asked for. */
  nonce(): string | undefined
  /** Whether clients should be told the current nonce without asking, RFC 9449 section 8.2. */
  isNonceAgeing(): boolean
}

/**
 * Creates the proofs of an endpoint that issues tokens. Whatever URL a request names, a proof must name the configured one.
 *
 * @throws ConfigurationError where the URL is none that a proof could name, or instances that share a store share no nonce secrets
 * @see RFC 9449 sections 5 and 8
 */
export function createEndpointProofs({ url, dpop, replayStore, limits, runtime }: EndpointProofRules): EndpointProofs {
  const surroundings = { replayStore, publicUrl: [url], dangerouslyTrustRequestHost: false }
  const resolved = toProofRules({ ...dpop, mode: 'allowed' }, surroundings)
  const context = { rules: { limits, runtime }, dpop: resolved, proofKeys: createProofKeys() }
  const { nonces } = resolved
  return {
    algorithms: Object.freeze([...resolved.algorithms]),
    async verify({ method, dpop: fields }) {
      if (fields.length === 0) return undefined
      const request = { method, url, authorization: [], dpop: fields, remoteAddress: undefined }
      return verifyProof({ ...request, clientCertificate: () => undefined }, context)
    },
    nonce: () => nonces?.issue(runtime.now()),
    isNonceAgeing: () => nonces?.isAgeing(runtime.now()) ?? false,
  }
}
