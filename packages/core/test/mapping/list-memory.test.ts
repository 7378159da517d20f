import { describe, expect, it } from 'vitest'
import { createListMemory } from '../../src/mapping/list-memory.js'

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

  it('reads a text anew once five hundred others came, and a long one each time', () => {
    const read: string[] = []
    const toList = createListMemory((text) => (read.push(text), [text]))
    for (let index = 0; index < 500; index++) toList(`t${index}`)
    toList('t0')
    expect(read.length).toBe(500)
    toList('one more')
    toList('t0')
    expect(read.slice(500)).toEqual(['one more', 't0'])
    const [long, longer] = ['x'.repeat(500), 'x'.repeat(501)]
    for (const text of [long, long, longer, longer]) expect(Object.isFrozen(toList(text))).toBe(true)
    expect(read.slice(502)).toEqual([long, longer, longer])
  })
})
