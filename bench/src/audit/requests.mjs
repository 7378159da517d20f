// Hot requests on Express, with and without a trail.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { checkServer } from '../http/check-server.mjs'
import { startServer } from '../http/child.mjs'
import { sendLoad } from '../http/load.mjs'
import { interleave } from '../rounds.mjs'

/** @import { Context, Group, Sample } from '../types.js' */
/** @import { ServerChild } from '../http/child.mjs' */

const NOT_AUDITED = 'not audited'
const CONNECTIONS = 32

/** @type {readonly (readonly [string, number | undefined])[]} */
const contenders = [
  [NOT_AUDITED, undefined],
  ['1 % recorded', 0.01],
  ['all recorded', 1],
]

/**
 * Measures what the bar speaks of, and in the full form what recording all verdicts would cost.
 * @param {Context} context
 * @param {string} folder
 * @returns {Promise<Group>}
 */
export async function runRequests({ settings, world, say }, folder) {
  const { requestRounds, requestSeconds } = settings.audit
  const file = path.join(folder, 'hot.txt')
  writeFileSync(file, (await world.hotTokens('RS256')).join('\n'))
  const { issuer, jwksUri } = world.issuer
  const facts = { issuer, jwksUri, audience: world.audience }
  /** @type {ServerChild[]} */
  const servers = []
  try {
    const players = []
    for (const [name, rate] of contenders) {
      if (settings.mode !== 'full' && rate === 1) continue
      say(`audit: starting express, ${name}`)
      const audit = rate === undefined ? {} : { audit: { file: path.join(folder, `requests-${rate}.jsonl`), rate } }
      const server = await startServer('express', 'countersign', { ...facts, ...audit })
      servers.push(server)
      await checkServer(server.port, false, world, ['RS256'])
      players.push({ name, play: () => measure(server, { file, first: 0, seconds: requestSeconds }) })
    }
    for (const { play } of players) await play()
    const played = await interleave(players, requestRounds, (round) =>
      say(`audit: requests, round ${round + 1} of ${requestRounds}`),
    )
    return {
      section: 'audit',
      name: 'hot requests on express, verdicts audited',
      base: NOT_AUDITED,
      metrics: [
        { key: 'cpu', title: 'CPU a request', unit: 'µs' },
        { key: 'rps', title: 'requests a second', unit: '/s', rate: true },
      ],
      contenders: played,
    }
  } finally {
    for (const server of servers) await server.close()
  }
}

/**
 * @param {ServerChild} server
 * @param {{ file: string, first: number, seconds: number }} load
 * @returns {Promise<Sample>}
 */
async function measure(server, load) {
  const before = await server.readUsage()
  const { requests, seconds, refused, broken } = await sendLoad({
    port: server.port,
    connections: CONNECTIONS,
    ...load,
  })
  const after = await server.readUsage()
  if (refused + broken > 0) throw new Error(`${refused} good requests were refused, and ${broken} got no answer`)
  return { cpu: (after.cpuUs - before.cpuUs) / (after.requests - before.requests), rps: requests / seconds }
}
