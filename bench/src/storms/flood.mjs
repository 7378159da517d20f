// Tokens with key names that nobody knows, as fast as a stranger can send them, while good callers go on and a key is rotated.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestIssuer } from '@countersign/testing'
import { startServer } from '../http/child.mjs'
import { sendLoad } from '../http/load.mjs'
import { mintToken, mintTokens } from '../world.mjs'
import { createClient, toP99Ms, toServedPercent } from './client.mjs'

/** @import { TestIssuer } from '@countersign/testing' */
/** @import { Context, Fact } from '../types.js' */
/** @import { Answer } from './client.mjs' */

const STRANGE_TOKENS = 20_000
/** Between two requests of the good caller, and two with the new key. */
const PAUSE_MS = 20

/**
 * @param {Context} context
 * @param {string} contender
 * @returns {Promise<Fact[]>}
 */
export async function stormFlood({ settings, say }, contender) {
  const seconds = settings.storms.floodSeconds
  say(`storms: ${contender}, ${seconds} s of random key names`)
  const issuer = await createTestIssuer({ algorithms: ['RS256'] })
  await issuer.listen()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-flood-'))
  const facts = { issuer: issuer.issuer, jwksUri: issuer.jwksUri, audience: 'https://api.example.com' }
  const server = await startServer('express', contender, facts)
  const client = createClient()
  try {
    const file = path.join(folder, 'strange.txt')
    writeFileSync(file, (await createStrangeTokens(issuer)).join('\n'))
    const good = await mintTokens(issuer, 'RS256', 1_000)
    // The keys are there before the flood begins; what it makes the server fetch is counted from here.
    await client.ask(server.port, good[0] ?? '')
    const fetchesBefore = countFetches(issuer)
    let flooding = true
    const flood = sendLoad({ port: server.port, file, first: 0, seconds, connections: 32 }).finally(() => {
      flooding = false
    })
    const isFlooding = () => flooding
    const answers = askAgainAndAgain(isFlooding, (index) => client.ask(server.port, good[index % good.length] ?? ''))
    const rotation = rotateAndWait(issuer, seconds, (token) => client.ask(server.port, token))
    const { requests } = await flood
    const fetches = countFetches(issuer) - fetchesBefore
    const shape = { section: /** @type {const} */ ('storms'), contender }
    const of = `${seconds} s of random key names`
    return [
      { ...shape, key: 'flood.requests', title: `${of}: strangers' requests answered`, value: requests, unit: '' },
      { ...shape, key: 'flood.fetches', title: `${of}: fetches of the key set`, value: fetches, unit: '' },
      {
        ...shape,
        key: 'flood.served',
        title: `${of}: good tokens served`,
        value: toServedPercent(await answers),
        unit: '%',
      },
      { ...shape, key: 'flood.p99', title: `${of}: p99 of good tokens`, value: toP99Ms(await answers), unit: 'ms' },
      { ...shape, key: 'flood.newKey', title: `${of}: new key accepted after`, value: await rotation, unit: 's' },
    ]
  } finally {
    client.close()
    await server.close()
    await issuer.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {TestIssuer} issuer */
function countFetches(issuer) {
  return issuer.requests.filter(({ endpoint }) => endpoint === 'jwks').length
}

/**
 * Good in everything but the name of the key, and the signature.
 * @param {TestIssuer} issuer
 */
async function createStrangeTokens(issuer) {
  const model = await mintToken(issuer, 'RS256', 0)
  const [header = '', payload] = model.split('.')
  const members = JSON.parse(Buffer.from(header, 'base64url').toString())
  const signature = randomBytes(256).toString('base64url')
  return Array.from({ length: STRANGE_TOKENS }, () => {
    const own = JSON.stringify({ ...members, kid: randomBytes(12).toString('base64url') })
    return [Buffer.from(own).toString('base64url'), payload, signature].join('.')
  })
}

/**
 * @param {() => boolean} goesOn
 * @param {(index: number) => Promise<Answer>} ask
 */
async function askAgainAndAgain(goesOn, ask) {
  const answers = []
  for (let index = 0; goesOn(); index++) {
    answers.push(await ask(index))
    await delay(PAUSE_MS)
  }
  return answers
}

/**
 * Publishes another key in the midst of the flood and asks with it until it is taken.
 * @param {TestIssuer} issuer
 * @param {number} floodSeconds
 * @param {(token: string) => Promise<Answer>} ask
 * @returns {Promise<number>} seconds from publication; at most a minute, after which nobody waits any more
 */
async function rotateAndWait(issuer, floodSeconds, ask) {
  await delay(floodSeconds * 300)
  await issuer.rotate()
  const publishedMs = performance.now()
  const token = await mintToken(issuer, 'RS256', 0)
  const toSeconds = () => (performance.now() - publishedMs) / 1_000
  while (toSeconds() < 60) {
    const { status } = await ask(token)
    if (status === 200) break
    await delay(PAUSE_MS)
  }
  return toSeconds()
}
