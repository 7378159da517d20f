import { describe, expect, it } from 'vitest'
import { createTestClock } from '../src/index.js'

describe('createTestClock', () => {
  it('stands still until it is moved, and advances both clocks', () => {
    const clock = createTestClock(1000)
    const before = clock.monotonicNow()
    clock.advance(250)
    expect([clock.now(), clock.monotonicNow() - before]).toEqual([1250, 250])
  })

  it('moves the wall clock alone while the machine sleeps, or when somebody sets it', () => {
    const clock = createTestClock(1000)
    const before = clock.monotonicNow()
    clock.suspend(86_400_000)
    expect(clock.now()).toBe(86_401_000)
    clock.advanceWall(-86_400_000)
    expect(clock.now()).toBe(1000)
    clock.setWall(5)
    expect(clock.now()).toBe(5)
    expect(clock.monotonicNow()).toBe(before)
  })

  it('starts at the present moment', () => {
    const before = Date.now()
    const { now } = createTestClock()
    expect(now()).toBeGreaterThanOrEqual(before)
    expect(now()).toBeLessThanOrEqual(Date.now())
  })

  it('lets elapsed time never go back', () => {
    const clock = createTestClock(1000)
    expect(() => clock.advance(-1)).toThrow(RangeError)
    expect(() => clock.suspend(-1)).toThrow(RangeError)
    expect(() => clock.advance(Number.NaN)).toThrow('a finite number of milliseconds')
    expect(() => createTestClock(Number.POSITIVE_INFINITY)).toThrow(RangeError)
    expect([clock.now(), clock.monotonicNow()]).toEqual([1000, createTestClock(0).monotonicNow()])
  })
})
