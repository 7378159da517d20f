// Five hundred requests at once on a server that has no keys yet.
import { createTestIssuer } from '@countersign/testing'
import { startServer } from '../http/child.mjs'
import { mintTokens } from '../world.mjs'
import { createClient, toP99Ms, toServedPercent } from './client.mjs'

/** @import { Context, Fact } from '../types.js' */

/**
 * @param {Context} context
 * @param {string} contender
 * @returns {Promise<Fact[]>}
 */
export async function stormColdStart({ settings, say }, contender) {
  const count = settings.storms.coldRequests
  say(`storms: ${contender}, cold start with ${count} requests`)
  const issuer = await createTestIssuer({ algorithms: ['RS256'] })
  await issuer.listen()
  const tokens = await mintTokens(issuer, 'RS256', count)
  const facts = { issuer: issuer.issuer, jwksUri: issuer.jwksUri, audience: 'https://api.example.com' }
  const server = await startServer('express', contender, facts)
  const client = createClient()
  try {
    const answers = await Promise.all(tokens.map((token) => client.ask(server.port, token)))
    const fetches = issuer.requests.filter(({ endpoint }) => endpoint === 'jwks').length
    const shape = { section: /** @type {const} */ ('storms'), contender }
    const of = `Cold start with ${count} requests`
    return [
      { ...shape, key: 'cold.fetches', title: `${of}: fetches of the key set`, value: fetches, unit: '' },
      { ...shape, key: 'cold.served', title: `${of}: served`, value: toServedPercent(answers), unit: '%' },
      { ...shape, key: 'cold.p99', title: `${of}: p99`, value: toP99Ms(answers), unit: 'ms' },
    ]
  } finally {
    client.close()
    await server.close()
    await issuer.close()
  }
}
