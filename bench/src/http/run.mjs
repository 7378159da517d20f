// Servers with and without authentication, each in its own process, with load from another.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { interleave } from '../rounds.mjs'
import { NONE, contenders } from './apps.mjs'
import { checkServer } from './check-server.mjs'
import { startServer } from './child.mjs'
import { fillLoadCore, placeServer } from './cores.mjs'
import { sendLoad, sendPlacedLoad } from './load.mjs'

/** @import { Algorithm, Context, Findings, Group, Sample } from '../types.js' */
/** @import { Framework, HttpContender } from './apps.mjs' */
/** @import { ServerChild } from './child.mjs' */

/**
 * What one table is of.
 * @typedef {object} Match
 * @property {Framework} framework
 * @property {Algorithm} algorithm
 * @property {'hot' | 'cold'} heat
 * @property {number} connections
 * @property {readonly HttpContender[]} players
 */

/** Requests that the generator may have sent and not counted: their tokens are left out, lest one comes again too soon. */
const UNDER_WAY = 100

/** @type {Group['metrics']} */
const metrics = [
  { key: 'cpu', title: 'CPU a request', unit: 'µs' },
  { key: 'rps', title: 'requests a second', unit: '/s', rate: true },
  { key: 'p50', title: 'p50', unit: 'ms' },
  { key: 'p99', title: 'p99', unit: 'ms' },
]

/** What the bars speak of: all that `--check` measures. @type {readonly (readonly [Framework, Algorithm, 'hot' | 'cold', readonly string[]])[]} */
const barred = [
  ['express', 'RS256', 'hot', [NONE, 'countersign', 'express-oauth2-jwt-bearer']],
  ['express', 'ES256', 'hot', [NONE, 'countersign', 'express-oauth2-jwt-bearer']],
  ['express', 'RS256', 'cold', ['countersign', 'express-oauth2-jwt-bearer']],
  ['express', 'ES256', 'cold', ['countersign', 'express-oauth2-jwt-bearer']],
  ['fastify', 'RS256', 'hot', [NONE, 'countersign', 'fastify-jwt-jwks']],
  ['koa', 'RS256', 'hot', [NONE, 'countersign', 'koa-jwt + jwks-rsa']],
  ['koa', 'ES256', 'hot', [NONE, 'countersign', 'koa-jwt + jwks-rsa']],
]

/**
 * Measures every framework in turn, with all of its servers up at once.
 * @param {Context} context
 * @returns {Promise<Findings>}
 */
export async function runHttp(context) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-bench-'))
  const groups = []
  const empty = fillLoadCore()
  try {
    await writeTokens(context, folder)
    for (const framework of /** @type {const} */ (['express', 'fastify', 'koa'])) {
      groups.push(...(await runFramework(context, framework, folder)))
    }
  } finally {
    empty()
    rmSync(folder, { recursive: true, force: true })
  }
  return { groups, facts: [] }
}

/**
 * @param {Context} context
 * @param {Framework} framework
 * @param {string} folder
 */
async function runFramework(context, framework, folder) {
  const { settings, world, say } = context
  const matches = listMatches(context, framework)
  const facts = { issuer: world.issuer.issuer, jwksUri: world.issuer.jwksUri, audience: world.audience }
  /** @type {Map<string, ServerChild>} */
  const servers = new Map()
  const groups = []
  try {
    for (const { name, only } of new Set(matches.flatMap(({ players }) => players))) {
      say(`http: starting ${framework} with ${name}`)
      const server = await startServer(framework, name, facts)
      placeServer(server.pid)
      servers.set(name, server)
      await checkServer(server.port, name === NONE, world, only ?? settings.http.algorithms)
    }
    for (const match of matches) groups.push(await runMatch(context, match, servers, folder))
  } finally {
    for (const server of servers.values()) await server.close()
  }
  return groups
}

/**
 * @param {Context} context
 * @param {Framework} framework
 * @returns {Match[]}
 */
