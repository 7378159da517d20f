// The bars that --check holds the run against, as medians of the ratios of its rounds.
import { toRatio } from './rounds.mjs'

/** @import { BarResult, Findings, Spread } from './types.js' */

/**
 * @typedef {object} Bar
 * @property {string} title
 * @property {number} limit
 * @property {'most' | 'least'} sense
 * @property {string} unit empty for a ratio
 * @property {boolean} exact whether another Node gets no allowance: what is counted is not noise
 * @property {(findings: Findings) => { value: number, spread?: Spread } | undefined} read
 * @property {(findings: Findings) => number | undefined} [readUnguarded] what the server without authentication comes to
 */

const uncached = 'countersign, no token cache'
const limit = 'crypto.verify'
const hotLimit = 'crypto.verify RS256'
const bearer = 'express-oauth2-jwt-bearer'
const jwksRsa = 'koa-jwt + jwks-rsa'
const none = 'no authentication'

/** @type {readonly Bar[]} */
const bars = [
  ratio('Cold RS256, token cache off: CPU ÷ crypto.verify', 1.35, 'RS256 cold', uncached, limit, 'cpu'),
  ratio('Cold ES256, token cache off: CPU ÷ crypto.verify', 1.15, 'ES256 cold', uncached, limit, 'cpu'),
  ratio('Cold Ed25519, token cache off: CPU ÷ crypto.verify', 1.1, 'EdDSA cold', uncached, limit, 'cpu'),
  ratio('Cold RS256, token cache on: CPU ÷ crypto.verify', 1.55, 'RS256 cold', 'countersign', limit, 'cpu'),
  ratio('Cold ES256, token cache on: CPU ÷ crypto.verify', 1.25, 'ES256 cold', 'countersign', limit, 'cpu'),
  ratio('Hot RS256: CPU ÷ crypto.verify RS256', 0.14, 'RS256 hot', 'countersign', hotLimit, 'cpu'),
  ratio('Hot ES256: CPU ÷ crypto.verify RS256', 0.14, 'ES256 hot', 'countersign', hotLimit, 'cpu'),
  ratio('Hot Ed25519: CPU ÷ crypto.verify RS256', 0.14, 'EdDSA hot', 'countersign', hotLimit, 'cpu'),
  rate(`Express hot RS256: requests a second ÷ ${bearer}`, 3, 'express RS256 hot', bearer),
  rate(`Express hot ES256: requests a second ÷ ${bearer}`, 5, 'express ES256 hot', bearer),
  ratio(`Express cold RS256: CPU a request ÷ ${bearer}`, 0.75, 'express RS256 cold', 'countersign', bearer, 'cpu'),
  ratio(`Express cold ES256: CPU a request ÷ ${bearer}`, 0.65, 'express ES256 cold', 'countersign', bearer, 'cpu'),
  rate('Fastify hot RS256: requests a second ÷ fastify-jwt-jwks', 4.5, 'fastify RS256 hot', 'fastify-jwt-jwks'),
  rate(`Koa hot RS256: requests a second ÷ ${jwksRsa}`, 3, 'koa RS256 hot', jwksRsa),
  rate(`Koa hot ES256: requests a second ÷ ${jwksRsa}`, 7, 'koa ES256 hot', jwksRsa),
  ratio('Express hot: CPU a request ÷ no authentication', 1.4, 'express RS256 hot', 'countersign', none, 'cpu'),
  ratio('Fastify hot: CPU a request ÷ no authentication', 1.4, 'fastify RS256 hot', 'countersign', none, 'cpu'),
  ratio('Koa hot: CPU a request ÷ no authentication', 1.4, 'koa RS256 hot', 'countersign', none, 'cpu'),
  ratio(
    'Express hot, 1 % of the verdicts audited: CPU a request ÷ not audited',
    1.1,
    'hot requests on express, verdicts audited',
    '1 % recorded',
    'not audited',
    'cpu',
  ),
  ratio('10,000 issuers ÷ one: CPU', 1.1, 'issuers, countersign', '10000', '1', 'cpu'),
  fact('Heap over the start after 100,000 distinct tokens', 24, 'heap.100000', 'MiB'),
  {
    ...fact('Growth of the heap from 10,000 distinct tokens to 100,000', 1, 'heap.100000', 'MiB'),
    read: (findings) => toDifference(findings, 'heap.100000', 'heap.10000'),
  },
  fact('Random-kid flood of 10 s: fetches of the key set', 3, 'flood.fetches', '', true),
  { ...fact('Random-kid flood of 10 s: good tokens served', 100, 'flood.served', '%', true), sense: 'least' },
  fact('Random-kid flood of 10 s: new key accepted after its publication', 5.5, 'flood.newKey', 's'),
  { ...fact('Key server down: good tokens served for the stated hour', 100, 'down.served', '%', true), sense: 'least' },
  fact('Key server down: longest wait of a request', 5, 'down.wait', 'ms'),
  {
    ...fact('Key server hanging: good tokens served for the stated hour', 100, 'hanging.served', '%', true),
    sense: 'least',
  },
  fact('Key server hanging: longest wait of a request', 5, 'hanging.wait', 'ms'),
  fact('Withdrawn key: tokens taken once a set without it was read', 0, 'withdrawn.taken', '', true),
  ratio(
    'Import of @countersign/express ÷ express and jose',
    1.5,
    'imports',
    '@countersign/express',
    'express and jose',
    'wall',
  ),
  fact('Longest block of the event loop by one hostile request', 10, 'hostile.block', 'ms'),
]

