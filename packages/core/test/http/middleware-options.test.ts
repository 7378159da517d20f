import { describe, expect, it } from 'vitest'
import { readMiddlewareOptions } from '../../src/http/middleware-options.js'
import { errorOf } from '../refusals.js'

describe('readMiddlewareOptions', () => {
  it('demands credentials unless it is told that they are optional', () => {
    expect(readMiddlewareOptions(undefined)).toEqual({ optional: false })
    expect(readMiddlewareOptions({})).toEqual({ optional: false })
    expect(readMiddlewareOptions({ optional: undefined })).toEqual({ optional: false })
    expect(readMiddlewareOptions({ optional: true })).toEqual({ optional: true })
  })

  it('opens no door for a word that merely looks like yes, or for a misspelt name', () => {
    for (const optional of ['true', 'false', 1, 0, null, {}, []]) {
      expect(errorOf(() => readMiddlewareOptions({ optional } as never)).message).toMatch(
        /^Option "optional": got .+, wants true or false\. Strings such as "false" count as neither\.$/,
      )
    }
    expect(errorOf(() => readMiddlewareOptions({ optionl: true } as never)).message).toBe(
      'Option "optionl" is unknown. Did you mean "optional"?',
    )
    for (const options of ['optional', true, []]) {
      expect(errorOf(() => readMiddlewareOptions(options as never)).reason).toBe('ERR_CONFIG_INVALID')
    }
  })
})
