import { CountersignError } from '@countersign/core'
import type { Verifier } from '@countersign/core'
import { afterAll, describe, expect, it } from 'vitest'
import { attacks } from '../attacks/attacks.js'
import { createVictim } from '../attacks/victim.js'
import { isLong, report, TIMEOUT_MS } from './long-form.js'
import { worstRequests } from './worst-requests.js'

/** The bound, and five times that in the short form: other suites run beside it. */
const MOST_MS = isLong ? 10 : 50

/** The best of so many runs counts: the machine and the collector have business of their own. */
const RUNS = isLong ? 50 : 5

const victim = await createVictim()
afterAll(() => victim.close())

/** How long a request keeps the thread, in milliseconds: nothing that it is judged by has to be waited for. */
async function measure(find: () => Verifier, judge: (verifier: Verifier) => Promise<unknown>): Promise<number> {
  let best = Infinity
  for (let run = 0; run < RUNS; run++) {
    const verifier = find()
    const startedAt = performance.now()
    try {
      await judge(verifier)
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
    }
    best = Math.min(best, performance.now() - startedAt)
  }
  return best
}

function reportLongest(what: string, durations: ReadonlyMap<string, number>): void {
  const [longest] = [...durations].toSorted(([, one], [, other]) => other - one)
  report(`event loop: the longest of ${durations.size} ${what} took ${longest?.[1].toFixed(2)} ms: ${longest?.[0]}`)
}

describe('invariant 11: the event loop', () => {
  it('is kept by none of the costliest requests for longer than 10 ms', { timeout: TIMEOUT_MS }, async () => {
    const durations = new Map<string, number>()
    for (const { name, first, create, request } of worstRequests) {
      const verifier = create()
      const find = first === true ? create : () => verifier
      durations.set(name, await measure(find, (api) => api.authenticate(request(api))))
    }
    reportLongest('costly requests', durations)
    expect([...durations].filter(([, ms]) => ms > MOST_MS)).toEqual([])
  })

  it('is kept by no attack for longer than 10 ms', { timeout: TIMEOUT_MS }, async () => {
    const durations = new Map<string, number>()
    for (const { title, tokens } of attacks) {
      for (const { name, token } of (await tokens?.(victim)) ?? []) {
        durations.set(
          `${title}: ${name}`,
          await measure(
            () => victim.verifier,
            (verifier) => verifier.verify(token),
          ),
        )
      }
    }
    reportLongest('attacks', durations)
    expect(durations.size).toBeGreaterThan(600)
    expect([...durations].filter(([, ms]) => ms > MOST_MS)).toEqual([])
  })
})