/**
 * Judges what a run measured; a bar that it did not measure is left out.
 *
 * How many requests are served beside a peer depends on what of a peer's request is not the peer, and that on Node: Express costs 40 us a
 * request on 24 and 26, 140 and more on 20 and 22. On Node 24 the bars hold as they stand. On another one nobody is held to more than what the server without
 * authentication serves; where that falls short of the bar even with its allowance, the result says so.
 * @param {Findings} findings
 * @param {number} allowance 1, or 1.15 where the bars may be missed by so much: on another Node than 24
 * @returns {BarResult[]}
 */
export function judgeBars(findings, allowance) {
  /** @type {BarResult[]} */
  const results = []
  for (const { title, limit, sense, unit, exact, read, readUnguarded } of bars) {
    const found = read(findings)
    if (found === undefined) continue
    const unguarded = readUnguarded?.(findings)
    const isShort = allowance > 1 && sense === 'least' && found.value < limit / allowance
    const isOutOfReach = isShort && unguarded !== undefined && unguarded < limit / allowance
    const own = isOutOfReach ? unguarded : limit
    const allowed = exact ? own : sense === 'most' ? own * allowance : own / allowance
    const holds = sense === 'most' ? found.value <= allowed : found.value >= allowed
    const outOfReach = isOutOfReach ? { outOfReach: limit } : {}
    results.push({ title, limit: allowed, sense, unit, ...found, holds, ...outOfReach })
  }
  return results
}

/**
 * The factor by which the bars may be missed on a version of Node: they are those of 24.
 * @param {string} node
 */
export function toAllowance(node) {
  return node.startsWith('24.') ? 1 : 1.15
}

/** How many bars there are: a run that judges fewer has not measured everything. */
export const barCount = bars.length

/**
 * @param {string} title
 * @param {number} own
 * @param {string} group
 * @param {string} contender
 * @param {string} base
 * @param {string} metric
 * @returns {Bar}
 */
function ratio(title, own, group, contender, base, metric) {
  return {
    title,
    limit: own,
    sense: 'most',
    unit: '',
    exact: false,
    read: ({ groups }) => {
      const found = groups.find(({ name }) => name === group)
      const players = found?.contenders
      const samples = players?.find(({ name }) => name === contender)?.samples
      const others = players?.find(({ name }) => name === base)?.samples
      if (samples === undefined || others === undefined) return undefined
      const spread = toRatio(samples, others, metric, found?.isSteady)
      return { value: spread.median, spread }
    },
  }
}

/**
 * @param {string} title
 * @param {number} own
 * @param {string} group
 * @param {string} base
 * @returns {Bar}
 */
function rate(title, own, group, base) {
  const unguarded = ratio(title, own, group, none, base, 'rps')
  return {
    ...ratio(title, own, group, 'countersign', base, 'rps'),
    sense: 'least',
    readUnguarded: (findings) => unguarded.read(findings)?.value,
  }
}

/**
 * @param {string} title
 * @param {number} own
 * @param {string} key
 * @param {string} unit
 * @param {boolean} [exact]
 * @returns {Bar}
 */
function fact(title, own, key, unit, exact = false) {
  return { title, limit: own, sense: 'most', unit, exact, read: (findings) => findFact(findings, key) }
}

/**
 * @param {Findings} findings
 * @param {string} key
 */
function findFact({ facts }, key) {
  const value = facts.find((one) => one.key === key && (one.contender ?? 'countersign') === 'countersign')?.value
  return value === undefined ? undefined : { value }
}

/**
 * @param {Findings} findings
 * @param {string} later
 * @param {string} earlier
 */
function toDifference(findings, later, earlier) {
  const [end, start] = [findFact(findings, later), findFact(findings, earlier)]
  return end === undefined || start === undefined ? undefined : { value: end.value - start.value }
}
