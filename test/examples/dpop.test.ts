import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startProvider } from '../interop/provider.js'
import type { InteropProvider } from '../interop/provider.js'
import { build, start } from './child.js'
import type { Child } from './child.js'
import { findFreePort } from '../../scripts/free-port.mjs'
import { noRedis, openRedis } from './redis.js'

let provider: InteropProvider
const children: Child[] = []

beforeAll(async () => {
  provider = await startProvider('ES256')
  await build('.')
}, 120_000)
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(children.splice(0).map(({ ended }) => ended))
})
afterAll(() => provider.close())

/** Starts a script of the example on a free port, or a given one, and gives its address. */
async function serve(script: string, env: Readonly<Record<string, string>>): Promise<string> {
  const child = start([`examples/dpop/${script}`], {
    PORT: '0',
    ISSUER: provider.issuer,
    NODE_ENV: 'development',
    ...env,
  })
  children.push(child)
  const [, url = ''] = await child.waitFor(/^Listening on (http:\S+)$/m)
  return url
}

async function runClient(api: string): Promise<readonly string[]> {
  const env = { ISSUER: provider.issuer, CLIENT_ID: 'job', CLIENT_SECRET: 'job-secret', API: api }
  const client = start(['examples/dpop/client.js'], env)
  children.push(client)
  expect({ code: await client.ended, output: client.output }).toMatchObject({ code: 0 })
  return client.output.trimEnd().split('\n')
}

/** As long as there is a 503, at most five times: where other suites take the processor, Redis may not answer within the example's 50 ms. */
async function runPatientClient(api: string): Promise<readonly string[]> {
  for (let tries = 1; ; tries++) {
    const lines = await runClient(api)
    if (tries === 5 || !lines.some((line) => line.includes(': 503 '))) return lines
  }
}

const CALLS = [1, 2, 3, 4].map((count) => `Call ${count}: 200 from instance …`)

const THIEF = [
  'The same request again: 401 invalid_dpop_proof',
  'The token without its proof: 401 invalid_token',
  'The token with an old proof for another URL: 401 invalid_dpop_proof',
]

describe('examples/dpop', () => {
  it.each([
    ['without nonces', {}],
    ['with nonces', { NONCE_SECRET: 'a secret of this test that is long enough' }],
  ])('lets its client in and keeps the thief out, with one instance and its own memory, %s', async (_, env) => {
    const port = String(await findFreePort())
    const api = await serve('server.js', { PORT: port, ...env })
    const [type, ...lines] = await runClient(api)
    expect(type).toBe('Token type: dpop')
    expect(lines.slice(0, 4).map((line) => line.replace(/\d+$/, '…'))).toEqual(CALLS)
    expect(lines.slice(4)).toEqual(THIEF)
  })

  it.runIf(noRedis === '')(
    `lets its client in on two instances behind a proxy, and keeps the thief out of both${noRedis}`,
    async () => {
      const redis = await openRedis()
      try {
        const port = String(await findFreePort())
        const api = `http://127.0.0.1:${port}`
        const env = {
          REDIS_URL: redis.url,
          PUBLIC_URL: api,
          NONCE_SECRET: 'a secret of this test that is long enough',
        }
        const targets = await Promise.all([serve('server.js', env), serve('server.js', env)])
        expect(await serve('proxy.js', { TARGETS: targets.join(','), PORT: port })).toBe(api)

        const [type, ...lines] = await runPatientClient(api)
        expect(type).toBe('Token type: dpop')
        expect(lines.slice(0, 4).map((line) => line.replace(/\d+$/, '…'))).toEqual(CALLS)
        expect(lines.slice(4)).toEqual(THIEF)
        // Each request went to the next instance, so that the copy met another one than the original.
        expect(new Set(lines.slice(0, 4).map((line) => line.split(' ').at(-1))).size).toBe(2)
      } finally {
        redis.close()
      }
    },
  )
})

describe('docs/dpop.md', () => {
  const page = readFileSync(new URL('../../docs/dpop.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/^```js (\S+)\n([^]*?)^```$/gm)].map(([, name = '', code = '']) => ({ name, code }))

  it.each(blocks)('shows code that runs: $name', async ({ name, code }) => {
    const explained = `${code}\nconsole.log(JSON.stringify(verifier.explain().dpop))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', explained], {
      // Where the packages can be found.
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, NODE_OPTIONS: '', DPOP_NONCE_SECRET: 'a secret of this test that is long enough' },
    })
    expect(JSON.parse(stdout)).toMatchObject({
      mode: 'required',
      maxAgeSeconds: 300,
      futureSkewSeconds: 10,
      nonces: name === 'dpop-nonces.js',
      replayStore: 'of this process',
    })
  })

  it('shows two programs', () => {
    expect(blocks.map(({ name }) => name)).toEqual(['dpop.js', 'dpop-nonces.js'])
  })
})
