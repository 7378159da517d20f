import { createAuditTrail, fileSink } from '@countersign/audit'
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { build } from '../examples/child.js'

const execute = promisify(execFile)
// Where every package that the page names can be found.
const packages = fileURLToPath(new URL('../node_modules', import.meta.url))
const page = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')
const readBlock = (name: string) => new RegExp(`^\`\`\`js ${name}\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? ''

beforeAll(() => build('packages/audit'), 120_000)

/** Writes a trail with a checkpoint; gives its folder, and what runs code of the page there. */
async function record() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-audit-page-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(packages, path.join(folder, 'node_modules'))
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(path.join(folder, 'checkpoint-public.pem'), publicKey.export({ format: 'pem', type: 'spki' }))
  const sink = (name: string) => fileSink(path.join(folder, name), { reserveBytes: 0 })
  const fingerprintKeys = [{ id: 'k1', secret: Buffer.alloc(32, 7) }]
  const trail = createAuditTrail({
    service: { name: 'sts', version: '1.0.0' },
    required: { sinks: [sink('audit.jsonl')], timeoutMs: 5_000 },
    fingerprintKeys,
    checkpoints: { key: privateKey, sink: sink('checkpoints.jsonl') },
  })
  await trail.record({
    type: 'token.exchange',
    outcome: 'success',
    subject: { iss: 'https://login.example', sub: 'alice' },
    tokens: { issued: { fp: trail.fingerprint('a token') } },
  })
  expect(await trail.close()).toEqual({ drained: true, lost: 0 })
  const run = async (code: string): Promise<string> => {
    expect(code).not.toBe('')
    const env = { ...process.env, NODE_OPTIONS: '' }
    const args = ['--input-type=module', '--eval', code]
    return (await execute(process.execPath, args, { cwd: folder, env })).stdout
  }
  return { folder, run }
}

it('the sample of docs/audit.md makes the keys of a verification from a PEM, and finds what was changed', async () => {
  const { folder, run } = await record()
  expect(await run(readBlock('verify.js'))).toBe('true undefined 1 checkpoints\n')
  const file = path.join(folder, 'audit.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"alice"', '"mallory"'))
  expect(await run(readBlock('verify.js'))).toMatch(/^false \{\n? *kind: 'edited'/)
})

it('that of another key says that the key was not given', async () => {
  const { folder, run } = await record()
  const { publicKey } = generateKeyPairSync('ed25519')
  writeFileSync(path.join(folder, 'checkpoint-public.pem'), publicKey.export({ format: 'pem', type: 'spki' }))
  expect(await run(readBlock('verify.js'))).toMatch(
    /^false \{\n? *kind: 'unknown-checkpoint-key',\n? *kid: '[\w-]{43}'/,
  )
})

it('the sample that searches finds the token, and the subject', async () => {
  const { run } = await record()
  const given = `const token = 'a token'
  const fingerprintKeys = [{ id: 'k1', secret: Buffer.alloc(32, 7) }]\n`
  const printed = await run(given + readBlock('find.js'))
  expect([...printed.matchAll(/type: 'token\.exchange'/g)]).toHaveLength(2)
})
