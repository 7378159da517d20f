// `heap-child.mjs <count> <count> …`: verifies distinct tokens, and says after each count what is in memory.
import { createVerifier } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'
import { mintToken } from '../world.mjs'

const counts = process.argv.slice(2).map(Number)
const issuer = await createTestIssuer({ issuer: 'https://login.example', algorithms: ['ES256'] })
const verifier = createVerifier({
  audience: 'https://api.example.com',
  issuers: [{ issuer: issuer.issuer, keys: { jwks: issuer.jwks } }],
})
let minted = 0
// Code, shapes and buffers exist before the count begins: another verifier's cache, which goes away.
const warm = createVerifier({
  audience: 'https://api.example.com',
  issuers: [{ issuer: issuer.issuer, keys: { jwks: issuer.jwks } }],
})
for (let index = 0; index < 500; index++) await warm.verify(await mintToken(issuer, 'ES256', minted++))
await warm.close()

const start = readMemory()
let verified = 0
for (const count of counts) {
  while (verified < count) {
    await verifier.verify(await mintToken(issuer, 'ES256', minted++))
    verified++
  }
  const now = readMemory()
  console.log(JSON.stringify({ tokens: count, heapMiB: now.heap - start.heap, rssMiB: now.rss - start.rss }))
}

function readMemory() {
  const collect = globalThis.gc
  if (collect === undefined) throw new Error('heap-child.mjs wants node --expose-gc')
  for (let turn = 0; turn < 3; turn++) collect()
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20 }
}