function listMatches({ settings }, framework) {
  const { algorithms, connections } = settings.http
  const crowded = algorithms.flatMap((algorithm) =>
    /** @type {const} */ (['hot', 'cold']).map((heat) => ({ framework, algorithm, heat, connections })),
  )
  /** @type {Omit<Match, 'players'>[]} */
  const alone = settings.http.alone ? [{ framework, algorithm: 'RS256', heat: 'hot', connections: 1 }] : []
  return [...crowded, ...alone]
    .map((match) => {
      const names = barred.find(
        ([on, alg, at]) => on === framework && alg === match.algorithm && at === match.heat,
      )?.[3]
      const players = contenders[framework].filter(
        ({ name, only }) =>
          only?.includes(match.algorithm) !== false && (settings.http.all || names?.includes(name) === true),
      )
      return { ...match, players }
    })
    .filter(({ players }) => players.length > 0)
}

/**
 * @param {Context} context
 * @param {Match} match
 * @param {ReadonlyMap<string, ServerChild>} servers
 * @param {string} folder
 * @returns {Promise<Group>}
 */
async function runMatch({ settings, say }, { framework, algorithm, heat, connections, players }, servers, folder) {
  const { rounds, seconds } = settings.http
  const name = `${framework} ${algorithm} ${heat}${connections === 1 ? ', one at a time' : ''}`
  const file = toTokenFile(folder, algorithm, heat)
  const playing = players.map((contender) => {
    const server = /** @type {ServerChild} */ (servers.get(contender.name))
    let first = 0
    return {
      name: contender.name,
      play: async () => {
        const { sample, requests } = await measure(server, { file, first, seconds, connections }, contender.name)
        first += requests + UNDER_WAY
        return sample
      },
    }
  })
  say(`http: ${name}, warm-up`)
  const own = servers.get('countersign')
  if (heat === 'cold' && own !== undefined) await fillTokenCache(own, toTokenFile(folder, 'fill'), connections)
  for (const { play } of playing) await play()
  const played = await interleave(playing, rounds, (round) => say(`http: ${name}, round ${round + 1} of ${rounds}`))
  const base = played.find((one) => one.name === NONE) ?? played.at(-1)
  return { section: 'http', name, base: base?.name ?? '', metrics, contenders: played }
}

/**
 * Fills the token cache with others, so that of cold tokens none is ever found in it.
 * @param {ServerChild} server
 * @param {string} file
 * @param {number} connections
 */
async function fillTokenCache(server, file, connections) {
  const tokens = readFileSync(file, 'utf8').split('\n').length
  const { requests: before } = await server.readUsage()
  for (let first = 0; first < tokens; first = (await server.readUsage()).requests - before)
    await sendLoad({ port: server.port, file, first, seconds: 1, connections })
}

/**
 * @param {ServerChild} server
 * @param {{ file: string, first: number, seconds: number, connections: number }} load
 * @param {string} name
 * @returns {Promise<{ sample: Sample, requests: number }>}
 */
async function measure(server, load, name) {
  const before = await server.readUsage()
  const result = await sendPlacedLoad({ port: server.port, ...load })
  const after = await server.readUsage()
  if (result.refused + result.broken > 0) {
    throw new Error(`${name} refused ${result.refused} good requests, and ${result.broken} got no answer`)
  }
  const requests = after.requests - before.requests
  const cpu = (after.cpuUs - before.cpuUs) / requests
  return { sample: { cpu, rps: result.requests / result.seconds, p50: result.p50Ms, p99: result.p99Ms }, requests }
}

/**
 * @param {Context} context
 * @param {string} folder
 */
async function writeTokens({ settings, world, say }, folder) {
  writeFileSync(toTokenFile(folder, 'fill'), (await world.fillTokens()).join('\n'))
  for (const algorithm of settings.http.algorithms) {
    say(`http: signing ${algorithm} tokens`)
    writeFileSync(toTokenFile(folder, algorithm, 'hot'), (await world.hotTokens(algorithm)).join('\n'))
    writeFileSync(toTokenFile(folder, algorithm, 'cold'), (await world.tokens(algorithm)).join('\n'))
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} name
 */
function toTokenFile(folder, ...name) {
  return path.join(folder, `${name.join('-')}.txt`)
}
