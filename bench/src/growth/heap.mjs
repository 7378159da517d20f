// What 100,000 distinct tokens leave in memory: measured by heap-child.mjs in a process of its own.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** @import { Context, Fact } from '../types.js' */

/**
 * Gives the heap and the resident memory over the start, after so many distinct tokens, the token cache at its default bound.
 * @param {Context} context
 * @returns {Promise<Fact[]>}
 */
export async function growHeap({ settings, say }) {
  const counts = settings.growth.tokens
  say(`growth: ${Math.max(...counts)} distinct tokens`)
  const file = fileURLToPath(new URL('heap-child.mjs', import.meta.url))
  const child = spawn(process.execPath, ['--expose-gc', file, ...counts.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  /** @type {Fact[]} */
  const facts = []
  for await (const line of createInterface({ input: child.stdout })) {
    const { tokens, heapMiB, rssMiB } = JSON.parse(line)
    const of = `after ${Number(tokens).toLocaleString('en')} tokens`
    facts.push(
      { section: 'growth', key: `heap.${tokens}`, title: `Heap over the start ${of}`, value: heapMiB, unit: 'MiB' },
      {
        section: 'growth',
        key: `rss.${tokens}`,
        title: `Resident memory over the start ${of}`,
        value: rssMiB,
        unit: 'MiB',
      },
    )
  }
  if (facts.length !== counts.length * 2) throw new Error('The process that fills the token cache ended early')
  return facts
}
