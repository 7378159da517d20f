// One server in a process of its own: `server.mjs <framework> <contender> <facts as JSON>`.
import { createServer } from 'node:http'
import { createApp } from './apps.mjs'

/** @import { Framework } from './apps.mjs' */

const [framework, contender = '', facts = '{}'] = process.argv.slice(2)
const app = await createApp(/** @type {Framework} */ (framework), contender, JSON.parse(facts))
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

/** @param {object} message */
function send(message) {
  process.send?.(message)
}
