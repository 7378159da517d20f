// Sends exchanges, from a process of its own: a load a message, one request at a time on each connection.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { SignJWT, importJWK } from 'jose'
import { STS } from './facts.mjs'

/** @import { ExchangeLoad, ExchangeResult } from './facts.mjs' */

const agent = new Agent({ keepAlive: true })
/** @type {Map<string, readonly string[]>} */
const known = new Map()

process.on('message', (/** @type {ExchangeLoad} */ load) => {
  void send(load).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit())

/**
 * @param {ExchangeLoad} load
 * @returns {Promise<ExchangeResult>}
 */
async function send(load) {
  const tokens = readTokens(load.file)
  const authenticate = await toAuthentication(load)
  /** @type {number[]} */
  const latencies = []
  let next = load.first
  /** @type {string | undefined} */
  let refused
  const startedMs = performance.now()
  const endMs = startedMs + load.seconds * 1_000
  const goOn = async () => {
    while (refused === undefined && performance.now() < endMs) {
      const { headers, parameters } = await authenticate()
      const form = new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: tokens[next++ % tokens.length] ?? '',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        audience: 'billing',
        scope: 'invoice:read',
        ...parameters,
      })
      const sentMs = performance.now()
      const { status, text } = await post(load.port, headers, form.toString())
      latencies.push(performance.now() - sentMs)
      if (status !== 200 || !text.includes('"access_token"')) refused = `${status} ${text.slice(0, 200)}`
    }
  }
  await Promise.all(Array.from({ length: load.connections }, goOn))
  const seconds = (performance.now() - startedMs) / 1_000
  latencies.sort((a, b) => a - b)
  const at = (/** @type {number} */ share) => latencies[Math.floor(latencies.length * share)] ?? NaN
  return {
    exchanges: latencies.length,
    seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    ...(refused === undefined ? {} : { refused }),
  }
}

/** @param {string} file */
function readTokens(file) {
  const tokens = known.get(file) ?? readFileSync(file, 'utf8').trim().split('\n')
  known.set(file, tokens)
  return tokens
}

/** @param {ExchangeLoad} load */
async function toAuthentication({ clientKey, clientSecret }) {
  if (clientKey === undefined) {
    const authorization = `Basic ${Buffer.from(`orders:${clientSecret}`).toString('base64')}`
    return async () => ({ headers: { authorization }, parameters: {} })
  }
  const key = await importJWK(clientKey, 'ES256')
  return async () => {
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: clientKey.kid ?? '', typ: 'client-authentication+jwt' })
      .setIssuer('orders')
      .setSubject('orders')
      .setAudience(STS)
      .setIssuedAt()
      .setExpirationTime('30s')
      .sign(key)
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    return { headers: {}, parameters: { client_assertion_type: type, client_assertion: assertion } }
  }
}

/**
 * @param {number} port
 * @param {Readonly<Record<string, string>>} headers
 * @param {string} body
 * @returns {Promise<{ status: number | undefined, text: string }>}
 */
function post(port, headers, body) {
  return new Promise((resolve, reject) => {
    const own = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length, ...headers }
    const sent = request(
      { agent, host: '127.0.0.1', port, path: '/token', method: 'POST', headers: own },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => void (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode, text }))
        response.on('error', reject)
      },
    )
    sent.on('error', reject).end(body)
  })
}
