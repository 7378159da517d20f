import type { Logger } from '@countersign/core'
import { silentLogger } from '@countersign/core/adapter'
import { describe, expect, it } from 'vitest'
import { createBreaker } from '../src/breaker.js'
import { withDeadline } from '../src/deadline.js'
import { isDenial, isRefusal, isUnknownScript, toFailure } from '../src/failure.js'
import { createGate } from '../src/gate.js'

const systemClock = { now: () => Date.now(), monotonicNow: () => performance.now() }

describe('a deadline', () => {
  it('gives what the work gives', async () => {
    expect(await withDeadline(1_000, () => Promise.resolve(7))).toEqual({ kind: 'done', value: 7 })
  })

  it('gives the failure of the work, however it fails', async () => {
    const error = new Error('no')
    expect(await withDeadline(1_000, () => Promise.reject(error))).toEqual({ kind: 'failed', error })
  })

  it('ends the waiting, tells the work, and lets it fail later without anybody hearing of it', async () => {
    let fail: (error: Error) => void = () => {}
    let isLate = (): boolean => false
    const outcome = await withDeadline(10, (asked) => {
      isLate = asked
      return new Promise((_, reject) => (fail = reject))
    })
    expect(outcome).toEqual({ kind: 'late' })
    expect(isLate()).toBe(true)
    // Vitest fails the run for an unhandled rejection.
    fail(new Error('much later'))
    await new Promise((resolve) => setTimeout(resolve, 10))
  })

  it('counts an answer that lay there while this process was busy', async () => {
    const outcome = withDeadline(20, () => new Promise((resolve) => setTimeout(() => setImmediate(resolve, 'here'), 1)))
    const busyUntil = performance.now() + 60
    while (performance.now() < busyUntil);
    expect(await outcome).toEqual({ kind: 'done', value: 'here' })
  })
})

describe('a breaker', () => {
  const create = (): { breaker: ReturnType<typeof createBreaker>; advance(ms: number): void } => {
    let nowMs = 0
    const clock = { now: () => nowMs, monotonicNow: () => nowMs }
    return { breaker: createBreaker({ failures: 3, cooldownMs: 1_000 }, clock), advance: (ms) => void (nowMs += ms) }
  }

  it('opens after so many failures in a row', () => {
    const { breaker } = create()
    expect([breaker.fail(), breaker.fail(), breaker.succeed(), breaker.fail(), breaker.fail()]).not.toContain(true)
    expect(breaker.tryEnter()).toBe(true)
    expect(breaker.fail()).toBe(true)
    expect(breaker.isOpen).toBe(true)
    expect(breaker.tryEnter()).toBe(false)
    expect(breaker.waitMs).toBe(1_000)
  })

  it('lets one call try after the pause, and the others when that succeeded', () => {
    const { breaker, advance } = create()
    for (let count = 0; count < 3; count++) breaker.fail()
    advance(999)
    expect(breaker.tryEnter()).toBe(false)
    advance(1)
    expect([breaker.tryEnter(), breaker.tryEnter()]).toEqual([true, false])
    expect(breaker.succeed()).toBe(true)
    expect([breaker.tryEnter(), breaker.tryEnter()]).toEqual([true, true])
  })

  it('pauses anew where the one call failed', () => {
    const { breaker, advance } = create()
    for (let count = 0; count < 3; count++) breaker.fail()
    advance(1_000)
    breaker.tryEnter()
    expect(breaker.fail()).toBe(false)
    advance(999)
    expect(breaker.tryEnter()).toBe(false)
    advance(1)
    expect(breaker.tryEnter()).toBe(true)
  })
})

describe('a gate', () => {
  it('answers 503 with Retry-After, and keeps of the cause its name and code alone', async () => {
    const gate = createGate(
      { deadlineMs: 1_000, breaker: { failures: 1, cooldownMs: 4_200 } },
      systemClock,
      silentLogger,
    )
    const cause = Object.assign(new Error('connect to redis://user:password@host'), { code: 'ECONNREFUSED' })
    const error = await gate.run(() => Promise.reject(cause)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'UpstreamError',
      reason: 'ERR_STORE_UNAVAILABLE',
      status: 503,
      headers: { 'Retry-After': '5' },
      detail: { failure: 'ECONNREFUSED' },
      cause: { name: 'Error', code: 'ECONNREFUSED', status: undefined },
    })
  })

  it('begins nothing while it is open, and tells when it opens and closes', async () => {
    const lines: unknown[] = []
    const logger: Logger = {
      ...silentLogger,
      warn: (...line) => void lines.push(line),
      info: (...line) => void lines.push(line),
    }
    let nowMs = 0
    const clock = { now: () => nowMs, monotonicNow: () => nowMs }
    const gate = createGate({ deadlineMs: 1_000, breaker: { failures: 2, cooldownMs: 100 } }, clock, logger)
    let begun = 0
    const fail = (): Promise<never> => {
      begun += 1
      return Promise.reject(new Error('OOM command not allowed'))
    }
    for (let count = 0; count < 5; count++) await gate.run(fail).catch(() => {})
    expect(begun).toBe(2)
    nowMs = 100
    expect(await gate.run(() => Promise.resolve('back'))).toBe('back')
    expect(lines).toEqual([['Redis counts as away', { failure: 'OOM', cooldownMs: 100 }], ['Redis answers again']])
  })
})

describe('the failure of a client', () => {
  const glide = 'An error was signalled by the server: - '
  it.each([
    ['OOM command not allowed', 'OOM'],
    ["OOM: command not allowed when used memory > 'maxmemory'.", 'OOM'],
    [`${glide}PermissionDenied: this user`, 'PermissionDenied'],
    ['connect ECONNREFUSED 127.0.0.1:1', 'Error'],
    ['user bob SAYS something', 'Error'],
  ])('%s is called %s', (message, name) => {
    expect(toFailure(new Error(message))).toBe(name)
  })

  it.each([undefined, null, 12, 'text', { message: 7 }, { name: 'a name with spaces' }])(
    '%s is called Error',
    (thrown) => {
      expect(toFailure(thrown)).toBe('Error')
    },
  )

  it('is a refusal where the server answered', () => {
    expect(['READONLY You', `${glide}ResponseError: x`].map((text) => isRefusal(new Error(text)))).toEqual([true, true])
    expect(['Connection is closed.', 'Socket closed'].map((text) => isRefusal(new Error(text)))).toEqual([false, false])
  })

  it('is a denial, or an unknown script, in the words of each library', () => {
    const denials = [
      'NOPERM User a has no',
      `${glide}PermissionDenied: x`,
      "ERR The user executing the script can't run this command",
    ]
    expect(denials.map((text) => isDenial(new Error(text)))).toEqual([true, true, true])
    const unknown = ['NOSCRIPT No matching script.', `${glide}NoScriptError: No matching script.`, 'OOM x']
    expect(unknown.map((text) => isUnknownScript(new Error(text)))).toEqual([true, true, false])
  })
})
