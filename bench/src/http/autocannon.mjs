// What wrk.lua does, with autocannon: `autocannon.mjs <load as JSON>`.
import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'

/** @import { Load } from './load.mjs' */

/** @type {Load} */
const { port, file, first, seconds, connections } = JSON.parse(process.argv[2] ?? '{}')
const tokens = readFileSync(file, 'utf8').trim().split('\n')
let next = first
const result = await autocannon({
  url: `http://127.0.0.1:${port}/orders`,
  connections,
  duration: seconds,
  requests: [
    {
      setupRequest: (request) => {
        const headers = { ...request.headers, authorization: `Bearer ${tokens[next++ % tokens.length]}` }
        return { ...request, headers }
      },
    },
  ],
})
console.log(
  JSON.stringify({
    requests: result.requests.total,
    seconds: result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    refused: result.non2xx,
    broken: result.errors,
  }),
)
