import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestClock } from '@countersign/testing'
import type { TestClock } from '@countersign/testing'
import { createGate } from '../../src/issuers/gate.js'
import type { Gate } from '../../src/issuers/gate.js'
import { settle } from '../keys/scripted.js'
import { errorOfAsync, reasonOfAsync } from '../refusals.js'

/** A gate, and calls through it that end when the test says so. */
function createParts(): {
  readonly clock: TestClock
  readonly gate: Gate
  readonly open: (() => void)[]
  call(): Promise<string>
} {
  const clock = createTestClock()
  const gate = createGate({ ...clock, fetch: undefined })
  const open: (() => void)[] = []
  const call = (): Promise<string> =>
    reasonOfAsync(() => gate.pass(() => new Promise<void>((resolve) => void open.push(resolve))))
  return { clock, gate, open, call }
}

const passAtOnce = (gate: Gate): Promise<string> => reasonOfAsync(() => gate.pass(async () => {}))

describe('createGate', () => {
  it('gives what the call gives, and its very failure', async () => {
    const { gate } = createParts()
    expect(await gate.pass(async () => 'x')).toBe('x')
    const failure = new Error('no')
    await expect(gate.pass(() => Promise.reject(failure))).rejects.toBe(failure)
  })

  it('lets eight run at once; the next begins when one ends, in the order of coming', async () => {
    const { open, call } = createParts()
    const calls = Array.from({ length: 10 }, call)
    await settle()
    expect(open).toHaveLength(8)
    open[3]?.()
    await settle()
    expect(open).toHaveLength(9)
    open[8]?.()
    await settle()
    expect(open).toHaveLength(10)
    for (const end of open) end()
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 10 }, () => 'accepted'))
  })

  it('gives the place of a call that failed to the next one', async () => {
    const { gate } = createParts()
    for (let index = 0; index < 20; index++)
      await reasonOfAsync(() => gate.pass(() => Promise.reject(new Error('no')))).catch(() => '')
    expect(await passAtOnce(gate)).toBe('accepted')
  })

  it('gives the place of a call that throws to the next one', async () => {
    const { gate } = createParts()
    const thrower = (): never => {
      throw new TypeError('no')
    }
    for (let index = 0; index < 20; index++) await expect(gate.pass(thrower)).rejects.toThrow('no')
    expect(await passAtOnce(gate)).toBe('accepted')
  })

  it('lets 256 wait, and answers the next with 503 at once', async () => {
    const { gate, open, call } = createParts()
    const calls = Array.from({ length: 8 + 256 }, call)
    const error = await errorOfAsync(() => gate.pass(async () => {}))
    expect(error).toMatchObject({ reason: 'ERR_ISSUER_UNAVAILABLE', status: 503 })
    expect(Number(error.headers['Retry-After'])).toBeGreaterThanOrEqual(1)
    while (open.length < calls.length) {
      for (const end of open) end()
      await settle()
    }
    for (const end of open) end()
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['accepted']))
    expect(await passAtOnce(gate)).toBe('accepted')
  })

  it('lets 500 through in ten seconds, then answers with 503 and the rest of them', async () => {
    const { gate, clock } = createParts()
    for (let index = 0; index < 500; index++) expect(await passAtOnce(gate)).toBe('accepted')
    clock.advance(4_000)
    const error = await errorOfAsync(() => gate.pass(async () => {}))
    expect([error.reason, error.headers['Retry-After']]).toEqual(['ERR_ISSUER_UNAVAILABLE', '6'])
    clock.advance(5_999)
    expect(await passAtOnce(gate)).toBe('ERR_ISSUER_UNAVAILABLE')
    clock.advance(1)
    expect(await passAtOnce(gate)).toBe('accepted')
  })

  it('lets calls about known names through before all others, whatever those have used up', async () => {
    const { gate, open, call } = createParts()
    const calls = Array.from({ length: 8 + 256 }, call)
    await settle()
    expect(await passAtOnce(gate)).toBe('ERR_ISSUER_UNAVAILABLE')
    const known: string[] = []
    const passed = ['a', 'b'].map((name) => gate.passKnown(async () => void known.push(name)))
    await settle()
    expect(known).toEqual([])
    open[0]?.()
    await settle()
    expect(known).toEqual(['a', 'b'])
    await Promise.all(passed)
    while (open.length < calls.length) {
      for (const end of open) end()
      await settle()
    }
    for (const end of open) end()
    await Promise.all(calls)
    for (let index = 0; index < 600; index++) await passAtOnce(gate)
    expect(await passAtOnce(gate)).toBe('ERR_ISSUER_UNAVAILABLE')
    expect(await gate.passKnown(async () => 'known')).toBe('known')
  })

  it('counts elapsed time: setting the wall clock gives nobody a new budget', async () => {
    const { gate, clock } = createParts()
    for (let index = 0; index < 500; index++) await passAtOnce(gate)
    clock.advanceWall(3_600_000)
    expect(await passAtOnce(gate)).toBe('ERR_ISSUER_UNAVAILABLE')
  })
})

describe('a call that hangs', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('is answered with 503 after three seconds', async () => {
    const { call } = createParts()
    const answered = vi.fn<(reason: string) => void>()
    void call().then(answered)
    await vi.advanceTimersByTimeAsync(2_999)
    expect(answered).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(answered).toHaveBeenCalledWith('ERR_ISSUER_UNAVAILABLE')
  })

  it('keeps its place for thirty seconds, so that no more than eight ever run', async () => {
    const { gate, open, call } = createParts()
    const calls = Array.from({ length: 8 }, call)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ERR_ISSUER_UNAVAILABLE']))
    const next = call()
    await vi.advanceTimersByTimeAsync(26_999)
    expect([await next, open.length]).toEqual(['ERR_ISSUER_UNAVAILABLE', 8])
    await vi.advanceTimersByTimeAsync(1)
    expect(await passAtOnce(gate)).toBe('accepted')
  })

  it('and ends after it was given up frees no second place', async () => {
    const { open, call } = createParts()
    void Array.from({ length: 8 }, call)
    await vi.advanceTimersByTimeAsync(30_000)
    const late = open.splice(0)
    void Array.from({ length: 9 }, call)
    await vi.advanceTimersByTimeAsync(0)
    for (const end of late) end()
    await vi.advanceTimersByTimeAsync(0)
    expect(open).toHaveLength(8)
  })

  it('and fails after its deadline ends no process', async () => {
    const { gate } = createParts()
    const unhandled = vi.fn<() => void>()
    process.on('unhandledRejection', unhandled)
    const late = gate.pass(() => new Promise((_, reject) => void setTimeout(() => reject(new Error('late')), 5_000)))
    const outcome = reasonOfAsync(() => late)
    await vi.advanceTimersByTimeAsync(6_000)
    await settle()
    process.off('unhandledRejection', unhandled)
    expect(await outcome).toBe('ERR_ISSUER_UNAVAILABLE')
    expect(unhandled).not.toHaveBeenCalled()
  })
})

describe('a call that nobody waits for any more', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('is not made when its turn comes', async () => {
    const { open, call } = createParts()
    void Array.from({ length: 8 }, call)
    const waiting = Array.from({ length: 100 }, call)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['ERR_ISSUER_UNAVAILABLE']))
    for (const end of open) end()
    await vi.advanceTimersByTimeAsync(0)
    expect(open).toHaveLength(8)
  })
})
