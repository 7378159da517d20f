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

  it('holds so many and no more; a token that comes again takes the place of what was used longest ago', () => {
    const cache = createTokenCache(3)
    const entry = toEntry()
    const list = (...names: string[]) => names.filter((name) => cache.find(name) === entry)
    for (const name of ['1', '2', '3']) cache.remember(name, entry)
    cache.find('1')
    cache.remember('4', entry)
    cache.remember('4', entry)
    expect(list('1', '2', '3', '4')).toEqual(['1', '3', '4'])
  })

  it('gives no place away to a token that comes once: those that are used stay, whatever else goes by', () => {
    const cache = createTokenCache(3)
    const entry = toEntry()
    for (const name of ['1', '2', '3']) cache.remember(name, entry)
    for (let name = 4; name < 1_000; name++) cache.remember(String(name), entry)
    expect(['1', '2', '3'].map((name) => cache.find(name))).toEqual([entry, entry, entry])
  })

  it('finds most of those that come in turns of a few more than it holds', () => {
    const cache = createTokenCache(100)
    let found = 0
    for (let turn = 0; turn < 10; turn++)
      for (let name = 0; name < 110; name++) {
        if (cache.find(String(name)) === undefined) cache.remember(String(name), toEntry())
        else found++
      }
    // Of 990. By the time of their use alone, every one would be forgotten right before it comes.
    expect(found).toBeGreaterThan(800)
  })

  it('remembers of those that found no place so many as it holds, and forgets them too', () => {
    const cache = createTokenCache(2)
    const entry = toEntry()
    for (const name of ['1', '2', 'early', 'between', 'last', 'early']) cache.remember(name, entry)
    expect(cache.find('early')).toBeUndefined()
    cache.remember('late', entry)
    cache.clear()
    for (const name of ['1', '2', 'late']) cache.remember(name, entry)
    expect(cache.find('late')).toBeUndefined()
  })

  it('takes a new entry of a token that it has, full or not', () => {
    const cache = createTokenCache(1)
    const [first, second] = [toEntry(), toEntry()]
    cache.remember('1', first)
    cache.remember('1', second)
    expect(cache.find('1')).toBe(second)
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
