import { describe, expect, it } from 'vitest'
import { readMountOptions } from '../../src/http/mount-options.js'
import { errorOf } from '../refusals.js'

describe('readMountOptions', () => {
  it('caps a body at half a megabyte, or at what it is told', () => {
    for (const options of [undefined, {}, { maxBodyBytes: undefined }]) {
      expect(readMountOptions(options)).toEqual({ maxBodyBytes: 524_288 })
    }
    for (const maxBodyBytes of [0, 1, 67_108_864]) expect(readMountOptions({ maxBodyBytes })).toEqual({ maxBodyBytes })
  })

  it('takes no cap that caps nothing, and no misspelt name', () => {
    for (const maxBodyBytes of [-1, 1.5, Number.NaN, Infinity, 67_108_865, '1', null]) {
      const { message } = errorOf(() => readMountOptions({ maxBodyBytes } as never))
      expect(message).toMatch(/^Option "maxBodyBytes": got .+bytes/)
    }
    expect(errorOf(() => readMountOptions({ maxBytes: 1 } as never)).message).toContain('Did you mean "maxBodyBytes"?')
  })
})
