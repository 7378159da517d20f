import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { build } from '../examples/child.js'

/** How often each counted function of Node was called, and how often the issuer. */
type Calls = Readonly<Record<string, number>>

interface Results {
  readonly nothing: Calls
  readonly first: Calls
  readonly cold: Calls
  readonly otherKey: Calls
  readonly hot: Calls
  readonly handedOnAtOnce: number
  readonly allocatedByVerify: number
  readonly allocatedByExpress: number
}

const NONE = 0
/** Threads, timers and second readings: what no token may cause once its issuer's keys are there. */
const NEVER = {
  createPublicKey: NONE,
  createPrivateKey: NONE,
  createHash: NONE,
  importKey: NONE,
  digest: NONE,
  setTimeout: NONE,
  setInterval: NONE,
  setImmediate: NONE,
  fetches: NONE,
}

// Counting, where a stopwatch would measure the machine. Rates are the bench's business.
describe('what a token makes the process do', () => {
  let results: Results

  beforeAll(async () => {
    await build('packages/express')
    await build('packages/testing')
    const child = fileURLToPath(new URL('hot-path.mjs', import.meta.url))
    // A young generation that is never collected while it is counted.
    const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']
    const env = { ...process.env, NODE_OPTIONS: '' }
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, child], { env })
    results = JSON.parse(stdout) as Results
  }, 120_000)

  it('is nothing where there is no token', () => {
    expect(Object.values(results.nothing).every((calls) => calls === 0)).toBe(true)
  })

  it('fetches one key set and imports one key for the first hundred at once', () => {
    expect(results.first).toMatchObject({ fetches: 1, createPublicKey: 1, importKey: 0, verify: 100, hash: 100 })
  })

  it('is one signature, one hash and one reading of JSON for each new token, once the keys are there', () => {
    expect(results.cold).toEqual({ ...NEVER, verify: 100, hash: 100, parse: 100 })
  })

  it('imports a second key of the set when a token first names it, and fetches nothing', () => {
    expect(results.otherKey).toEqual({ ...NEVER, createPublicKey: 1, verify: 20, hash: 20, parse: 21 })
  })

  it('is one hash for a token that was verified before: no signature, no JSON, no key, no network, no timer', () => {
    expect(results.hot).toEqual({ ...NEVER, verify: NONE, hash: 2_000, parse: NONE })
  })

  it('waits for nothing in the middleware of Express, for a token that was verified before', () => {
    expect(results.handedOnAtOnce).toBe(200)
  })

  // Measured: 1.1 KB on Node 20 to 24, 1.3 KB on 26. Twice that means that something is made anew for each request.
  it('allocates little for a token that was verified before', () => {
    expect(results.allocatedByVerify).toBeGreaterThan(100)
    expect(results.allocatedByVerify).toBeLessThan(2_300)
  })

  // Measured: 2.4 to 2.7 KB, a request and its promise included.
  it('allocates little more in the middleware of Express', () => {
    expect(results.allocatedByExpress).toBeGreaterThan(100)
    expect(results.allocatedByExpress).toBeLessThan(5_000)
  })
})
