import { describe, expect, it } from 'vitest'
import { createTokenCache, toCacheKey } from '../../src/stores/token-cache.js'
import type { Remembered } from '../../src/stores/token-cache.js'
import { claims, toParts, toSigned, toVerified } from '../parts.js'

function toEntry(): Remembered<unknown> {
  return { verified: toVerified(claims()), issuer: toParts().issuer, verdict: undefined }
}

describe('createTokenCache', () => {
  it('finds what it was told to remember, until it is told to forget it', () => {
    const cache = createTokenCache(10)
    const [one, two] = [toEntry(), toEntry()]
    cache.remember('1', one)
    cache.remember('2', two)
    expect([cache.find('1'), cache.find('2'), cache.find('3')]).toEqual([one, two, undefined])
    cache.forget('1')
    expect([cache.find('1'), cache.find('2')]).toEqual([undefined, two])
    cache.clear()
    expect(cache.find('2')).toBeUndefined()
  })

  it('holds so many and no more; what was used longest ago goes first', () => {
    const cache = createTokenCache(3)
    const entry = toEntry()
    for (const name of ['1', '2', '3']) cache.remember(name, entry)
    cache.find('1')
    cache.remember('4', entry)
    expect(['1', '2', '3', '4'].filter((name) => cache.find(name) === entry)).toEqual(['1', '3', '4'])
  })

  it('shares nothing with another cache', () => {
    const [a, b] = [createTokenCache(10), createTokenCache(10)]
    a.remember('1', toEntry())
    expect(b.find('1')).toBeUndefined()
  })
})

describe('toCacheKey', () => {
  it('is the SHA-256 of the whole token: 43 characters, whatever its length, and none of its text', () => {
    const token = toSigned(claims())
    expect(toCacheKey('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
    expect(toCacheKey(token)).toHaveLength(43)
    for (const part of token.split('.')) expect(toCacheKey(token)).not.toContain(part)
  })

  it('differs where the tokens differ in one character, be it of the signature', () => {
    const token = toSigned(claims())
    const keys = [token, `${token}A`, token.slice(0, -1), `${token.slice(0, -1)}!`, ` ${token}`].map(toCacheKey)
    expect(new Set(keys).size).toBe(keys.length)
  })
})
