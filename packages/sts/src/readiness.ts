import { CountersignError } from '@countersign/core'
import type { SigningAlgorithm } from './keys/signing-keys.js'
import type { ServiceContext } from './service-context.js'
import type { ServiceHealth, ServiceReadiness } from './token-service.js'

/** Loads, or makes, the signing keys, and loads the keys of every issuer that the verifier lists. Never rejects. */
export async function checkServiceReadiness({ signingKeys, verifier }: ServiceContext): Promise<ServiceReadiness> {
  const [keys, issuers] = await Promise.all([loadKeys(signingKeys), verifier?.ready()])
  return { ok: keys.ok && (issuers?.ok ?? true), signingKeys: keys, issuers: issuers?.issuers ?? [] }
}

async function loadKeys(signingKeys: ServiceContext['signingKeys']): Promise<ServiceReadiness['signingKeys']> {
  try {
    await signingKeys.ready()
    return { ok: true, reason: undefined }
  } catch (error) {
    return { ok: false, reason: error instanceof CountersignError ? error.reason : 'ERR_UNEXPECTED' }
  }
}

/** How the service stands: whether it can sign for every target, and the keys of those it trusts. */
export function toServiceHealth(service: ServiceContext): ServiceHealth {
  return { ok: canSign(service), signingKeys: service.signingKeys.health(), issuers: service.verifier?.health() ?? [] }
}

/** A target whose algorithm waits for its first key gets no token before that signs: whoever deploys it should hear so first. */
export function canSign({ signingKeys, targets }: ServiceContext): boolean {
  const { ok, keys } = signingKeys.health()
  const isWaiting = (algorithm: SigningAlgorithm): boolean => {
    const states = keys.filter((key) => key.algorithm === algorithm).map(({ state }) => state)
    return states.includes('pending') && !states.includes('active')
  }
  return ok && !targets.all.some(({ algorithm }) => isWaiting(algorithm))
}
