import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, postgresKeys } from '../src/index.js'
import { clean, command, databaseUrl, libraries, testSchema } from './clients.js'
import type { Opened } from './clients.js'
import { noDatabase } from './servers.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Nothing here is about time: the machine may be busy with other suites. */
const patient = { schema: testSchema, deadlineMs: 1_000 }

describe.skipIf(noDatabase !== '')(`signing keys in a real database${noDatabase}`, () => {
  let first: Opened
  beforeAll(async () => {
    first = libraries[0]!.open(databaseUrl)
    await migrate(first.client, { schema: testSchema })
  })
  afterAll(async () => {
    await first.close()
    await clean()
  })

  describe.each(libraries)('through $name', ({ name, open }) => {
    let opened: Opened
    let another: Opened
    beforeAll(() => {
      opened = open(databaseUrl)
      another = open(databaseUrl)
    })
    afterAll(() => Promise.all([opened, another].map(({ close }) => close())))

    it('are none at first, then the newest that was written, byte for byte', async () => {
      const rules = { ...patient, name: `${name} read` }
      const [one, two] = [postgresKeys(opened.client, rules), postgresKeys(another.client, rules)]
      expect(await one.read()).toBeUndefined()
      for (const version of [1, 2, 3]) {
        const bytes = randomBytes(5_000 + version)
        expect(await one.compareAndSet(version - 1, { version, bytes: Uint8Array.from(bytes) })).toBe(true)
        expect(await two.read()).toEqual({ version, bytes })
      }
    })

    it('take a version once, and none that does not follow', async () => {
      const store = postgresKeys(opened.client, { ...patient, name: `${name} order` })
      const [one, two] = [randomBytes(100), randomBytes(100)]
      expect(await store.compareAndSet(1, { version: 2, bytes: two })).toBe(false)
      expect(await store.compareAndSet(0, { version: 1, bytes: one })).toBe(true)
      expect(await store.compareAndSet(0, { version: 1, bytes: two })).toBe(false)
      expect(await store.compareAndSet(2, { version: 3, bytes: two })).toBe(false)
      expect(await store.read()).toEqual({ version: 1, bytes: one })
      expect(await store.compareAndSet(1, { version: 2, bytes: two })).toBe(true)
    })

    it('of eight writes of one version at once, over two pools, take exactly one', async () => {
      const stores = [opened, another].map(({ client }) => postgresKeys(client, { ...patient, name: `${name} race` }))
      for (let version = 1; version <= 25; version++) {
        const documents = Array.from({ length: 8 }, () => ({ version, bytes: randomBytes(64) }))
        const won = await Promise.all(documents.map((next, at) => stores[at % 2]?.compareAndSet(version - 1, next)))
        expect(won.filter(Boolean)).toHaveLength(1)
        expect(await stores[0]?.read()).toEqual(documents[won.indexOf(true)])
      }
    })

    it('beyond what a document can be are a version without bytes, and not written', async () => {
      const store = postgresKeys(opened.client, { ...patient, name: `${name} long` })
      const tooLong = { version: 1, bytes: Buffer.alloc(1_048_577) }
      await expect(store.compareAndSet(0, tooLong)).rejects.toThrow(RangeError)
      await command(
        `INSERT INTO "${testSchema}".countersign_signing_keys VALUES ('${name} long', 1, decode(repeat('00', 1048577), 'hex'))`,
      )
      expect(await store.read()).toEqual({ version: 1, bytes: new Uint8Array() })
    })
  })

  it('of two processes that write 300 versions let each version be of exactly one', async () => {
    // The processes run what is built.
    await promisify(execFile)(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/postgres')])
    const script = fileURLToPath(new URL('key-writer.mjs', import.meta.url))
    const children = [0, 1].map(() => {
      const env = { ...process.env, NODE_OPTIONS: '' }
      const args = [script, databaseUrl, testSchema, '300']
      return spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
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
    expect(won.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1))
  }, 120_000)

  it('want no more of a role than to read and write rows', async () => {
    const role = `${testSchema}_app`
    await command(`CREATE ROLE ${role} LOGIN;
GRANT USAGE ON SCHEMA "${testSchema}" TO ${role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${testSchema}" TO ${role}`)
    const url = new URL(databaseUrl)
    url.username = role
    const opened = libraries[0]!.open(url.href)
    const store = postgresKeys(opened.client, { ...patient, name: 'role' })
    expect(await store.compareAndSet(0, { version: 1, bytes: randomBytes(8) })).toBe(true)
    expect(await store.compareAndSet(1, { version: 2, bytes: randomBytes(8) })).toBe(true)
    expect((await store.read())?.version).toBe(2)
    await opened.close()
    await command(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
  })

  it('without their table are unavailable, and say why to the operator', async () => {
    const lines: unknown[] = []
    const logger = { debug() {}, info() {}, warn: (...line: unknown[]) => void lines.push(line), error() {} }
    const store = postgresKeys(first.client, { ...patient, schema: 'nowhere', logger })
    await expect(store.read()).rejects.toMatchObject({
      status: 503,
      reason: 'ERR_STORE_UNAVAILABLE',
      detail: { failure: '42P01' },
    })
    await store.read().catch(() => {})
    expect(lines).toEqual([['PostgreSQL counts as away', { failure: '42P01' }]])
  })
})

describe('options of signing keys', () => {
  it.each([
    ['name', { name: '' }],
    ['deadlineMs', { deadlineMs: 1_001 }],
    ['table', { table: 'keys' }],
    ['logger', { logger: {} }],
  ])('are refused by name: %s', (option, options) => {
    expect(() => postgresKeys({ query: async () => ({ rows: [] }) }, options as never)).toThrow(`Option "${option}"`)
  })
})
