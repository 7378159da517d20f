// A server that is asked to end: what it is asked takes a while, and is recorded as it is answered.
import { createServer } from 'node:http'
import { closeOnSignals, createAuditTrail, fileSink } from '@countersign/audit'

const [file = '', how = ''] = process.argv.slice(2)
/** @type {(...parts: unknown[]) => void} */
const print = (...parts) => void process.stdout.write(`${parts.join(' ')}\n`)
/** @type {import('@countersign/core').Logger} */
const logger = { debug() {}, info() {}, error() {}, warn: (text, fields) => print(text, JSON.stringify(fields)) }
const sink = fileSink(file, { reserveBytes: 0 })
let isAway = false
/** @type {typeof sink.write} */
const write = (batch, options) => (isAway ? Promise.reject(new Error('away')) : sink.write(batch, options))
const trail = createAuditTrail({
  service: { name: 'orders', version: '1.0.0' },
  required: { sinks: [how === 'a sink that is away' ? { ...sink, write } : sink] },
  fingerprintKeys: [{ id: 'k1', secret: Buffer.alloc(32, 1) }],
  logger,
})
const server = createServer((_, response) => {
  setTimeout(() => {
    trail.defer?.(() => ({ type: 'authn.success', outcome: 'success' }))
    response.setHeader('Connection', 'close').end()
  }, 500)
})
/** @type {Readonly<Record<string, import('@countersign/audit').CloseOnSignalsOptions['before']>>} */
const befores = {
  'the server': () => server.close(),
  'an async function': async () => server.close(),
  'a promise': () => new Promise((resolve) => void server.close(resolve)),
  'a sink that is away': () => {
    isAway = true
    setTimeout(() => (isAway = false), 700).unref()
    return server.close()
  },
  never: () => new Promise(() => void server.close()),
  rejects: () => Promise.reject(new TypeError('no')),
  throws() {
    throw new TypeError('no')
  },
}
closeOnSignals(trail, { before: befores[how], beforeDeadlineMs: how === 'never' ? 200 : undefined, logger })
await trail.ready()
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  print(typeof address === 'object' ? address?.port : undefined)
})
