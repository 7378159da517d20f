// An orders API that takes bound tokens alone: one that is stolen on the way is worth nothing. Start as many as you like.
import { memoryReplayStore } from '@countersign/core'
import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'
import { replayStore } from '@countersign/redis'
import { createClient } from '@redis/client'
import express from 'express'

const { ISSUER = 'https://login.example.com', PORT = '3000', PUBLIC_URL = `http://127.0.0.1:${PORT}` } = process.env
const { REDIS_URL, NONCE_SECRET, NODE_ENV } = process.env

const app = express()

app.use(
  countersign({
    audience: 'https://api.example.com',
    issuers: [ISSUER],
    // What clients call, whatever the Host field says: with a proxy in front, the proxy.
    publicUrl: PUBLIC_URL,
    dpop: {
      mode: 'required',
      // Every instance has the same secret, so that each takes the nonces of the others.
      nonce: NONCE_SECRET === undefined ? undefined : { secrets: [NONCE_SECRET] },
    },
    replayStore: REDIS_URL === undefined ? memoryReplayStore() : await openSharedStore(REDIS_URL),
    // Issuers on this machine may speak plain http. In production there are none: leave it out.
    network: { allowInsecureLoopback: true },
  }),
)

app.get('/orders', requireScopes('orders:read'), (request, response) => {
  response.json({ orders: [], for: getAuth(request).subject, instance: process.pid })
})

app.use(errorHandler())

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  console.log(`Listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}`)
})

/**
 * One memory for all instances: a proof that one of them took is refused by the others.
 * @param {string} url
 */
async function openSharedStore(url) {
  const client = createClient({ url, disableOfflineQueue: true })
  client.on('error', (error) => console.warn(`redis: ${error.code ?? error.message}`))
  await client.connect()
  const store = replayStore(client, {
    logger: console,
    // A new server may be one that has lost everything, and is then believed about what comes later alone. On a
    // developer's machine it is just new.
    dangerouslyTrustEmptyServer: NODE_ENV === 'development',
  })
  await store.ready()
  return store
}
