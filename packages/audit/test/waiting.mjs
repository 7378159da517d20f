// A script that does nothing but wait for its trail: of what it waits for, nothing else holds the process.
import { createAuditTrail, fileSink } from '@countersign/audit'

const [file = '', what = ''] = process.argv.slice(2)
/** @type {(what: unknown) => void} */
const print = (what) => void process.stdout.write(`${JSON.stringify(what)}\n`)
/** @type {import('@countersign/core').Logger} */
const logger = { debug() {}, info() {}, error() {}, warn: (...parts) => print(parts) }
/** @type {import('@countersign/core').AuditSink} */
const hanging = {
  name: 'hanging',
  durability: 'disk',
  write: () => new Promise(() => {}),
  close: () => new Promise(() => {}),
}
let asked = 0
/** @type {Readonly<Record<string, Partial<import('@countersign/core').AuditSink>>>} */
const ways = {
  'a sink that never says what it has': { readHead: () => new Promise(() => {}) },
  'a signer that hangs': { write: () => Promise.resolve() },
  'a sink that says it late': {
    readHead: async () => {
      asked += 1
      if (asked === 1) throw new Error('away')
      return undefined
    },
  },
}
const way = what.replace(/^\w+: /, '')
const checkpoints = {
  key: { algorithm: /** @type {const} */ ('ES256'), keyId: 'k1', sign: () => new Promise(() => {}) },
  sink: { ...hanging, name: 'checkpoints', write: () => Promise.resolve() },
  everyEvents: 1,
}
const sink = way === 'a folder that is missing' ? fileSink(file, { reserveBytes: 0 }) : { ...hanging, ...ways[way] }
const trail = createAuditTrail({
  service: { name: 'sts', version: '1.0.0' },
  required: { sinks: [sink], timeoutMs: 50 },
  fingerprintKeys: [{ id: 'k1', secret: Buffer.alloc(32, 1) }],
  checkpoints: way === 'a signer that hangs' ? checkpoints : undefined,
  logger,
})
/** @type {() => Promise<unknown>} */
const record = () =>
  trail.record({ type: 'token.exchange', outcome: 'success' }).catch((/** @type {any} */ error) => error.reason)
if (what.startsWith('record')) print(await record())
if (what.startsWith('full')) {
  // Nobody can take more: each waits for room.
  await trail.ready()
  print(await Promise.all(Array.from({ length: 3 }, record)))
  print(await record())
}
if (what.startsWith('ready')) print((await trail.ready()) ?? 'ready')
if (what.startsWith('close')) print(await trail.close(400))
if (what.startsWith('nothing')) {
  void trail.record({ type: 'authz.denied', outcome: 'denied' })
  // Long enough for the event to be gathered, and on its way.
  await new Promise((resolve) => setTimeout(resolve, 200))
}
