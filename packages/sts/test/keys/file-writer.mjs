// One process that writes versions to a directory of keys, as long as there are fewer than so many, and tells which were its own.
import { randomBytes } from 'node:crypto'
import { fileKeys } from '@countersign/sts'

const [directory = '', last = '0'] = process.argv.slice(2)
const store = fileKeys(directory)
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
