// One process of a service: records exchanges, fifty under way at any time, and prints the id of each that was acknowledged.
import { randomUUID } from 'node:crypto'
import { createAuditTrail, fileSink } from '@countersign/audit'

const [file = ''] = process.argv.slice(2)
const trail = createAuditTrail({
  service: { name: 'sts', version: '1.0.0' },
  required: { sinks: [fileSink(file, { reserveBytes: 0, maxBytes: 2_000_000 })], timeoutMs: 5_000 },
  fingerprintKeys: [{ id: 'k1', secret: Buffer.alloc(32, 1) }],
})
await trail.ready()
process.stdout.write('ready\n')

async function work() {
  for (;;) {
    const txn = randomUUID()
    await trail.record({
      type: 'token.exchange',
      outcome: 'success',
      txn,
      subject: { iss: 'https://login.example', sub: 'alice' },
      client: { id: 'orders', authMethod: 'private_key_jwt' },
      tokens: { issued: { fp: trail.fingerprint(txn) } },
    })
    // To a pipe this is synchronous: what a client was given, it has.
    process.stdout.write(`${txn}\n`)
  }
}

await Promise.all(Array.from({ length: 50 }, work))
