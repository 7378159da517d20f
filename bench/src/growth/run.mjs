// What grows with issuers, keys, tokens and their length.
import { growHeap } from './heap.mjs'
import { growIssuers } from './issuers.mjs'
import { growKeys } from './keys.mjs'
import { growSizes } from './sizes.mjs'

/** @import { Context, Findings } from '../types.js' */

/**
 * @param {Context} context
 * @returns {Promise<Findings>}
 */
export async function runGrowth(context) {
  const groups = [...(await growIssuers(context)), ...(await growKeys(context)), ...(await growSizes(context))]
  return { groups, facts: await growHeap(context) }
}
