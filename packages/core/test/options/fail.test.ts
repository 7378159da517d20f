import { describe, expect, it } from 'vitest'
import { findNearest } from '../../src/options/fail.js'

const KNOWN = [
  'audience',
  'audienceMatch',
  'issuers',
  'clockToleranceSeconds',
  'maxTokenAgeSeconds',
  'realm',
  'limits',
  'network',
]

describe('findNearest', () => {
  it.each([
    ['audence', 'audience'],
    ['AUDIENCE', 'audience'],
    ['audiencematch', 'audienceMatch'],
    ['issuer', 'issuers'],
    ['clockTolerance', 'clockToleranceSeconds'],
    ['reaml', 'realm'],
    ['limit', 'limits'],
    ['maxTokenAge', 'maxTokenAgeSeconds'],
  ])('takes %s for %s', (name, nearest) => {
    expect(findNearest(name, KNOWN)).toBe(nearest)
  })

  it.each(['', 'zzzzzzzzzz', 'skipSignatureCheck', '🔑🔑🔑🔑🔑🔑'])('takes %j for nothing', (name) => {
    expect(findNearest(name, KNOWN)).toBeUndefined()
  })

  it('knows nothing where nothing is known', () => {
    expect(findNearest('audience', [])).toBeUndefined()
  })
})
