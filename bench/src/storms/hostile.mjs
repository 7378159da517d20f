// The longest that one request within Node's header limit holds up all others.
import { randomBytes } from 'node:crypto'
import { createVerifier } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'

/** @import { TestIssuer } from '@countersign/testing' */
/** @import { Context, Fact } from '../types.js' */

const AUDIENCE = 'https://api.example.com'
/** What Node takes as headers altogether, less what every request needs. */
const HEADER_BYTES = 16_000
const TRIES = 7

/**
 * Gives the longest synchronous stretch that one request causes; of several tries the shortest counts, because what a
 * request makes us do it makes us do each time.
 * @param {Context} context
 * @returns {Promise<Fact[]>}
 */
export async function stormHostile({ say }) {
  say('storms: hostile requests')
  const rsa = await createTestIssuer({ issuer: 'https://rsa.example', algorithms: ['RS256'] })
  // Several keys without a name, as large as are taken: a token without kid has up to four of them tried. Nobody signs
  // with them, so that any odd number will do.
  const nameless = Array.from({ length: 4 }, () => ({ kty: 'RSA', alg: 'RS256', e: 'AQAB', n: createModulus() }))
  const limits = { tokenBytes: 65_536, headerBytes: 16_384, jsonDepth: 64, jsonMembers: 4_096 }
  const verifier = createVerifier({
    audience: AUDIENCE,
    limits,
    issuers: [
      { issuer: 'https://rsa.example', keys: { jwks: rsa.jwks } },
      { issuer: 'https://nameless.example', keys: { jwks: { keys: nameless } } },
    ],
  })
  let longest = { name: '', ms: 0 }
  for (const [name, authorization] of await listRequests(rsa)) {
    let shortestMs = Infinity
    for (let turn = 0; turn < TRIES; turn++) {
      // Another one each time, or the token cache would answer.
      const request = toRequest(authorization(turn))
      shortestMs = Math.min(shortestMs, await measureBlock(() => verifier.authenticate(request).catch(() => {})))
    }
    if (shortestMs > longest.ms) longest = { name, ms: shortestMs }
  }
  const title = `Longest block of the event loop by one hostile request (${longest.name})`
  return [{ section: 'storms', key: 'hostile.block', title, value: longest.ms, unit: 'ms' }]
}

function createModulus() {
  const bytes = randomBytes(1_024)
  bytes[0] = 0xff
  bytes[1_023] = 0xff
  return bytes.toString('base64url')
}

/**
 * How long some work takes. All keys are held, so that none of it waits: to the loop it is one block.
 * @param {() => Promise<unknown>} work
 */
async function measureBlock(work) {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}

/**
 * @param {TestIssuer} issuer
 * @returns {Promise<[string, (turn: number) => string][]>}
 */
async function listRequests(issuer) {
  const fill = (/** @type {string} */ text) => text.repeat(Math.ceil(HEADER_BYTES / text.length)).slice(0, HEADER_BYTES)
  const encode = (/** @type {string} */ text) => Buffer.from(text).toString('base64url')
  const head = encode('{"alg":"RS256"}')
  const room = Math.floor(((HEADER_BYTES - 500) * 3) / 4)
  const unsigned = (/** @type {string} */ payload) => `Bearer ${head}.${encode(payload)}.${fill('A').slice(0, 342)}`
  const large = Math.floor((HEADER_BYTES - 1_000) / 1.34)
  const scopes = await signVariants(issuer, { scope: fill('a b c d e ').slice(0, large) })
  const roles = await signVariants(issuer, {
    roles: Array.from({ length: Math.floor(large / 5) }, (_, at) => `r${at % 99}`),
  })
  const members = await signVariants(
    issuer,
    Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`c${at}`, at])),
  )
  const actors = await signVariants(issuer, { act: nest(50) })
  return [
    ['nothing but dots', () => `Bearer ${fill('.')}`],
    ['a long token of one letter', () => `Bearer ${fill('a')}`],
    ['many equals signs', () => `Bearer ${fill('=')}`],
    ['a tail that does not fit', () => `Bearer ${fill('a').slice(1)}!`],
    ['spaces', () => `Bearer ${fill(' ')}`],
    ['a long scheme', () => fill('B')],
    ['a long header', () => `Bearer ${fill('e30')}.e30.AAAA`],
    ['nested arrays', () => unsigned(fill('[').slice(0, room))],
    ['nested objects', () => unsigned(fill('{"a":').slice(0, room))],
    ['many members', () => unsigned(`{${fill('"a":1,').slice(0, room - 8)}"b":1}`)],
    ['many backslashes', () => unsigned(`{"a":"${fill('\\').slice(0, room - 20)}"}`)],
    ['many quotes', () => unsigned(`{"a":"${fill('\\"').slice(0, room - 20)}"}`)],
    ['half surrogates', () => unsigned(`{"a":"${fill('\\ud800').slice(0, room - 20)}"}`)],
    ['a long issuer', () => unsigned(JSON.stringify({ iss: fill('https://').slice(0, room - 20) }))],
    ['four keys of 8,192 bits', () => toNameless(encode)],
    ['many scopes', (turn) => `Bearer ${scopes[turn]}`],
    ['many roles', (turn) => `Bearer ${roles[turn]}`],
    ['a thousand claims', (turn) => `Bearer ${members[turn]}`],
    ['many actors', (turn) => `Bearer ${actors[turn]}`],
  ]
}

/**
 * A signature as long as the keys, so that OpenSSL works through each.
 * @param {(text: string) => string} encode
 */
function toNameless(encode) {
  const payload = encode(JSON.stringify({ iss: 'https://nameless.example', aud: AUDIENCE, exp: 4_000_000_000 }))
  return `Bearer ${encode('{"alg":"RS256"}')}.${payload}.${Buffer.alloc(1_024, 7).toString('base64url')}`
}

/**
 * @param {TestIssuer} issuer
 * @param {Readonly<Record<string, unknown>>} claims
 */
async function signVariants(issuer, claims) {
  return Promise.all(Array.from({ length: TRIES }, () => issuer.token(claims, { expiresInSeconds: 3_600 })))
}

/**
 * @param {number} depth
 * @returns {object}
 */
function nest(depth) {
  return depth === 0 ? { sub: 'a' } : { sub: 'a', act: nest(depth - 1) }
}

/** @param {string} authorization */
function toRequest(authorization) {
  return {
    method: 'GET',
    url: '/orders',
    rawHeaders: ['Host', 'api.example.com', 'Authorization', authorization],
    headers: { host: 'api.example.com', authorization },
  }
}
