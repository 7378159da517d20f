import { describe, expect, it } from 'vitest'
import { compileMapping } from '../../src/mapping/compile.js'
import { createListMemory, toListReader } from '../../src/mapping/list-memory.js'

describe('createListMemory', () => {
  it('gives one frozen list for one text', () => {
    const toList = createListMemory((text) => text.split(' '))
    const list = toList('a b')
    expect(list).toEqual(['a', 'b'])
    expect(Object.isFrozen(list)).toBe(true)
    expect(toList('a b')).toBe(list)
    expect(toList('b a')).toEqual(['b', 'a'])
    expect(toList('__proto__')).toEqual(['__proto__'])
  })

  it('invariant 11: reads a text anew once a thousand others came, and a long one each time', () => {
    const read: string[] = []
    const toList = createListMemory((text) => (read.push(text), [text]))
    for (let index = 0; index < 1_000; index++) toList(`t${index}`)
    toList('t0')
    expect(read.length).toBe(1_000)
    toList('one more')
    toList('t0')
    expect(read.slice(1_000)).toEqual(['one more', 't0'])
    const [long, longer] = ['x'.repeat(500), 'x'.repeat(501)]
    for (const text of [long, long, longer, longer]) expect(Object.isFrozen(toList(text))).toBe(true)
    expect(read.slice(1_002)).toEqual([long, longer, longer])
  })

  it('invariant 11: reads a text anew once others of a hundred thousand characters came', () => {
    const read: string[] = []
    const toList = createListMemory((text) => (read.push(text), [text]))
    const texts = Array.from({ length: 201 }, (_, index) => String(index).padStart(500, '-'))
    for (let turn = 0; turn < 2; turn++) for (const text of texts.slice(0, 200)) toList(text)
    expect(read).toEqual(texts.slice(0, 200))
    toList(texts[200] ?? '')
    // What was forgotten counts no longer: there is room for as much again.
    for (let turn = 0; turn < 2; turn++) for (const text of texts.slice(0, 199)) toList(text)
    expect(read.slice(200)).toEqual([texts[200], ...texts.slice(0, 199)])
  })
})

describe('toListReader', () => {
  it('leaves a text whole without a separator, and leaves out empty parts with one', () => {
    expect(toListReader(undefined)('a b')).toEqual(['a b'])
    expect(toListReader(' ')(' a  b ')).toEqual(['a', 'b'])
    expect(toListReader(', ')('a b, c')).toEqual(['a b', 'c'])
  })

  it('has one memory for all mappings: what two issuers say alike is one list', () => {
    const map = compileMapping({ roles: { claim: ['scope'], separator: ' ' } })
    const other = compileMapping(undefined)
    const { scopes, roles } = map({ scope: 'read write' })
    expect(roles).toEqual(['read', 'write'])
    expect(scopes).toBe(roles)
    expect(other({ scope: 'read write' }).scopes).toBe(roles)
  })

  it('invariant 11: has no memory for a fifth separator, and reads it all the same', () => {
    for (const separator of [' ', ',', ';', '|', '/', '+']) expect(toListReader(separator)('a')).toEqual(['a'])
    const toList = toListReader('~')
    const list = toList('a~b~')
    expect(list).toEqual(['a', 'b'])
    expect(Object.isFrozen(list)).toBe(true)
    expect(toList('a~b~')).not.toBe(list)
    expect(toListReader(' ')('a b')).toBe(toListReader(' ')('a b'))
  })
})
