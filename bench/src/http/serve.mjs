// The inside of a measured server: listens, tells the parent where, and what it used when asked.
import { createServer } from 'node:http'

/** @import { RequestListener } from 'node:http' */

/**
 * Serves on a free port of loopback until the parent lets go.
 * @param {RequestListener} app
 */
export function serve(app) {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    app(request, response)
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    send({ port: typeof address === 'object' ? address?.port : undefined })
  })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    send({ cpuUs: user + system, requests, rssBytes: process.memoryUsage.rss() })
  })
  process.on('disconnect', () => process.exit())
}

/** @param {object} message */
function send(message) {
  process.send?.(message)
}
