import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { noServer, startServer } from '../../packages/redis/test/servers.js'
import { build } from '../examples/child.js'

const execute = promisify(execFile)
// Where every package that the page names can be found.
const cwd = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(new URL('../../docs/rotation.md', import.meta.url), 'utf8')
const readBlock = (name: string) => new RegExp(`^\`\`\`js ${name}\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? ''

beforeAll(() => build('.'), 120_000)

/** Runs code of the page with something said after it; gives what that prints. */
async function run(code: string, after: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  expect(code).not.toBe('')
  const state = mkdtempSync(path.join(os.tmpdir(), 'countersign-rotation-page-'))
  onTestFinished(() => rmSync(state, { recursive: true, force: true }))
  const script = `${code.replaceAll("'state", `'${state}/state`)}\n${after}\nprocess.exit(0)`
  const all = { ...process.env, NODE_OPTIONS: '', ...env }
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script], { cwd, env: all })
  return stdout
}

// A busy disk may not have kept the event of the first key in time: then the next look has it.
const READY = `while (!signingKeys.health().ok) await signingKeys.ready()
  console.log('keys:', (await signingKeys.jwks()).keys.length)`

describe('the samples of docs/rotation.md run as they stand', () => {
  it.skipIf(noServer !== '')(`signing keys in Redis${noServer}`, { timeout: 60_000 }, async () => {
    const server = await startServer()
    onTestFinished(() => server.stop())
    const secrets = { KEYS_SECRET: 'x'.repeat(32), FINGERPRINT_SECRET: 'y'.repeat(32), REDIS_URL: server.url }
    expect(await run(readBlock('keys.js'), READY, secrets)).toMatch(/^keys: 2$/m)
  })

  it('a wrapper that asks a KMS', { timeout: 60_000 }, async () => {
    // In place of a KMS.
    const kms = `const kms = {
      encrypt: async ({ plaintext }) => Buffer.from(plaintext).reverse(),
      decrypt: async ({ ciphertext }) => Buffer.from(ciphertext).reverse(),
    }\n`
    expect(await run(kms + readBlock('kms.js'), READY)).toMatch(/^keys: 2$/m)
  })
})
