import type { Server } from 'node:http'
import {
  closeOnSignals,
  createAuditTrail,
  fileSink,
  findInTrail,
  otelLogsSink,
  pinoSink,
  toOCSF,
  verifyTrail,
} from '@countersign/audit'
import type { AuditTrail, AuditTrailOptions, OcsfEvent, TrailReport } from '@countersign/audit'
import type { AuditRecorder, AuditSink } from '@countersign/core'
import { createVerifier } from '@countersign/core'

const own: AuditSink = { name: 'own', durability: 'replicated', write: async (batch) => void batch.length }

const options: AuditTrailOptions = {
  service: { name: 'orders', version: '1.0.0' },
  required: { sinks: [fileSink('audit.jsonl'), own], quorum: 2 },
  bestEffort: [
    pinoSink({ info() {}, warn() {}, error() {} }),
    otelLogsSink({ emit: (record) => void record.eventName.length }),
  ],
  fingerprintKeys: [{ id: 'k1', secret: new Uint8Array(32) }],
  sampling: { 'authn.success': 0.01 },
  checkpoints: { key: { algorithm: 'ES256', keyId: 'k', sign: async (input) => input }, sink: own, everySeconds: 10 },
}

export const trail: AuditTrail = createAuditTrail(options)
export const recorders: readonly AuditRecorder[] = [trail]
export const verifier = createVerifier({ audience: 'a', issuers: ['https://a.example'], audit: trail })
export const report: Promise<TrailReport> = verifyTrail('audit.jsonl')

export async function listFor(token: string): Promise<OcsfEvent[]> {
  const found: OcsfEvent[] = []
  const { fingerprintKeys } = options
  for await (const event of findInTrail('audit.jsonl', { token }, { fingerprintKeys })) found.push(toOCSF(event))
  return found
}

declare const server: Server
closeOnSignals(trail, { before: () => server.close() })
closeOnSignals(trail, { before: () => Promise.resolve() })

// @ts-expect-error -- what gives nothing back cannot be waited for
closeOnSignals(trail, { before: () => void server.close() })

// @ts-expect-error -- a trail without a sink keeps nothing
createAuditTrail({ ...options, required: {} })

// @ts-expect-error -- refusals are never sampled
createAuditTrail({ ...options, sampling: { 'authn.failure': 0.1 } })
