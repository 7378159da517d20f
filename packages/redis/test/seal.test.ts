import { describe, expect, it } from 'vitest'
import { OVERHEAD_BYTES, createSeal } from '../src/seal.js'

const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const value = Buffer.from('what an issuer said')

describe('a sealed value', () => {
  it('opens under its name, until it expires', () => {
    const { seal, open } = createSeal([first])
    const sealed = seal('name', value, 1_000)
    expect(open('name', sealed, 999)).toEqual(value)
    expect(open('name', sealed, 1_000)).toBe('expired')
  })

  it('opens with every secret and is sealed with the first, so that secrets can be rotated', () => {
    const old = createSeal([first])
    const rotated = createSeal([second, first])
    expect(rotated.open('name', old.seal('name', value, 1_000), 0)).toEqual(value)
    expect(old.open('name', rotated.seal('name', value, 1_000), 0)).toBeUndefined()
  })

  it('opens under no other name', () => {
    const { seal, open } = createSeal([first])
    expect(open('other', seal('name', value, 1_000), 0)).toBeUndefined()
  })

  it('opens in no other form than it was given', () => {
    const { seal, open } = createSeal([first])
    const bytes = Buffer.from(seal('name', value, 1_000), 'base64url')
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(open('name', changed.toString('base64url'), 0)).toBeUndefined()
      expect(open('name', bytes.subarray(0, index).toString('base64url'), 0)).toBeUndefined()
    }
  })

  it('never looks the same twice, shows nothing of the value, and is longer by a constant', () => {
    const { seal } = createSeal([first])
    const sealed = Array.from({ length: 100 }, () => seal('name', value, 1_000))
    expect(new Set(sealed).size).toBe(100)
    const bytes = Buffer.from(sealed[0] ?? '', 'base64url')
    expect(bytes.includes('issuer')).toBe(false)
    expect(bytes.length).toBe(value.length + OVERHEAD_BYTES)
  })

  it.each(['', 'AA', 'not sealed at all, and longer than a head and a tag would be together'])('is not %j', (text) => {
    expect(createSeal([first]).open('name', text, 0)).toBeUndefined()
  })
})
