// A server whose clocks the parent puts forward: `ahead-server.mjs <framework> <contender> <facts as JSON>`. Each message
// `{ aheadMs }` says how far they run ahead from then on. Hours of an outage pass in seconds, for every contender alike.

const SystemDate = Date
const monotonicNow = performance.now.bind(performance)
let aheadMs = 0

process.on('message', (/** @type {{ readonly aheadMs?: number }} */ message) => {
  aheadMs = message.aheadMs ?? aheadMs
})
performance.now = () => monotonicNow() + aheadMs
globalThis.Date = /** @type {DateConstructor} */ (
  new Proxy(SystemDate, {
    get: (date, name) => (name === 'now' ? () => date.now() + aheadMs : Reflect.get(date, name)),
    construct: (date, given) => Reflect.construct(date, given.length === 0 ? [date.now() + aheadMs] : given),
  })
)

// Only now: what it loads may keep the clocks that it finds.
await import('../http/server.mjs')
