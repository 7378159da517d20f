import { randomBytes } from 'node:crypto'
import type { ConfigurationError } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import type { SigningKeysOptions } from '../../src/index.js'
import { createSigningKeys, localKeyWrapper, memoryKeys } from '../../src/index.js'
import { readSigningKeysOptions } from '../../src/keys/option-tables.js'
import { DAY_MS, HOUR_MS, MINUTE_MS } from './parts.js'

const base = { store: memoryKeys(), wrapper: localKeyWrapper([randomBytes(32)]) }

function refusal(options: Partial<SigningKeysOptions>): string {
  try {
    void createSigningKeys({ ...base, ...options }).close()
    return 'taken'
  } catch (error) {
    return (error as ConfigurationError).message
  }
}

describe('the times of a rotation', () => {
  it('are by default 24 h pending, 30 d active, 24 h retiring', () => {
    const { rules, refreshMs, maxStaleMs, name } = readSigningKeysOptions(base)
    expect({ ...rules, refreshMs, maxStaleMs, name }).toEqual({
      algorithms: ['ES256'],
      pendingMs: DAY_MS,
      activeMs: 30 * DAY_MS,
      retiringMs: DAY_MS,
      denyMs: HOUR_MS + 5_000 + 305_000,
      marginMs: 305_000,
      refreshMs: 10_000,
      maxStaleMs: 300_000,
      name: 'signing-keys',
    })
  })

  it('let a key retire for as long as the longest token needs, where that is more than 24 h', () => {
    const { rules } = readSigningKeysOptions({ ...base, maxTokenLifetimeSeconds: 7 * 86_400 })
    expect(rules.retiringMs).toBe(7 * DAY_MS + 305_000)
  })

  it.each([
    ['pendingMs', { pendingMs: 15 * MINUTE_MS - 1 }, 'at least 900000 milliseconds'],
    ['pendingMs', { pendingMs: HOUR_MS, verifierCacheSeconds: 3_600 }, 'at least 3900000 milliseconds'],
    ['pendingMs', { pendingMs: 15 * MINUTE_MS - 1, verifierCacheSeconds: 0 }, 'at least 900000 milliseconds'],
    ['activeMs', { activeMs: DAY_MS + 304_999 }, 'at least 86705000 milliseconds'],
    ['activeMs', { activeMs: 90 * DAY_MS + 1 }, 'a number of milliseconds from 1 to 7776000000'],
    ['retiringMs', { retiringMs: HOUR_MS + 304_999 }, 'at least 3905000 milliseconds'],
    ['maxStaleMs', { maxStaleMs: 29_999 }, 'at least 30000 milliseconds'],
    ['maxStaleMs', { maxStaleMs: 300_001 }, 'a number of milliseconds from 1000 to 300000'],
    ['algorithms', { algorithms: ['ES256', 'ES256'] as const }, 'each algorithm once'],
    ['algorithms[0]', { algorithms: ['HS256' as 'ES256'] }, 'one of "ES256"'],
    ['algorithms', { algorithms: [] }, 'a list of ES256'],
  ])('that break an invariant are refused by name: %s', (option, options, wants) => {
    expect(refusal(options)).toContain(`Option "${option}": got`)
    expect(refusal(options)).toContain(`wants ${wants}`)
  })

  it('are taken at the very bound', () => {
    expect(refusal({ pendingMs: 15 * MINUTE_MS })).toBe('taken')
    expect(refusal({ activeMs: DAY_MS + 305_000 })).toBe('taken')
    expect(refusal({ retiringMs: HOUR_MS + 305_000 })).toBe('taken')
  })

  it.each([
    ['store', { store: {} as never }],
    ['wrapper', { wrapper: 'secret' as never }],
    ['audit', { audit: {} as never }],
    ['rotateEvery', { rotateEvery: 1 } as never],
    ['runtime', { runtime: 1 } as never],
    ['runtime.now', { runtime: { now: 1 } as never }],
  ])('come with nothing else: %s', (option, options) => {
    expect(refusal(options)).toContain(`Option "${option}"`)
  })
})
