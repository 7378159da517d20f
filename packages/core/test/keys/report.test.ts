import { describe, expect, it } from 'vitest'
import { toKeySet } from '../../src/keys/key-set.js'
import { createKeysReporter } from '../../src/keys/report.js'
import { makePair } from './jwks.js'
import { createKeepingLogger, issuer } from './scripted.js'

const one = makePair('P-256', 'one').jwk
const rsa = makePair('RSA', 'rsa').jwk
const edwards = makePair('Ed25519', 'edwards').jwk

/** What is told of a set that replaces another. */
function tell(before: readonly object[], after: readonly object[]): readonly string[] {
  const logger = createKeepingLogger()
  const previous = toKeySet({ keys: before })
  const set = toKeySet({ keys: after }, previous)
  createKeysReporter(issuer, logger).read({ set, unchanged: false, lifetimeMs: 300_000 }, previous, 0)
  return logger.lines.map(({ message }) => message)
}

describe('a set that replaces another', () => {
  it.each([
    ['another key of the same kid', [one], [makePair('P-256', 'one').jwk]],
    ['a key of another kind of the same kid', [one], [{ ...edwards, kid: 'one' }]],
    ['other keys, none of which has a kid', [{ ...one, kid: undefined }], [{ ...makePair().jwk, kid: undefined }]],
    ['other keys of the same kids', [one, rsa], [makePair('P-256', 'one').jwk, makePair('RSA', 'rsa').jwk]],
    ['an RSA key of the same modulus and another exponent', [rsa], [{ ...rsa, e: 'Aw' }]],
  ])('is reported where it has %s', (_, before, after) => {
    expect(tell(before, after)).toEqual(['An issuer replaced all its keys at once'])
  })

  it.each([
    ['the same keys and one more', [one], [one, rsa]],
    ['one of its keys', [one, rsa, edwards], [edwards]],
    ['its key under another kid', [one], [{ ...one, kid: 'two' }]],
    ['its key without the kid', [edwards], [{ ...edwards, kid: undefined }]],
    ['its key with an alg', [rsa], [{ ...rsa, alg: 'RS256' }]],
    ['its key for one issuer', [one], [{ ...one, issuer }]],
  ])('is ordinary where it has %s', (_, before, after) => {
    expect(tell(before, after)).toEqual([])
  })
})
