import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toPairwiseSubject } from '../../src/tokens/subject-name.js'

describe('toPairwiseSubject', () => {
  it('is base64url(SHA-256(lp(iss) ‖ lp(sub))), lengths in bytes, 4 of them, big-endian', () => {
    const input = Buffer.concat([
      Buffer.from('00000011', 'hex'),
      Buffer.from('https://a.example'),
      Buffer.from('00000003', 'hex'),
      Buffer.from('é!'),
    ])
    expect(toPairwiseSubject({ issuer: 'https://a.example', subject: 'é!' })).toBe(
      createHash('sha256').update(input).digest('base64url'),
    )
  })

  it('gives two parties two names, wherever one text ends and the other begins', () => {
    const party = fc.record({ issuer: fc.string(), subject: fc.string() })
    fc.assert(
      fc.property(party, party, (one, other) => {
        const isSame = one.issuer === other.issuer && one.subject === other.subject
        expect(toPairwiseSubject(one) === toPairwiseSubject(other)).toBe(isSame)
      }),
    )
    expect(toPairwiseSubject({ issuer: 'ab', subject: 'c' })).not.toBe(
      toPairwiseSubject({ issuer: 'a', subject: 'bc' }),
    )
  })
})
