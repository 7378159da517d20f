// One instance of an API: claims every id it is given, again and again, with 100 claims under way at any time.
import { replayStore } from '@countersign/redis'
import { createClient } from '@redis/client'

const [url = '', prefix = '', times = '1'] = process.argv.slice(2)
const client = createClient({ url, disableOfflineQueue: true })
client.on('error', () => {})
await client.connect()
// The machine may be busy with other suites, and this is not about time.
const store = replayStore(client, { prefix, deadlineMs: 1_000 })
await store.ready()
process.stdout.write('ready\n')

let text = ''
for await (const chunk of process.stdin) text += chunk
/** @type {string[]} */
const ids = JSON.parse(text)
/** @type {Record<string, number>} */
const failures = {}
const counts = { fresh: 0, replayed: 0, failed: 0 }
const total = ids.length * Number(times)
let next = 0

async function work() {
  while (next < total) {
    const id = ids[next++ % ids.length] ?? ''
    try {
      counts[(await store.claim(id, 3_600_000)).fresh ? 'fresh' : 'replayed'] += 1
    } catch (error) {
      counts.failed += 1
      const why = JSON.stringify(/** @type {{ detail?: unknown }} */ (error).detail)
      failures[why] = (failures[why] ?? 0) + 1
      // Refusals come at once: without a pause nothing else would ever be heard.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

await Promise.all(Array.from({ length: 100 }, work))
process.stdout.write(`${JSON.stringify({ ...counts, failures })}\n`)
client.destroy()
