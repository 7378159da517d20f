// What happens when things go wrong: fetches made, answers given, and how long good callers wait.
import { contenders } from '../http/apps.mjs'
import { stormColdStart } from './cold-start.mjs'
import { stormExpired } from './expired.mjs'
import { stormFlood } from './flood.mjs'
import { stormHostile } from './hostile.mjs'
import { stormOutages } from './outage.mjs'

/** @import { Context, Fact, Findings } from '../types.js' */

/**
 * @param {Context} context
 * @returns {Promise<Findings>}
 */
export async function runStorms(context) {
  const peers = context.settings.storms.peers ? contenders.express.slice(2).map(({ name }) => name) : []
  /** @type {Fact[]} */
  const facts = [...(await stormOutages(context)), ...(await stormHostile(context))]
  for (const contender of ['countersign', ...peers]) {
    facts.push(...(await stormColdStart(context, contender)), ...(await stormFlood(context, contender)))
    if (peers.length > 0) facts.push(...(await stormExpired(context, contender)))
  }
  return { groups: [], facts }
}
