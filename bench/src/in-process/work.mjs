// What a contender is given to verify, hot or cold.
import { countersign } from './contenders.mjs'

/** @import { Algorithm, World } from '../types.js' */
/** @import { Contender } from './contenders.mjs' */

/**
 * Hot: a few tokens again and again. Cold: every token is new to whoever remembers tokens, because its memory is full of others first.
 * @param {World} world
 * @param {Contender} contender
 * @param {Algorithm} algorithm
 * @param {boolean} isHot
 * @returns {Promise<(index: number) => unknown>}
 */
export async function createWork(world, contender, algorithm, isHot) {
  const tokens = isHot ? await world.hotTokens(algorithm) : await world.tokens(algorithm)
  if (isHot || contender !== countersign) return contender.create(world, algorithm, tokens)
  const others = await world.fillTokens()
  const work = contender.create(world, algorithm, [...others, ...tokens])
  for (let index = 0; index < others.length; index++) await work(index)
  return (index) => work(others.length + (index % tokens.length))
}
