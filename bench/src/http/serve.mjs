// The inside of a measured server: listens, tells the parent where, and what it used when asked.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** @import { RequestListener } from 'node:http' */

/**
 * Serves each of some apps on a free port of loopback, until the parent lets go.
 * @param {readonly RequestListener[]} apps
 */
export async function serve(...apps) {
  let requests = 0
  const ports = []
  for (const app of apps) {
    const server = createServer((request, response) => {
      requests++
      app(request, response)
    })
    server.keepAliveTimeout = 60_000
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    ports.push(typeof address === 'object' ? address?.port : undefined)
  }
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    send({ cpuUs: user + system, requests, rssBytes: process.memoryUsage.rss() })
  })
  process.on('disconnect', () => process.exit())
  send({ ports })
}

/** @param {object} message */
function send(message) {
  process.send?.(message)
}
