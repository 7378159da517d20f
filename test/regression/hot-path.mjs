// Counts what a token makes the process do, from outside the packages: every function that is counted belongs to Node.
// `node --expose-gc --min-semi-space-size=64 --max-semi-space-size=64 hot-path.mjs` prints the counts as JSON.
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { createTestIssuer } from '@countersign/testing'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */

const collect = globalThis.gc
if (collect === undefined) throw new Error('hot-path.mjs wants node --expose-gc')

/** @type {Record<string, number>} */
const calls = {}
const count = (/** @type {object} */ target, /** @type {string} */ name) => {
  const owner = /** @type {Record<string, (...args: unknown[]) => unknown>} */ (target)
  const original = owner[name]
  calls[name] = 0
  owner[name] = function (...args) {
    calls[name] = (calls[name] ?? 0) + 1
    return original?.apply(this, args)
  }
}
for (const name of ['createPublicKey', 'createPrivateKey', 'createHash', 'hash', 'verify']) count(crypto, name)
for (const name of ['importKey', 'verify', 'digest']) count(crypto.subtle, name)
count(JSON, 'parse')
for (const name of ['setTimeout', 'setInterval', 'setImmediate']) count(globalThis, name)
// The packages are imported after this, and find the counted functions under the names they import.
syncBuiltinESMExports()
const { createVerifier } = await import('@countersign/core')
const { countersign, getAuth } = await import('@countersign/express')

const issuer = await createTestIssuer({ issuer: 'https://login.example', algorithms: ['ES256', 'RS256'] })
const sign = (/** @type {number} */ many, /** @type {'ES256' | 'RS256'} */ alg) =>
  Promise.all(Array.from({ length: many }, () => issuer.token({ scope: 'orders:read orders:write' }, { alg })))
const cold = await sign(200, 'ES256')
const other = await sign(20, 'RS256')
const options = {
  audience: 'https://api.example.com',
  issuers: [{ issuer: issuer.issuer, keys: { jwksUri: issuer.jwksUri } }],
  runtime: issuer.runtime,
}
const verifier = createVerifier(options)
const response = /** @type {ServerResponse} */ ({})
const verify = (/** @type {readonly string[]} */ tokens) => Promise.all(tokens.map((token) => verifier.verify(token)))

const results = {
  nothing: await measure(async () => {}),
  first: await measure(() => verify(cold.slice(0, 100))),
  cold: await measure(() => verify(cold.slice(100))),
  // One after the other: a header is remembered once a signature under it held.
  otherKey: await measure(async () => {
    for (const token of other) await verifier.verify(token)
  }),
  hot: await measure(async () => {
    for (let turn = 0; turn < 10; turn++) await verify(cold)
  }),
  handedOnAtOnce: countHandedOn(),
  allocatedByVerify: await measureAllocation((index) => verifier.verify(cold[index % cold.length] ?? '')),
  allocatedByExpress: await measureAllocation(await createExpressCall()),
}
process.stdout.write(JSON.stringify(results))

/** @param {() => Promise<unknown>} work */
async function measure(work) {
  const before = { ...calls }
  const fetches = issuer.requests.length
  await work()
  const made = Object.entries(calls).map(([name, now]) => [name, now - (before[name] ?? 0)])
  return { ...Object.fromEntries(made), fetches: issuer.requests.length - fetches }
}

/**
 * Bytes that a call leaves to the collector, once everything is compiled. The young generation holds all of them.
 * @param {(index: number) => Promise<unknown>} call
 */
async function measureAllocation(call) {
  for (let index = 0; index < 20_000; index++) await call(index)
  let least = Infinity
  for (let turn = 0; turn < 5; turn++) {
    collect?.()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < 2_000; index++) await call(index)
    const grown = process.memoryUsage().heapUsed - before
    // Negative where a collection came in between after all.
    if (grown > 0) least = Math.min(least, grown / 2_000)
  }
  return least
}

/** How many requests with a known token have been handed on when the middleware returns. */
function countHandedOn() {
  const middleware = countersign(verifier)
  let handedOn = 0
  for (const token of cold) middleware(toRequest(`Bearer ${token}`), response, (error) => (handedOn += error ? 0 : 1))
  return handedOn
}

/** @param {string} field */
function toRequest(field) {
  const parts = {
    method: 'GET',
    url: '/orders',
    rawHeaders: ['Host', 'api.example.com', 'Authorization', field],
    headers: { host: 'api.example.com', authorization: field },
  }
  return /** @type {IncomingMessage} */ (/** @type {unknown} */ (parts))
}

async function createExpressCall() {
  const middleware = countersign(verifier)
  const fields = cold.map((token) => `Bearer ${token}`)
  return (/** @type {number} */ index) => {
    const req = toRequest(fields[index % fields.length] ?? '')
    return new Promise((resolve, reject) => {
      middleware(req, response, (error) => {
        if (error === undefined) resolve(getAuth(req).subject)
        else reject(error)
      })
    })
  }
}
