import { STATUS_CODES, createServer } from 'node:http'
import { requireScopes } from '@countersign/core'
import { WebSocketServer } from 'ws'
import { verifier } from './verifier.js'

const sockets = new WebSocketServer({ noServer: true })
const watchOrders = requireScopes('orders:read')

/** @param {import('node:http').IncomingMessage} request */
async function authenticate(request) {
  const principal = await verifier.authenticate(request)
  watchOrders.check(principal)
  return principal
}

/** @param {import('ws').WebSocket} client @param {import('@countersign/core').Principal} principal */
function serve(client, { subject, expiresAtSeconds }) {
  const leftMs = expiresAtSeconds * 1_000 - Date.now()
  // 3000 is "Unauthorized". Timers hold no more than 24 days.
  const expiry = setTimeout(() => client.close(3000, 'token expired'), Math.min(leftMs, 2_000_000_000))
  client.on('close', () => clearTimeout(expiry))
  client.send(JSON.stringify({ hello: subject }))
}

/** @param {unknown} error */
function toAnswer(error) {
  const { status, headers } = verifier.refuse(error)
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.join('')}Connection: close\r\n\r\n`
}

const server = createServer()
server.on('upgrade', (request, socket, head) => {
  // A client that leaves while its token is judged must not end the process.
  socket.on('error', () => socket.destroy())
  authenticate(request).then(
    (principal) => sockets.handleUpgrade(request, socket, head, (client) => serve(client, principal)),
    (error) => socket.end(toAnswer(error)),
  )
})
server.listen(3000)
