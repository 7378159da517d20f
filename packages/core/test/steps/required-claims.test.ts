import { describe, expect, it } from 'vitest'
import { checkClaimRule } from '../../src/steps/required-claims.js'
import { errorOf, reasonOf } from '../refusals.js'

const PAYLOAD = JSON.parse(
  '{"a":"x","b":["x","y"],"c":{"d":{"e":"deep"}},"https://acme.example/roles":["r"],"f":false,"n":null,"z":0,"mixed":["x",1],"__proto__":{"own":"x"}}',
) as Readonly<Record<string, unknown>>

function reason(path: readonly string[], oneOf?: readonly string[]): string {
  return reasonOf(() => checkClaimRule(PAYLOAD, { path, oneOf }))
}

describe('checkClaimRule', () => {
  it('demands that the claim is there, whatever it says', () => {
    for (const path of [['a'], ['b'], ['c', 'd'], ['c', 'd', 'e'], ['f'], ['z'], ['https://acme.example/roles']]) {
      expect(reason(path)).toBe('accepted')
    }
    for (const path of [
      ['missing'],
      ['n'],
      ['c', 'x'],
      ['a', 'length'],
      ['b', '0'],
      ['b', 'length'],
      ['n', 'x'],
      ['c.d.e'],
    ]) {
      expect(reason(path)).toBe('ERR_TOKEN_CLAIM_MISSING')
    }
  })

  it('demands one of the values, by a string or by an array that holds one', () => {
    expect(reason(['a'], ['x'])).toBe('accepted')
    expect(reason(['b'], ['q', 'y'])).toBe('accepted')
    expect(reason(['c', 'd', 'e'], ['deep'])).toBe('accepted')
    for (const [path, values] of [
      [['a'], ['X', 'xx', '']],
      [['b'], ['x,y', 'x y', 'z']],
    ] as const) {
      expect(reason(path, values)).toBe('ERR_TOKEN_CLAIM_VALUE')
    }
  })

  it('refuses any other type, an array with one wrong entry too', () => {
    for (const path of [['f'], ['z'], ['c'], ['mixed']])
      expect(reason(path, ['x', 'false', '0'])).toBe('ERR_TOKEN_CLAIM_TYPE')
  })

  it('where one tenant is due, refuses a list of them, one of which is it', () => {
    const judge = (path: readonly string[]): string =>
      reasonOf(() => checkClaimRule(PAYLOAD, { path, oneOf: ['x'], single: true }))
    expect(judge(['a'])).toBe('accepted')
    expect(judge(['b'])).toBe('ERR_TOKEN_CLAIM_TYPE')
    expect(judge(['https://acme.example/roles'])).toBe('ERR_TOKEN_CLAIM_TYPE')
  })

  it('follows own members alone', () => {
    for (const path of [
      ['constructor'],
      ['constructor', 'name'],
      ['toString'],
      ['c', '__proto__'],
      ['c', 'hasOwnProperty'],
    ]) {
      expect(reason(path, ['Object'])).toBe('ERR_TOKEN_CLAIM_MISSING')
    }
    expect(reason(['__proto__', 'own'], ['x'])).toBe('accepted')
  })

  it('reports every failure under the reason that it is given', () => {
    for (const path of [['missing'], ['f'], ['a']]) {
      expect(reasonOf(() => checkClaimRule(PAYLOAD, { path, oneOf: ['q'] }, 'ERR_TOKEN_AUDIENCE'))).toBe(
        'ERR_TOKEN_AUDIENCE',
      )
    }
  })

  it('names the claim and the values wanted, never the value found', () => {
    const error = errorOf(() => checkClaimRule(PAYLOAD, { path: ['c', 'd', 'e'], oneOf: ['q'] }))
    expect(error.detail).toEqual({ claim: 'c d e', wants: ['q'] })
  })
})
