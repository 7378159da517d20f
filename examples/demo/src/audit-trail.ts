import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createAuditTrail, fileSink } from '@countersign/audit'
import type { AuditTrail, CheckpointSource, FingerprintKey } from '@countersign/audit'
import { calculateJwkThumbprint } from 'jose'

/** A trail in a file, and what an auditor needs of it. */
export interface Ledger {
  readonly trail: AuditTrail
  readonly file: string
  /** Beside the trail for the demo; in production, out of reach of whoever can write the trail. */
  readonly checkpoints: CheckpointSource
  readonly fingerprintKeys: readonly FingerprintKey[]
  /** Deletes the files. */
  discard(): Promise<void>
}

/** Begins a trail in a folder of its own. */
export async function openLedger(): Promise<Ledger> {
  const folder = await mkdtemp(path.join(tmpdir(), 'countersign-demo-'))
  const [file, source] = [path.join(folder, 'audit.jsonl'), path.join(folder, 'checkpoints.jsonl')]
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const fingerprintKeys = [{ id: 'demo', secret: randomBytes(32) }]
  return {
    trail: createAuditTrail({
      service: { name: 'demo', version: '0.0.0' },
      required: { sinks: [fileSink(file)] },
      checkpoints: { key: privateKey, sink: fileSink(source) },
      fingerprintKeys,
    }),
    file,
    checkpoints: { keys: { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) }] }, source },
    fingerprintKeys,
    discard: () => rm(folder, { recursive: true, force: true }),
  }
}
