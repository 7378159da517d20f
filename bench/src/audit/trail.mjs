import { randomBytes } from 'node:crypto'
import { createAuditTrail } from '@countersign/audit'

/** @import { AuditSink } from '@countersign/core' */

/**
 * A trail as it is by default, but patient: on a busy machine a caller must wait rather than be turned away.
 * @param {AuditSink} sink
 * @param {number} [rate] of `authn.success`
 */
export function createTrail(sink, rate = 1) {
  return createAuditTrail({
    service: { name: 'bench', version: '1.0.0' },
    required: { sinks: [sink], timeoutMs: 10_000 },
    fingerprintKeys: [{ id: '1', secret: randomBytes(32) }],
    sampling: { 'authn.success': rate },
  })
}
