import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { localKeyWrapper } from '../../src/index.js'
import type { KeyWrapper } from '../../src/index.js'
import { MAX_SEALED_BYTES, open, seal } from '../../src/keys/seal.js'

const [first, second] = [randomBytes(32), randomBytes(48)]
const wrapper = localKeyWrapper([first])
const context = { name: 'signing-keys', version: '7' }
const document = Buffer.from('{"records":[]}')

describe('a sealed document', () => {
  it('opens under its name and version, and under no other', async () => {
    const sealed = await seal(wrapper, context, document)
    expect(await open(wrapper, context, sealed)).toEqual(document)
    expect(await open(wrapper, { ...context, version: '8' }, sealed)).toBeUndefined()
    expect(await open(wrapper, { ...context, version: '07' }, sealed)).toBeUndefined()
    expect(await open(wrapper, { ...context, name: 'signing-key' }, sealed)).toBeUndefined()
  })

  it('opens with whichever secret it was sealed with, and not without that', async () => {
    const sealed = await seal(wrapper, context, document)
    expect(await open(localKeyWrapper([second, first]), context, sealed)).toEqual(document)
    expect(await open(localKeyWrapper([second]), context, sealed)).toBeUndefined()
    const moved = await seal(localKeyWrapper([second, first]), context, document)
    expect(await open(localKeyWrapper([second]), context, moved)).toEqual(document)
  })

  it('does not open once a single bit of it was changed, anywhere, or its end was cut off', async () => {
    const sealed = await seal(wrapper, context, document)
    for (let at = 0; at < sealed.length * 8; at++) {
      const changed = Uint8Array.from(sealed)
      changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7))
      expect(await open(wrapper, context, changed)).toBeUndefined()
      expect(await open(wrapper, context, sealed.subarray(0, at >> 3))).toBeUndefined()
    }
  })

  it('that is not one, or is longer than any can be, does not open', async () => {
    expect(await open(wrapper, context, new Uint8Array())).toBeUndefined()
    expect(await open(wrapper, context, new Uint8Array(64).fill(1))).toBeUndefined()
    const long = Buffer.alloc(MAX_SEALED_BYTES + 1, 1)
    expect(await open(wrapper, context, long)).toBeUndefined()
  })

  it('never repeats a byte that could tell two documents to be alike', async () => {
    const [left, right] = [await seal(wrapper, context, document), await seal(wrapper, context, document)]
    expect(left.length).toBe(right.length)
    const alike = [...left].filter((byte, at) => at > 3 && byte === right[at]).length
    expect(alike).toBeLessThan(left.length / 8)
  })

  it('hands the wrapper 32 bytes and the context, and nothing of the keys', async () => {
    const asked: unknown[] = []
    const kms: KeyWrapper = {
      async wrap(bytes, given) {
        asked.push([bytes.length, given])
        return wrapper.wrap(bytes, given)
      },
      unwrap: (bytes, given) => wrapper.unwrap(bytes, given),
    }
    expect(await open(kms, context, await seal(kms, context, document))).toEqual(document)
    expect(asked).toEqual([[32, context]])
  })

  it('is not made with what is no wrapped key', async () => {
    for (const wrapped of [new Uint8Array(), new Uint8Array(8_193), 'text' as never]) {
      const broken: KeyWrapper = { wrap: async () => wrapped, unwrap: async () => undefined }
      await expect(seal(broken, context, document)).rejects.toThrow('A key wrapper gives 1 to 8192 bytes')
    }
  })

  it('fails to open, rather than being refused, where the wrapper cannot say', async () => {
    const sealed = await seal(wrapper, context, document)
    const away: KeyWrapper = { ...wrapper, unwrap: () => Promise.reject(new Error('throttled')) }
    await expect(open(away, context, sealed)).rejects.toThrow('throttled')
  })
})

describe('a local key wrapper', () => {
  it.each([
    ['no list', 'secret' as never],
    ['no secret', []],
    ['nine of them', Array.from({ length: 9 }, () => randomBytes(32))],
    ['31 bytes', [randomBytes(31)]],
    ['31 characters', ['x'.repeat(31)]],
    ['a number', [1 as never]],
    ['a hole', Array.from({ length: 2 }) as never],
  ])('is not made with %s, and does not repeat what it was given', (_, secrets) => {
    expect(() => localKeyWrapper(secrets)).toThrow(/^Option "secrets(\[\d\])?": got [^x]*, wants /)
  })

  it('takes text by its UTF-8', async () => {
    const text = 'ü'.repeat(16)
    const wrapped = await localKeyWrapper([text]).wrap(document, context)
    expect(await localKeyWrapper([Buffer.from(text)]).unwrap(wrapped, context)).toEqual(document)
  })

  it('keeps its own copy of a secret', async () => {
    const secret = randomBytes(32)
    const own = localKeyWrapper([secret])
    const wrapped = await own.wrap(document, context)
    secret.fill(0)
    expect(await own.unwrap(wrapped, context)).toEqual(document)
  })
})
