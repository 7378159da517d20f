// A process that is asked to end: its trail has an event under way that no sink has yet.
import { closeOnSignals, createAuditTrail, fileSink } from '@countersign/audit'

const [file = '', listens = ''] = process.argv.slice(2)
const trail = createAuditTrail({
  service: { name: 'sts', version: '1.0.0' },
  required: { sinks: [fileSink(file, { reserveBytes: 0 })] },
  fingerprintKeys: [{ id: 'k1', secret: Buffer.alloc(32, 1) }],
})
closeOnSignals(trail)
if (listens !== '') process.on('SIGTERM', () => setTimeout(() => process.exit(7), 300))
await trail.ready()
setInterval(() => {
  void trail.record({ type: 'signal.received', outcome: 'success' })
}, 1)
process.stdout.write('ready\n')
