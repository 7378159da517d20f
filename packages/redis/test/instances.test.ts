import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clean, testPrefix } from './clients.js'
import { makeProof } from './proof.js'
import { givenUrl, isSoak, noRedis, startServer } from './servers.js'
import type { TestServer } from './servers.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const claims = isSoak ? 1_000_000 : 10_000

/** What an instance counted. */
interface Counts {
  readonly fresh: number
  readonly replayed: number
  readonly failed: number
  /** What failed, and how often. */
  readonly failures: Readonly<Record<string, number>>
}

/** Two processes that begin at once: each claims every id so many times. */
async function claimTwice(url: string, prefix: string, ids: readonly string[], times: number): Promise<Counts[]> {
  const script = fileURLToPath(new URL('instance.mjs', import.meta.url))
  const children = [0, 1].map(() => {
    const env = { ...process.env, NODE_OPTIONS: '' }
    return spawn(process.execPath, [script, url, prefix, String(times)], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  })
  const outputs = children.map((child) => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    return { ready: once(child.stdout, 'data'), ended: once(child, 'close').then(() => text) }
  })
  await Promise.all(outputs.map(({ ready }) => ready))
  for (const { stdin } of children) stdin.end(JSON.stringify(ids))
  const texts = await Promise.all(outputs.map(({ ended }) => ended))
  return texts.map((text) => JSON.parse(text.split('\n').at(-2) ?? '') as Counts)
}

/** Each id once. In minutes on a busy machine a claim may be in doubt: then its id was taken once or not at all. */
function check(counts: readonly Counts[], ids: number): void {
  const add = (name: 'fresh' | 'replayed' | 'failed'): number => counts.reduce((sum, one) => sum + one[name], 0)
  expect(add('fresh')).toBeLessThanOrEqual(ids)
  expect(add('fresh') + add('failed')).toBeGreaterThanOrEqual(ids)
  expect(add('fresh') + add('replayed') + add('failed')).toBe(claims)
  if (!isSoak) expect(counts.map(({ failures }) => failures)).toEqual([{}, {}])
}

describe.skipIf(noRedis !== '')(`two processes on one server${noRedis}`, () => {
  let server: TestServer | undefined
  let url = givenUrl ?? ''
  beforeAll(async () => {
    // The processes run what is built.
    await promisify(execFile)(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/redis')])
    if (givenUrl !== undefined) return
    server = await startServer()
    url = server.url
  }, 120_000)
  afterAll(async () => {
    if (givenUrl !== undefined) await clean(givenUrl)
    await server?.stop()
  })

  it(`take one id, claimed ${claims} times at once, exactly once`, async () => {
    check(await claimTwice(url, `${testPrefix}one:`, [makeProof().id], claims / 2), 1)
  }, 600_000)

  it(`take ${claims / 10} ids, each claimed 10 times at once, exactly once each`, async () => {
    const ids = Array.from({ length: claims / 10 }, () => makeProof().id)
    check(await claimTwice(url, `${testPrefix}many:`, ids, 5), claims / 10)
  }, 600_000)
})
