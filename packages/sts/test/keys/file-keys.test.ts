import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSigningKeys, fileKeys } from '../../src/index.js'
import { wrapper } from './replica.js'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const bytes = (text: string): Uint8Array => Buffer.from(text)
const toName = (version: number): string => `${String(version).padStart(16, '0')}.keys`

let base: string
let directory: string
/** Each file with its size. */
function listSizes(): Record<string, number> {
  const names = readdirSync(directory).toSorted()
  return Object.fromEntries(names.map((name) => [name, statSync(path.join(directory, name)).size]))
}

beforeEach(() => {
  base = mkdtempSync(path.join(os.tmpdir(), 'countersign-keys-'))
  directory = path.join(base, 'keys')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

describe('a directory of keys', () => {
  it('is made where there is none, for its owner alone', async () => {
    const store = fileKeys(directory)
    expect(await store.read()).toBeUndefined()
    expect(await store.compareAndSet(0, { version: 1, bytes: bytes('one') })).toBe(true)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(directory, toName(1))).mode & 0o777).toBe(0o600)
    expect(await store.read()).toEqual({ version: 1, bytes: Buffer.from('one') })
  })

  it('keeps the newest version alone, and the names of a hundred before it', async () => {
    const store = fileKeys(directory)
    for (let version = 0; version < 104; version++)
      expect(await store.compareAndSet(version, { version: version + 1, bytes: bytes('sealed') })).toBe(true)
    expect(listSizes()).toEqual({
      ...Object.fromEntries(Array.from({ length: 100 }, (_, index) => [toName(index + 4), 0])),
      [toName(104)]: 6,
    })
  })

  it('takes a version once, and none that does not follow', async () => {
    const store = fileKeys(directory)
    expect(await store.compareAndSet(1, { version: 2, bytes: bytes('none before') })).toBe(false)
    await store.compareAndSet(0, { version: 1, bytes: bytes('one') })
    expect(await store.compareAndSet(0, { version: 1, bytes: bytes('again') })).toBe(false)
    await store.compareAndSet(1, { version: 2, bytes: bytes('two') })
    expect(await store.compareAndSet(0, { version: 1, bytes: bytes('long gone') })).toBe(false)
    expect(await store.read()).toEqual({ version: 2, bytes: Buffer.from('two') })
  })

  it('of eight writes of one version at once takes exactly one', async () => {
    const stores = Array.from({ length: 8 }, () => fileKeys(directory))
    const written = await Promise.all(
      stores.map((store, index) => store.compareAndSet(0, { version: 1, bytes: bytes(`${index}`) })),
    )
    expect(written.filter(Boolean)).toHaveLength(1)
    expect(await stores[0]?.read()).toEqual({ version: 1, bytes: Buffer.from(`${written.indexOf(true)}`) })
  })

  it('of four processes that write 200 versions lets each version be of exactly one', async () => {
    // The processes run what is built.
    await promisify(execFile)(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/sts')])
    const script = fileURLToPath(new URL('file-writer.mjs', import.meta.url))
    const children = Array.from({ length: 4 }, () => {
      const env = { ...process.env, NODE_OPTIONS: '' }
      return spawn(process.execPath, [script, directory, '200'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    })
    const outputs = children.map((child) => {
      let text = ''
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      return { ready: once(child.stdout, 'data'), ended: once(child, 'close').then(() => text) }
    })
    await Promise.all(outputs.map(({ ready }) => ready))
    for (const { stdin } of children) stdin.end()
    const texts = await Promise.all(outputs.map(({ ended }) => ended))
    const won = texts.flatMap((text) => JSON.parse(text.split('\n').at(-2) ?? '') as number[])
    expect(won.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
    expect(Object.values(listSizes()).filter((size) => size > 0)).toEqual([1_000])
  }, 120_000)

  it('clears up after a process that died while it wrote, and while it emptied older versions', async () => {
    const store = fileKeys(directory)
    await store.compareAndSet(0, { version: 1, bytes: bytes('one') })
    const abandoned = path.join(directory, 'aa.tmp')
    writeFileSync(abandoned, 'half')
    writeFileSync(path.join(directory, 'bb.tmp'), 'being written')
    utimesSync(abandoned, 0, 0)
    writeFileSync(path.join(directory, toName(2)), 'two')
    expect(await store.read()).toEqual({ version: 2, bytes: Buffer.from('two') })
    await store.compareAndSet(2, { version: 3, bytes: bytes('three') })
    expect(listSizes()).toEqual({ [toName(1)]: 0, [toName(2)]: 0, [toName(3)]: 5, 'bb.tmp': 13 })
  })

  it('loses nothing to files of a higher number that somebody put there', async () => {
    const options = { store: fileKeys(directory), wrapper }
    const keys = createSigningKeys(options)
    const { kid } = await keys.findSigner('ES256')
    for (const version of [8, 9]) writeFileSync(path.join(directory, toName(version)), 'of another service')
    await expect(keys.ready()).rejects.toMatchObject({ status: 503, detail: { refusal: 'unopened' } })
    for (const version of [8, 9]) rmSync(path.join(directory, toName(version)))
    await keys.ready()
    const late = createSigningKeys(options)
    expect((await late.findSigner('ES256')).kid).toBe(kid)
    await Promise.all([keys.close(), late.close()])
  })

  it('whose newest file is gone holds an empty one, of the number before: whoever has the newest puts it back', async () => {
    const store = fileKeys(directory)
    await store.compareAndSet(0, { version: 1, bytes: bytes('one') })
    await store.compareAndSet(1, { version: 2, bytes: bytes('two') })
    rmSync(path.join(directory, toName(2)))
    expect(await store.read()).toEqual({ version: 1, bytes: Buffer.alloc(0) })
    expect(await store.compareAndSet(1, { version: 2, bytes: bytes('two') })).toBe(true)
    expect(await store.read()).toEqual({ version: 2, bytes: Buffer.from('two') })
  })

  it('takes no notice of files that are none of its own', async () => {
    const store = fileKeys(directory)
    for (const name of ['1.keys', 'x.keys', `${'9'.repeat(16)}.keys`, `${'0'.repeat(16)}.keys`, 'README'])
      writeFileSync(path.join(directory, name), 'x')
    expect(await store.read()).toBeUndefined()
  })

  it('is not followed out of by a link, nor read beyond what a document can be', async () => {
    const store = fileKeys(directory)
    writeFileSync(path.join(base, 'secret'), 'x')
    symlinkSync(path.join(base, 'secret'), path.join(directory, toName(1)))
    await expect(store.read()).rejects.toThrow('ELOOP')
    writeFileSync(path.join(directory, toName(2)), Buffer.alloc(1_048_577))
    const { version, bytes: first } = (await store.read())!
    expect([version, first.length]).toEqual([2, 1])
  })

  it.each([0o750, 0o705, 0o701, 0o770, 0o777])('that others may get into, by mode %o, is refused', async (mode) => {
    mkdirSync(directory)
    chmodSync(directory, mode)
    expect(() => fileKeys(directory)).toThrow(/Option "directory": .* others may get in/)
    chmodSync(directory, 0o700)
    const store = fileKeys(directory)
    await store.compareAndSet(0, { version: 1, bytes: bytes('one') })
    chmodSync(directory, mode)
    await expect(store.read()).rejects.toThrow('others may get in')
    await expect(store.compareAndSet(1, { version: 2, bytes: bytes('two') })).rejects.toThrow('others may get in')
  })

  it('that is a link, a file or nothing is refused', () => {
    mkdirSync(path.join(base, 'real'), { mode: 0o700 })
    symlinkSync(path.join(base, 'real'), directory)
    expect(() => fileKeys(directory)).toThrow('Option "directory"')
    writeFileSync(path.join(base, 'file'), '')
    expect(() => fileKeys(path.join(base, 'file'))).toThrow('EEXIST')
    expect(() => fileKeys('')).toThrow('Option "directory"')
  })

  it('keeps the keys of a service over a restart, sealed', async () => {
    const one = createSigningKeys({ store: fileKeys(directory), wrapper })
    const { kid, privateKey } = await one.findSigner('ES256')
    await one.close()
    const file = readFileSync(path.join(directory, toName(1)))
    const { d = 'none' } = privateKey.export({ format: 'jwk' })
    for (const part of [d, kid, 'ES256', 'pending'])
      expect([file.includes(part), file.includes(Buffer.from(part, 'base64url'))]).toEqual([false, false])
    const two = createSigningKeys({ store: fileKeys(directory), wrapper })
    expect((await two.findSigner('ES256')).kid).toBe(kid)
    await two.close()
  })

  it('gets the newest file back from a process that has seen it, and lets nobody begin anew meanwhile', async () => {
    const keys = createSigningKeys({ store: fileKeys(directory), wrapper })
    await keys.revoke((await keys.findSigner('ES256')).kid)
    const { kid } = await keys.findSigner('ES256')
    const newest = path.join(directory, toName(keys.health().version ?? 0))
    const held = readFileSync(newest)
    rmSync(newest)
    const late = createSigningKeys({ store: fileKeys(directory), wrapper })
    await expect(late.ready()).rejects.toMatchObject({ status: 503, detail: { refusal: 'unopened' } })
    await keys.ready()
    expect(readFileSync(newest)).not.toHaveLength(0)
    expect(statSync(newest).size).toBe(held.length)
    await late.ready()
    expect((await late.findSigner('ES256')).kid).toBe(kid)
    await Promise.all([keys.close(), late.close()])
  })
})
