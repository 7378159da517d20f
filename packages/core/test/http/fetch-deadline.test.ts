import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { raceDeadline, startDeadline } from '../../src/http/fetch-deadline.js'

describe('a deadline', () => {
  it('that has passed before the work was waited for ends the waiting at once, whatever comes of the work', async () => {
    const deadline = startDeadline(60_000)
    deadline.stop()
    await expect(raceDeadline(new Promise(() => {}), deadline.signal)).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
      detail: { closed: true },
    })
    await expect(raceDeadline(Promise.resolve('done'), deadline.signal)).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
    })
  })

  it('gives its own error, and the work its own where that comes first', async () => {
    await expect(raceDeadline(new Promise(() => {}), startDeadline(5).signal)).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_TIMEOUT',
      detail: { timeoutMs: 5 },
    })
    const { signal } = startDeadline(60_000)
    await expect(raceDeadline(Promise.resolve('done'), signal)).resolves.toBe('done')
    await expect(raceDeadline(Promise.reject(new RangeError('mine')), signal)).rejects.toThrow(RangeError)
  })
  it('is listened to by nobody once the work is done', async () => {
    const { signal } = startDeadline(60_000)
    const outcomes = [Promise.resolve('done'), Promise.reject(new RangeError('mine'))]
    await Promise.allSettled(outcomes.map((work) => raceDeadline(work, signal)))
    await new Promise((resolve) => setImmediate(resolve))
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
