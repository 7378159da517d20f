// What an exchange costs beside the one signature that it cannot do without.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createWorkPlayer } from '../cost.mjs'
import { startChild } from '../http/child.mjs'
import { interleave } from '../rounds.mjs'
import { startGenerator } from './generator.mjs'

/** @import { Context, Findings, Group, Sample } from '../types.js' */
/** @import { ServerChild } from '../http/child.mjs' */
/** @import { ExchangeFacts, ExchangeLoad } from './facts.mjs' */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {boolean} isAudited in a file
 * @property {boolean} isSigned whether the client signs an assertion in place of showing its secret
 * @property {boolean} isKnown whether a few subject tokens come again and again
 */

const SIGNATURE = 'crypto.sign ES256'
/** As much as the header and the payload of an access token. */
const SIGNED_BYTES = 600
/** Before, an exchange costs twice as much: nothing is compiled yet. */
const WARM_UP_SECONDS = 1.5

/** @type {readonly Contender[]} */
const contenders = [
  { name: 'no audit', isAudited: false, isSigned: false, isKnown: false },
  { name: 'no audit, subject token seen before', isAudited: false, isSigned: false, isKnown: true },
  { name: 'audit in a file', isAudited: true, isSigned: false, isKnown: false },
  { name: 'audit in a file, private_key_jwt', isAudited: true, isSigned: true, isKnown: false },
]

/** @type {Group['metrics']} */
const metrics = [
  { key: 'cpu', title: 'CPU an exchange', unit: 'µs' },
  { key: 'rps', title: 'exchanges a second', unit: '/s', rate: true },
  { key: 'p50', title: 'p50', unit: 'ms' },
  { key: 'p99', title: 'p99', unit: 'ms' },
]

/**
 * Measures every service at every concurrency, with all of them up at once.
 * @param {Context} context
 * @returns {Promise<Findings>}
 */
export async function runExchange(context) {
  const { rounds, seconds, connections } = context.settings.exchange
  if (rounds === 0) return { groups: [], facts: [] }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-exchange-'))
  const generator = startGenerator()
  /** @type {ServerChild[]} */
  const servers = []
  const groups = []
  try {
    const turns = await startServices(context, folder, servers)
    context.say('exchange: warm-up')
    for (const { server, load } of turns)
      await measure(server, { ...load, first: 0, seconds: WARM_UP_SECONDS, connections: 32 }, generator)
    const signature = await createSignaturePlayer(Math.min(seconds, 0.2) * 1_000)
    for (const many of connections) {
      context.say(`exchange: ${many} at once`)
      const players = turns.map((turn) => ({
        name: turn.name,
        play: async () => {
          const load = { ...turn.load, first: turn.first, seconds, connections: many }
          const { sample, exchanges } = await measure(turn.server, load, generator)
          turn.first += exchanges
          return sample
        },
      }))
      groups.push(toGroup(many, await interleave([signature, ...players], rounds)))
    }
  } finally {
    for (const server of servers) await server.close()
    await generator.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { groups, facts: [] }
}

/**
 * @param {Context} context
 * @param {string} folder
 * @param {ServerChild[]} servers gets each as soon as it is up, for whoever ends them
 */
async function startServices({ world, say }, folder, servers) {
  const files = { hot: path.join(folder, 'hot.txt'), cold: path.join(folder, 'cold.txt') }
  writeFileSync(files.hot, (await world.hotTokens('ES256')).join('\n'))
  writeFileSync(files.cold, (await world.tokens('ES256')).join('\n'))
  const { issuer, jwksUri } = world.issuer
  const clientSecret = randomBytes(32).toString('base64url')
  const { clientKey, clientJwk } = createClientKey()
  const turns = []
  for (const [place, { name, isAudited, isSigned, isKnown }] of contenders.entries()) {
    say(`exchange: starting a token service, ${name}`)
    /** @type {ExchangeFacts} */
    const facts = {
      issuer,
      jwksUri,
      audience: world.audience,
      clientSecret,
      isKnown,
      ...(isAudited ? { auditFile: path.join(folder, `audit-${place}.jsonl`) } : {}),
      ...(isSigned ? { clientJwk } : {}),
    }
    const server = await startChild(new URL('server.mjs', import.meta.url), [name, JSON.stringify(facts)])
    servers.push(server)
    const file = isKnown ? files.hot : files.cold
    const load = { port: server.port, file, clientSecret, ...(isSigned ? { clientKey } : {}) }
    turns.push({ name, server, load, first: 0 })
  }
  return turns
}

/**
 * @param {number} many
 * @param {Group['contenders']} played
 * @returns {Group}
 */
function toGroup(many, played) {
  return { section: 'exchange', name: `exchange, ${many} at once`, base: SIGNATURE, metrics, contenders: played }
}

/**
 * @param {ServerChild} server
 * @param {ExchangeLoad} load
 * @param {ReturnType<typeof startGenerator>} generator
 * @returns {Promise<{ sample: Sample, exchanges: number }>}
 */
async function measure(server, load, generator) {
  const before = await server.readUsage()
  const { exchanges, seconds, p50Ms, p99Ms } = await generator.send(load)
  const after = await server.readUsage()
  const cpu = (after.cpuUs - before.cpuUs) / (after.requests - before.requests)
  return { sample: { cpu, rps: exchanges / seconds, p50: p50Ms, p99: p99Ms }, exchanges }
}

/**
 * One signature after the other in this process: what one costs is the unit of everything else.
 * @param {number} batchMs
 */
async function createSignaturePlayer(batchMs) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const data = randomBytes(SIGNED_BYTES)
  const work = () => sign('sha256', data, privateKey)
  const player = await createWorkPlayer(SIGNATURE, work, { isAsync: false, batchMs, warmUpCalls: 1_000 })
  const play = async () => {
    const { cpu = NaN, wall = NaN } = await player.play()
    return { cpu, rps: 1_000_000 / wall, p50: wall / 1_000, p99: wall / 1_000 }
  }
  return { name: SIGNATURE, play }
}

function createClientKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = { kid: 'orders-1', alg: 'ES256', use: 'sig' }
  return {
    clientKey: { ...privateKey.export({ format: 'jwk' }), ...names },
    clientJwk: { kty: 'EC', ...publicKey.export({ format: 'jwk' }), ...names },
  }
}
