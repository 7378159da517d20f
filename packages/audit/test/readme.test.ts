import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import { expect, it } from 'vitest'

const execute = promisify(execFile)
const home = fileURLToPath(new URL('..', import.meta.url))
const root = path.join(home, '../..')
const readme = readFileSync(path.join(home, 'README.md'), 'utf8')

it('the examples of the README run, one after the other', { timeout: 120_000 }, async () => {
  await execute(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/audit')])
  const [writing = '', reading = ''] = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code)
  const folder = mkdtempSync(path.join(tmpdir(), 'countersign-readme-'))
  symlinkSync(path.join(home, 'node_modules'), path.join(folder, 'node_modules'))
  const code = `const app = () => {}
  ${writing.replace('.listen(8080)', '.listen(0)').replaceAll('@countersign/audit', path.join(home, 'dist/index.js'))}
  const token = 'a token'
  const fingerprintKeys = [{ id: '2026-11', secret: Buffer.from(readSecret('AUDIT_FINGERPRINT_KEY'), 'base64') }]
  const publicKeys = { keys: [JSON.parse(process.env.AUDIT_PUBLIC_KEY)] }
  const controller = new AbortController()
  const { signal } = controller
  await verifier.verify('no.token').catch(() => {})
  await trail.record({ type: 'token.exchange', outcome: 'success', tokens: { issued: { fp: trail.fingerprint(token) } } })
  server.close()
  await verifier.close()
  console.error(await trail.close())
  setTimeout(() => controller.abort(), 1_000)
  ${reading.replaceAll('@countersign/audit', path.join(home, 'dist/index.js'))}
  console.error(report.ok, report.checkpoints)`
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    AUDIT_FINGERPRINT_KEY: randomBytes(32).toString('base64'),
    AUDIT_CHECKPOINT_KEY: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    AUDIT_PUBLIC_KEY: JSON.stringify({ ...jwk, kid: await calculateJwkThumbprint(jwk) }),
  }
  const run = (given: NodeJS.ProcessEnv) =>
    execute(process.execPath, ['--input-type=module', '--eval', code], { cwd: folder, env: given })
  for (const name of ['AUDIT_FINGERPRINT_KEY', 'AUDIT_CHECKPOINT_KEY'])
    await expect(run({ ...env, [name]: undefined })).rejects.toMatchObject({
      stderr: expect.stringContaining(`Error: ${name} is not set`),
    })
  const { stdout, stderr } = await run(env)
  expect(stderr).toBe('{ drained: true, lost: 0 }\ntrue 1\n')
  expect(stdout).toMatch(/^20\S+Z token\.exchange$/m)
  expect(stdout).toContain("activity_name: 'Token Exchange'")
})

it('the README names every option', () => {
  const options = ['src/options.ts', 'src/sinks/file-options.ts'].map((file) =>
    readFileSync(path.join(home, file), 'utf8'),
  )
  const names = options.flatMap((text) =>
    [...text.matchAll(/^ {2}readonly '?(\w+)'?\??:/gm)].map(([, name]) => name ?? ''),
  )
  expect(names.length).toBeGreaterThan(25)
  expect(names.filter((name) => !readme.includes(name))).toEqual([])
})
