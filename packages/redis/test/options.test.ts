import { describe, expect, it } from 'vitest'
import { cacheStore, replayStore } from '../src/index.js'
import type { CacheStoreOptions, RedisClient, ReplayStoreOptions } from '../src/index.js'

const client: RedisClient = { customCommand: () => Promise.reject(new Error('offline')) }
const secret = 'a secret that thirty-two bytes hold'

function explain(create: () => unknown): string {
  try {
    create()
  } catch (error) {
    return `${(error as { reason: string }).reason} ${(error as Error).message}`
  }
  return 'accepted'
}

describe('options of a replay store', () => {
  const read = (options: unknown): string => explain(() => replayStore(client, options as ReplayStoreOptions))

  it.each([
    {},
    { prefix: undefined, deadlineMs: undefined, breaker: undefined, logger: undefined, degraded: undefined },
    { prefix: 'api-1:', deadlineMs: 1, breaker: { failures: 1 }, runtime: { now: Date.now }, degraded: { local: 1 } },
    {
      deadlineMs: 1_000,
      breaker: { cooldownMs: 60_000 },
      logger: console,
      onDegraded() {},
      dangerouslyTrustEmptyServer: true,
    },
  ])('may be %o', (options) => {
    expect(read(options)).toBe('accepted')
  })

  it('may leave a clock out as undefined', () => {
    const options: ReplayStoreOptions = { runtime: { now: undefined, monotonicNow: undefined } }
    expect(read(options)).toBe('accepted')
  })

  it.each([
    [
      { prefix: 'a{b}' },
      'ERR_CONFIG_INVALID Option "prefix": got "a{b}", wants printable ASCII without spaces and braces.',
    ],
    [{ prefix: '' }, 'ERR_CONFIG_INVALID Option "prefix"'],
    [{ prefix: 'x'.repeat(65) }, 'ERR_CONFIG_INVALID Option "prefix"'],
    [
      { deadlineMs: 0 },
      'ERR_CONFIG_INVALID Option "deadlineMs": got 0, wants a number of milliseconds from 1 to 1000.',
    ],
    [{ deadlineMs: '50' }, 'ERR_CONFIG_INVALID Option "deadlineMs": got "50"'],
    [{ breaker: { failures: 1.5 } }, 'ERR_CONFIG_INVALID Option "breaker.failures"'],
    [
      { breaker: { cooldown: 5 } },
      'ERR_CONFIG_UNKNOWN Option "breaker.cooldown" is unknown. Did you mean "cooldownMs"?',
    ],
    [{ degraded: 'local' }, 'ERR_CONFIG_INVALID Option "degraded": got "local", wants { local, maxEntries? }.'],
    [{ degraded: {} }, 'ERR_CONFIG_MISSING Option "degraded.local"'],
    [{ degraded: { local: 3_601 } }, 'ERR_CONFIG_INVALID Option "degraded.local": got 3601'],
    [{ onDegraded: 'log' }, 'ERR_CONFIG_INVALID Option "onDegraded"'],
    [{ logger: {} }, 'ERR_CONFIG_INVALID Option "logger"'],
    [{ runtime: { now: 5 } }, 'ERR_CONFIG_INVALID Option "runtime.now": got 5'],
    [{ deadline: 50 }, 'ERR_CONFIG_UNKNOWN Option "deadline" is unknown. Did you mean "deadlineMs"?'],
    [{ dangerouslyTrustEmptyServer: 'yes' }, 'ERR_CONFIG_INVALID Option "dangerouslyTrustEmptyServer"'],
    [{ secrets: [secret] }, 'ERR_CONFIG_UNKNOWN Option "secrets" is unknown.'],
  ])('cannot be %o', (options, message) => {
    expect(read(options)).toContain(message)
  })
})

describe('options of a cache store', () => {
  const read = (options: unknown): string => explain(() => cacheStore(client, options as CacheStoreOptions))

  it('need secrets alone', () => {
    expect(read({ secrets: [secret, Buffer.alloc(32, 1)] })).toBe('accepted')
  })

  it.each([
    [{}, 'ERR_CONFIG_MISSING Option "secrets": got nothing, wants a list of 1 to 8 secrets.'],
    [{ secrets: [] }, 'ERR_CONFIG_INVALID Option "secrets": got an empty list'],
    [{ secrets: secret }, 'ERR_CONFIG_INVALID Option "secrets"'],
    [{ secrets: Array.from({ length: 9 }, () => secret) }, 'ERR_CONFIG_INVALID Option "secrets": got a list'],
    [{ secrets: [secret], maxValueBytes: 0 }, 'ERR_CONFIG_INVALID Option "maxValueBytes"'],
    [{ secrets: [secret], degraded: { local: 1 } }, 'ERR_CONFIG_UNKNOWN Option "degraded"'],
  ])('cannot be %o', (options, message) => {
    expect(read(options)).toContain(message)
  })

  it.each(['hunter2', Buffer.from('hunter2')])('never show a secret, however short', (short) => {
    const message = read({ secrets: [short] })
    expect(message).toContain('ERR_CONFIG_INVALID Option "secrets[0]"')
    expect(message).not.toMatch(/hunter2|104,117/)
    expect(read({ secrets: short })).not.toMatch(/hunter2|104,117/)
  })
})
