import { describe, expect, it } from 'vitest'
import { parseJson } from '../src/json.js'

const LIMITS = { depth: 16, members: 256 }

function parse(text: string, limits: Partial<typeof LIMITS> = {}): unknown {
  return parseJson(text, { ...LIMITS, ...limits })
}

describe('parseJson', () => {
  it.each([
    '{}',
    '[]',
    'null',
    '0',
    '"text"',
    '{"a":1,"b":[true,false,null],"c":{"a":1}}',
    '{"a":{"b":1},"c":{"b":2}}',
    '[{"a":1},{"a":2}]',
    ' \t\r\n{ "a" : 1 } ',
    '{"":1," ":2}',
    '{"a:b":"c:d","{":"}","[":"]","\\"":"\\\\","\\\\":":"}',
    '{"\\u0061":1}',
    '{"a":1,"A":2,"\\u0430":3,"a\\u0000":4}',
    '{"n":-0.5e-7,"big":123456789012345678901234567890}',
    '{"😀":"\\ud83d\\ude00"}',
  ])('gives for %j what JSON.parse gives', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text))
  })

  it('freezes the result throughout', () => {
    const value = parse('{"a":{"b":[{"c":1}]}}') as { a: { b: [{ c: number }] } }
    for (const part of [value, value.a, value.a.b, value.a.b[0]]) expect(Object.isFrozen(part)).toBe(true)
  })

  describe('refuses a member that is named twice', () => {
    it.each([
      ['at the top', '{"a":1,"a":2}'],
      ['with the same value', '{"a":1,"a":1}'],
      ['among others', '{"a":1,"b":2,"c":3,"a":4}'],
      ['three times', '{"a":1,"a":2,"a":3}'],
      ['nested in an object', '{"x":{"a":1,"a":2}}'],
      ['nested in an array', '{"x":[0,{"a":1,"a":2}]}'],
      ['in a text that is an array', '[{"a":1,"a":2}]'],
      ['whose earlier value is an object that vanishes', '{"a":{"b":1,"c":2},"a":0}'],
      ['whose earlier value held as many members as the later one', '{"a":{"b":1},"a":{"c":1}}'],
      ['once as an escape', '{"a":1,"\\u0061":2}'],
      ['with an escape in another case', '{"\\u00E9":1,"\\u00e9":2}'],
      ['once raw and once as an escape', '{"é":1,"\\u00e9":2}'],
      ['as a pair of surrogates and as the character', '{"😀":1,"\\ud83d\\ude00":2}'],
      ['with an escaped slash', '{"/":1,"\\/":2}'],
      ['with the empty name', '{"":1,"":2}'],
      ['as __proto__', '{"__proto__":1,"__proto__":2}'],
      ['as __proto__ with an object', '{"__proto__":{},"__proto__":{}}'],
      ['as constructor', '{"constructor":1,"constructor":2}'],
      ['as an index', '{"0":1,"0":2}'],
      ['while colons stand in strings', '{"a":"::","a":":"}'],
    ])('%s', (_, text) => {
      expect(() => JSON.parse(text)).not.toThrow()
      expect(() => parse(text)).toThrow(new SyntaxError('A member is named twice'))
    })
  })

  it('tells names apart that differ in case, in normal form or in white space', () => {
    for (const text of [
      '{"a":1,"A":2}',
      '{"é":1,"e\\u0301":2}',
      '{"a":1,"a ":2}',
      '{"a":1,"\\ta":2}',
      '{"ſ":1,"s":2}',
    ]) {
      expect(Object.keys(parse(text) as object)).toHaveLength(2)
    }
  })

  it('keeps __proto__ as an own member that changes no prototype', () => {
    const value = parse('{"__proto__":{"polluted":true},"a":{"__proto__":null}}') as Record<string, unknown>
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(value['polluted']).toBeUndefined()
    expect(Object.hasOwn(value, '__proto__')).toBe(true)
    expect(Object.isFrozen(Object.getOwnPropertyDescriptor(value, '__proto__')?.value)).toBe(true)
  })

  it('counts the depth of arrays and objects together, before anything is built', () => {
    const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth)
    expect(parse(nested('[', ']', 16))).toBeInstanceOf(Array)
    expect(() => parse(nested('[', ']', 17))).toThrow('The JSON is nested too deeply')
    expect(() => parse('{"a":'.repeat(17))).toThrow('The JSON is nested too deeply')
    expect(() => parse('['.repeat(10_000_000))).toThrow('The JSON is nested too deeply')
    expect(parse('[[],[],[[]],{},{}]', { depth: 3 })).toEqual([[], [], [[]], {}, {}])
    expect(parse('["[[[[","{{{{"]', { depth: 1 })).toEqual(['[[[[', '{{{{'])
  })

  it('counts members in the whole text, before anything is built', () => {
    expect(parse('[{"a":1},{"a":1}]', { members: 2 })).toHaveLength(2)
    expect(() => parse('[{"a":1},{"a":1},{"a":1}]', { members: 2 })).toThrow('The JSON has too many members')
    expect(() => parse(':'.repeat(10_000_000))).toThrow('The JSON has too many members')
    expect(parse('["::::",":"]', { members: 0 })).toEqual(['::::', ':'])
  })

  it('counts objects and arrays too: thousands of empty ones hold no member, and cost the most', () => {
    const many = (count: number, empty: string): string => `[${Array.from({ length: count }, () => empty).join(',')}]`
    for (const empty of ['{}', '[]']) {
      expect(parse(many(271, empty))).toHaveLength(271)
      expect(() => parse(many(272, empty))).toThrow('The JSON has too many objects and arrays')
    }
    expect(parse(many(5, '{}'), { members: 2, depth: 4 })).toHaveLength(5)
    expect(() => parse(many(6, '{}'), { members: 2, depth: 4 })).toThrow('The JSON has too many objects and arrays')
  })

  it('finds the end of a string behind any number of backslashes', () => {
    expect(parse('["\\\\",{"a":1}]')).toEqual(['\\', { a: 1 }])
    expect(() => parse('["\\\\",{"a":1,"a":1}]')).toThrow('A member is named twice')
    expect(parse('["\\\\\\"",":"]', { members: 0 })).toEqual(['\\"', ':'])
    expect(() => parse(`["${'\\'.repeat(100_001)}"]`)).toThrow(SyntaxError)
  })

  it.each([
    '"\\ud800"',
    '["a\\udfffb"]',
    '{"\\ud83d":1}',
    '{"a":{"b":["\\ud83d\\u0061"]}}',
    '"\\ude00\\ud83d"',
    '"\\uD83D"',
  ])('refuses half a surrogate pair in %s', (text) => {
    expect(() => JSON.parse(text)).not.toThrow()
    expect(() => parse(text)).toThrow(new SyntaxError('A string holds half a surrogate pair'))
  })

  it.each([
    '',
    ' ',
    '{',
    '}',
    '{"a"}',
    '{"a":}',
    '{"a":1',
    '"',
    '"a',
    '{"a":1}}',
    '{"a":1}{"b":2}',
    ':',
    '{:}',
    '[1,]',
    '\u00a0{}',
    'undefined',
    '"\t"',
  ])('refuses %j as no JSON', (text) => {
    expect(() => parse(text)).toThrow(SyntaxError)
  })
})
