import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { VerificationKey } from '../../src/ports.js'
import { decode } from '../../src/steps/decode.js'
import { createHeaderCache } from '../../src/stores/header-cache.js'
import { claims, encode, LIMITS, toCredentials, toSigned } from '../parts.js'

const { header } = decode(toCredentials(toSigned(claims())), { limits: LIMITS })
const toKey = (kid: string | undefined) => ({ kid }) as VerificationKey
const nameless = toKey(undefined)

describe('createHeaderCache', () => {
  it('finds a header by its whole encoded text', () => {
    const cache = createHeaderCache()
    cache.remember('abc', header, nameless)
    expect([cache.find('abc'), cache.find('ab'), cache.find('abcd'), cache.find('ABC')]).toEqual([
      header,
      ...Array.from({ length: 3 }, () => undefined),
    ])
  })

  it('holds five hundred, and lets go of what was used longest ago', () => {
    const cache = createHeaderCache()
    for (let index = 0; index < 500; index++) cache.remember(`h${index}`, header, nameless)
    cache.find('h0')
    cache.remember('h500', header, nameless)
    expect([cache.find('h0'), cache.find('h1'), cache.find('h500')]).toEqual([header, undefined, header])
  })

  it('has room for two keys of each issuer, and for no more than twenty thousand headers', () => {
    for (const [issuers, room] of [
      [1, 500],
      [1_000, 2_000],
      [1_000_000, 20_000],
    ] as const) {
      const cache = createHeaderCache(issuers)
      for (let index = 0; index <= room; index++) cache.remember(`h${index}`, header, nameless)
      expect([cache.find('h0'), cache.find('h1')]).toEqual([undefined, header])
    }
  })

  it('changes nothing of a header, whatever the name of the key that held under it', () => {
    const cache = createHeaderCache()
    const { kid: _, ...without } = header
    for (const [index, kid] of [header.kid, undefined, 'another'].entries()) {
      cache.remember(`named${index}`, header, toKey(kid))
      cache.remember(`unnamed${index}`, { ...without, kid: undefined }, toKey(kid))
      expect(cache.find(`named${index}`)).toEqual(header)
      expect(cache.find(`unnamed${index}`)?.kid).toBeUndefined()
    }
  })

  it('keeps no more of a token alive than its header', () => {
    const cache = createHeaderCache()
    const text = encode({ alg: 'ES256', kid: 'k1' })
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    collect()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < 100; index++) {
      const token = `${text}${index}.${'x'.repeat(1_000_000)}`
      cache.remember(token.slice(0, token.indexOf('.')), header, nameless)
    }
    collect()
    // A hundred megabytes if each name were a slice of its token.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(25_000_000)
    expect(cache.find(`${text}0`)).toBe(header)
  })

  it('is asked before a header is decoded, and answers for none that it was not told', () => {
    const cache = createHeaderCache()
    const token = toSigned(claims())
    expect(decode(toCredentials(token), { limits: LIMITS }, cache).header).not.toBe(header)
    cache.remember(token.slice(0, token.indexOf('.')), header, nameless)
    expect(decode(toCredentials(token), { limits: LIMITS }, cache).header).toBe(header)
  })
})
