import type { AuditEntry } from '@countersign/core'
import { DENIALS, REPLAYS } from '../error-table.js'
import type { TokenError } from '../errors.js'
import type { EndpointCall, EndpointContext } from './endpoint.js'

/** Which endpoint was asked. */
export type Route = '/token' | '/introspect' | '/revoke'

/** What is known of a refused request beside its error. */
export interface FailedRequest {
  readonly route: Route
  /** Registered, or nobody: what a stranger calls itself is not written down. */
  readonly client: AuditEntry['client']
  /** What it was about, once its client was authenticated. Default `authn.failure`. */
  readonly type?: 'authn.failure' | 'token.grant' | 'token.revoked' | undefined
  /** A token of ours that it was about. */
  readonly tokens?: AuditEntry['tokens']
}

/**
 * Writes down a request that was refused before anything was looked at. The refusal stands whether or not that succeeds: it
 * gives nothing away.
 */
export async function recordFailure(
  error: TokenError,
  { id, peer, startedAtMs }: EndpointCall,
  { route, client, type = 'authn.failure', tokens }: FailedRequest,
  { service }: EndpointContext,
): Promise<void> {
  const reason = error.rootReason
  const refused = DENIALS.has(error.reason) ? 'denied' : 'failure'
  try {
    await service.audit.record({
      type: REPLAYS.has(reason) ? 'replay.detected' : type,
      outcome: error.status >= 500 ? 'error' : refused,
      reason,
      request: { id, method: 'POST', route, ip: peer.remoteAddress },
      client,
      tokens,
      durationMs: Math.max(0, service.runtime.now() - startedAtMs),
    })
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : 'unknown'
    service.logger.error('A refused request could not be recorded', { reason, cause: name })
  }
}
