import { describe, expect, it } from 'vitest'
import { isSecret, toSecretDigest } from '../../src/clients/secret.js'

const digests = ['first', 'second'].map(toSecretDigest)

describe('a secret', () => {
  it('is any of those that are registered', () => {
    expect(isSecret('first', digests)).toBe(true)
    expect(isSecret('second', digests)).toBe(true)
  })

  it.each(['', 'third', 'First', 'first ', 'firs'])('is nothing else: %j', (secret) => {
    expect(isSecret(secret, digests)).toBe(false)
  })

  it('is none of nobody, not even the one whose digest stands in for theirs', () => {
    expect(isSecret('first', undefined)).toBe(false)
    expect(isSecret('', undefined)).toBe(false)
    expect(isSecret('', [])).toBe(false)
  })
})
