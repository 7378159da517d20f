// A load balancer in its simplest form: each request goes to the next instance in TARGETS.
import { createServer, request as forward } from 'node:http'

const { TARGETS = 'http://127.0.0.1:3001,http://127.0.0.1:3002', PORT = '3000' } = process.env
const targets = TARGETS.split(',')
let turn = 0

const proxy = createServer((incoming, outgoing) => {
  const target = targets[turn++ % targets.length] ?? ''
  const { method, headers, url } = incoming
  // The path as it came: what the client signed must not be rewritten on the way.
  const onward = forward(target, { method, headers, path: url }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.headersSent || outgoing.writeHead(502).end())
  incoming.pipe(onward)
})

proxy.listen(Number(PORT), '127.0.0.1', () => {
  const address = proxy.address()
  console.log(`Listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}`)
})
