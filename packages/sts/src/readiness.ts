import { CountersignError } from '@countersign/core'
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

/** How the service stands: whether it can sign, and the keys of those it trusts. */
export function toServiceHealth({ signingKeys, verifier }: ServiceContext): ServiceHealth {
  const keys = signingKeys.health()
  return { ok: keys.ok, signingKeys: keys, issuers: verifier?.health() ?? [] }
}
