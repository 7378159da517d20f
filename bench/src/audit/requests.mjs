// Hot requests on Express, with and without a trail. All in one process: two that do the very same differ by up to a tenth, by how
// they happened to be compiled and where that came to lie.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { checkServer } from '../http/check-server.mjs'
import { startChild } from '../http/child.mjs'
import { sendLoad } from '../http/load.mjs'
import { interleave } from '../rounds.mjs'

/** @import { Context, Group, Sample } from '../types.js' */
/** @import { ServerChild } from '../http/child.mjs' */

const NOT_AUDITED = 'not audited'
const CONNECTIONS = 32

/** @type {readonly (readonly [string, number | null])[]} */
const all = [
  [NOT_AUDITED, null],
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
  const facts = { issuer, jwksUri, audience: world.audience, folder }
  const contenders = all.filter(([, rate]) => rate !== 1 || settings.mode === 'full')
  say('audit: starting express')
  const rates = JSON.stringify(contenders.map(([, rate]) => rate))
  // In one process, they are on whatever core the other is: neither has to be placed.
  const server = await startChild(new URL('server.mjs', import.meta.url), [rates, JSON.stringify(facts)])
  try {
    for (const port of server.ports) await checkServer(port, false, world, ['RS256'])
    const players = contenders.map(([name], index) => {
      const load = { port: server.ports[index] ?? 0, connections: CONNECTIONS, file, first: 0, seconds: requestSeconds }
      return { name, play: () => measure(server, load) }
    })
    for (const { play } of players) await play()
    const played = await interleave(players, requestRounds, (round) =>
      say(`audit: requests, round ${round + 1} of ${requestRounds}`),
    )
    return {
      section: 'audit',
      name: 'hot requests on express, verdicts audited',
      base: NOT_AUDITED,
      isSteady: true,
      metrics: [
        { key: 'cpu', title: 'CPU a request', unit: 'µs' },
        { key: 'rps', title: 'requests a second', unit: '/s', rate: true },
      ],
      contenders: played,
    }
  } finally {
    await server.close()
  }
}

/**
 * @param {ServerChild} server
 * @param {import('../http/load.mjs').Load} load
 * @returns {Promise<Sample>}
 */
async function measure(server, load) {
  const before = await server.readUsage()
  const { requests, seconds, refused, broken } = await sendLoad(load)
  const after = await server.readUsage()
  if (refused + broken > 0) throw new Error(`${refused} good requests were refused, and ${broken} got no answer`)
  return { cpu: (after.cpuUs - before.cpuUs) / (after.requests - before.requests), rps: requests / seconds }
}
