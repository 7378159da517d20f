// One replica: writes versions of the signing keys, as long as there are fewer than so many, and tells which were its own.
import { randomBytes } from 'node:crypto'
import { redisKeys } from '@countersign/redis'
import { createClient } from '@redis/client'

const [url = '', prefix = '', last = '0'] = process.argv.slice(2)
const client = createClient({ url, disableOfflineQueue: true })
client.on('error', () => {})
await client.connect()
// The machine may be busy with other suites, and this is not about time.
const store = redisKeys(client, { prefix, deadlineMs: 1_000 })
process.stdout.write('ready\n')
for await (const _ of process.stdin);

/** @type {number[]} */
const won = []
for (;;) {
  const version = (await store.read())?.version ?? 0
  if (version >= Number(last)) break
  const next = { version: version + 1, bytes: randomBytes(1_000) }
  if (await store.compareAndSet(version, next)) won.push(next.version)
}
process.stdout.write(`${JSON.stringify(won)}\n`)
client.destroy()
