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

/** What all of them counted. */
function add(counts: readonly Counts[], name: 'fresh' | 'replayed' | 'failed'): number {
  return counts.reduce((sum, one) => sum + one[name], 0)
}

/** In minutes on a busy machine a claim may be in doubt: then its id was taken once or not at all. */
function listProblems(counts: readonly Counts[], ids: number): string[] {
  const [fresh, replayed, failed] = [add(counts, 'fresh'), add(counts, 'replayed'), add(counts, 'failed')]
  const problems: string[] = []
  if (fresh > ids) problems.push(`${fresh - ids} taken twice`)
  if (fresh + failed < ids) problems.push(`${ids - fresh - failed} refused without a reason`)
  if (fresh + replayed + failed !== claims) problems.push(`${fresh + replayed + failed} answers`)
  if (failed > 0 && !isSoak) problems.push(JSON.stringify(counts.map(({ failures }) => failures)))
  return problems
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
    const counts = await claimTwice(url, `${testPrefix}one:`, [makeProof().id], claims / 2)
    expect(listProblems(counts, 1)).toEqual([])
  }, 600_000)

  it(`take ${claims / 10} ids, each claimed 10 times at once, exactly once each`, async () => {
    const ids = Array.from({ length: claims / 10 }, () => makeProof().id)
    const counts = await claimTwice(url, `${testPrefix}many:`, ids, 5)
    expect(listProblems(counts, claims / 10)).toEqual([])
  }, 600_000)
})
