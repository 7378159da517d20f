// A key server that is gone, or a key that is, while the hours pass: what callers of a running server see of it, by its own defaults.
import { createTestIssuer } from '@countersign/testing'
import { startChild } from '../http/child.mjs'
import { mintToken } from '../world.mjs'
import { createClient, toServedPercent } from './client.mjs'

/** @import { TestIssuer } from '@countersign/testing' */
/** @import { Context, Fact } from '../types.js' */
/** @import { Answer } from './client.mjs' */

/**
 * One server, and what happens around it.
 * @typedef {object} Scene
 * @property {TestIssuer} issuer
 * @property {(minute: number, token: string) => Promise<Answer>} askAt asks once the server's clocks are so many minutes ahead
 */

/** Minutes after the keys were read at which somebody asks: countersign has them for five, the peers for ten. */
const ASKED_AT = [1, 4, 9, 11, 30, 59]
/** Nobody waits any longer for a withdrawn key to be refused. */
const MOST_MINUTES = 60
const shape = { section: /** @type {const} */ ('storms') }

/**
 * @param {Context} context
 * @param {string} contender
 * @returns {Promise<Fact[]>}
 */
export async function stormExpired({ say }, contender) {
  say(`storms: ${contender}, an hour without the key server, and a key withdrawn`)
  return [
    ...(await play(contender, (scene) => endure(scene, 'down'))),
    ...(await play(contender, (scene) => endure(scene, 'hanging'))),
    ...(await play(contender, withdraw)),
  ].map((fact) => ({ ...fact, contender }))
}

/**
 * @param {Scene} scene
 * @param {'down' | 'hanging'} kind
 * @returns {Promise<Fact[]>}
 */
async function endure({ issuer, askAt }, kind) {
  await issuer.outage(kind)
  const answers = []
  for (const minute of ASKED_AT) answers.push(await askAt(minute, await mintToken(issuer, 'RS256', minute)))
  const of = `An hour with the key server ${kind}`
  const longestMs = Math.max(...answers.map(({ ms }) => ms))
  const last = answers.at(-1)?.status ?? 0
  return [
    {
      ...shape,
      key: `hour.${kind}.served`,
      title: `${of}: requests served`,
      value: toServedPercent(answers),
      unit: '%',
    },
    { ...shape, key: `hour.${kind}.last`, title: `${of}: status of the last answer`, value: last, unit: '' },
    { ...shape, key: `hour.${kind}.wait`, title: `${of}: longest wait`, value: longestMs, unit: 'ms' },
  ]
}

/**
 * A key leaves the set as another one comes. A token of the new one is accepted, so that the set without the old one was read.
 * @param {Scene} scene
 * @returns {Promise<Fact[]>}
 */
async function withdraw({ issuer, askAt }) {
  const old = await mintToken(issuer, 'RS256', 1)
  await issuer.rotate({ keep: false })
  let minute = 1
  const { status } = await askAt(minute, await mintToken(issuer, 'RS256', 2))
  if (status !== 200) throw new Error(`A token of the new key was answered with ${status}`)
  while (minute < MOST_MINUTES && (await askAt(minute, old)).status === 200) minute++
  const title = 'Withdrawn key: still taken, after a token of the next one was, for'
  return [{ ...shape, key: 'hour.withdrawn', title, value: minute - 1, unit: 'min' }]
}

/**
 * Plays one scene on a server that has read its keys.
 * @param {string} contender
 * @param {(scene: Scene) => Promise<Fact[]>} scene
 * @returns {Promise<Fact[]>}
 */
async function play(contender, scene) {
  const issuer = await createTestIssuer({ algorithms: ['RS256'] })
  await issuer.listen()
  const facts = { issuer: issuer.issuer, jwksUri: issuer.jwksUri, audience: 'https://api.example.com' }
  const server = await startChild(new URL('ahead-server.mjs', import.meta.url), [
    'express',
    contender,
    JSON.stringify(facts),
  ])
  const client = createClient()
  try {
    const { status } = await client.ask(server.port, await mintToken(issuer, 'RS256', 0))
    if (status !== 200) throw new Error(`${contender} answered ${status} while all was well`)
    return await scene({
      issuer,
      askAt: async (minute, token) => {
        await server.tell({ aheadMs: minute * 60_000 })
        return client.ask(server.port, token)
      },
    })
  } finally {
    client.close()
    await server.close()
    await issuer.close()
  }
}
