import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { refuse, settle } from '../src/settle.js'

const response = () => new ServerResponse({ method: 'GET' } as IncomingMessage)

describe('settle', () => {
  it('hands on once the work is done, with nothing', async () => {
    const calls: unknown[][] = []
    settle(Promise.resolve('a value'), response(), (...called) => void calls.push(called))
    await setImmediate()
    expect(calls).toEqual([[]])
  })

  it('gives next what next itself throws, as Express does', async () => {
    const calls: unknown[] = []
    settle(Promise.resolve(), response(), (error) => {
      calls.push(error)
      if (error === undefined) throw new TypeError('thrown by next')
    })
    await setImmediate()
    expect(calls).toEqual([undefined, new TypeError('thrown by next')])
  })

  it('ends the response where next never stops throwing: a request does not hang, nothing is unhandled', async () => {
    const res = response()
    settle(Promise.reject(new Error('refused')), res, () => {
      throw new TypeError('thrown by next')
    })
    await setImmediate()
    expect(res.destroyed).toBe(true)
  })
})

describe('refuse', () => {
  // next() goes on to the next handler, next('route') to the next route: neither may come of a failure.
  it.each([[undefined], [null], ['route'], ['router'], [0]])('hands on %o as an error', (thrown) => {
    const calls: unknown[] = []
    refuse(thrown, response(), (error) => void calls.push(error))
    expect(calls).toEqual([expect.objectContaining({ reason: 'ERR_UNEXPECTED', status: 500 })])
  })
})
