import { createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toSpki } from '../../src/keys/spki.js'
import { makePair } from './jwks.js'

describe('the form in which slow curves are imported', () => {
  it.each(['P-384', 'P-521'] as const)('is that of OpenSSL itself for %s', (family) => {
    const { jwk } = makePair(family)
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    expect(toSpki(jwk)).toEqual(key.export({ format: 'der', type: 'spki' }))
  })

  it.each(['P-384', 'P-521'] as const)('does not let OpenSSL take a point of %s that is off its curve', (family) => {
    const { jwk } = makePair(family)
    const spki = toSpki({ ...jwk, y: jwk.x ?? '' }) ?? Buffer.alloc(0)
    expect(() => createPublicKey({ key: spki, format: 'der', type: 'spki' })).toThrow(Error)
  })

  it.each(['P-256', 'RSA', 'Ed25519'] as const)('is not needed for %s', (family) => {
    expect(toSpki(makePair(family).jwk)).toBeUndefined()
  })
})
