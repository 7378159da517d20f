// A process whose standard output goes to a pipe, or to a device without room, and whose trail is in a file too.
import { createAuditTrail, fileSink, stdoutSink } from '@countersign/audit'

const [file = ''] = process.argv.slice(2)
const trail = createAuditTrail({
  service: { name: 'orders', version: '1.0.0' },
  required: { sinks: [fileSink(file, { reserveBytes: 0 })], timeoutMs: 5_000 },
  bestEffort: [stdoutSink()],
  fingerprintKeys: [{ id: 'k1', secret: Buffer.alloc(32, 1) }],
})
await trail.ready()
for (let count = 0; count < 40; count++) {
  await trail.record({ type: 'key.published', outcome: 'success', key: { kid: `k${count}`, alg: 'ES256' } })
  await new Promise((resolve) => setTimeout(resolve, 20))
}
process.stderr.write(JSON.stringify(trail.health().sinks.map(({ state, lastFailure }) => [state, lastFailure])))
await trail.close(1_000)
process.exitCode = 7
