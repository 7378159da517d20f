import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toReplayId } from '../../src/stores/replay-id.js'

describe('toReplayId', () => {
  it('is 16 bytes of SHA-256 over length-prefixed parts: part of what a shared store holds, so that versions agree', () => {
    const digest = createHash('sha256').update('4:dpop3:jkt1:u2:é').digest().subarray(0, 16)
    expect(toReplayId('dpop', 'jkt', 'u', 'é')).toBe(digest.toString('base64url'))
    expect(toReplayId('dpop', 'jkt', 'u', 'é')).toMatch(/^[\w-]{22}$/)
  })

  it('D13: differs for each key, each URL and each jti', () => {
    const ids = [
      toReplayId('dpop', 'key', 'url', 'jti'),
      toReplayId('dpop', 'key2', 'url', 'jti'),
      toReplayId('dpop', 'key', 'url2', 'jti'),
      toReplayId('dpop', 'key', 'url', 'jti2'),
      toReplayId('cas', 'key', 'url', 'jti'),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('reads no two lists of parts alike, wherever their letters are divided', () => {
    for (const [left, right] of [
      [
        ['ab', 'c'],
        ['a', 'bc'],
      ],
      [
        ['a', ''],
        ['', 'a'],
      ],
      [['a'], ['a', '']],
      [['1:a'], ['1', 'a']],
      [['1:a1:b'], ['a', 'b']],
      [[], ['']],
    ] as const) {
      expect(toReplayId(...left)).not.toBe(toReplayId(...right))
    }
    const parts = fc.array(fc.stringMatching(/^[0-9:a]{0,4}$/), { maxLength: 4 })
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        expect(toReplayId(...left) === toReplayId(...right)).toBe(JSON.stringify(left) === JSON.stringify(right))
      }),
    )
  })
})
