import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const home = path.join(root, 'packages/sts')
const readme = readFileSync(path.join(home, 'README.md'), 'utf8')

it('the examples in the README of the token service run', { timeout: 120_000 }, async () => {
  const used = ['sts', 'audit', 'express'].map((name) => path.join(root, 'packages', name))
  await execute(path.join(root, 'node_modules/.bin/tsc'), ['-b', ...used])
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-sts-readme-'))
  const [code = '', asking = '', ...others] = [...readme.matchAll(/```js(?: sts\.js)?\n([^]*?)```/g)].map(
    ([, block]) => block,
  )
  expect(others).toEqual([])
  // A busy disk may not have kept the event of the first key in time: then the next look has it.
  const loading = `let { signingKeys } = await service.ready()
    while (!signingKeys.ok) ({ signingKeys } = await service.ready())`
  const script = `
    ${code.replaceAll("'state", "process.env.STATE + '").replace('.listen(3000)', ".listen(0, '127.0.0.1')")}
    await new Promise((resolve) => server.once('listening', resolve))
    const at = 'http://127.0.0.1:' + server.address().port
    ${asking.replace('await service.ready()', loading).replace('service.explain', 'const explained = service.explain')}
    const metadata = await (await fetch(at + '/.well-known/oauth-authorization-server')).json()
    const keys = await fetch(at + '/jwks')
    console.log(JSON.stringify([signingKeys.ok, metadata.issuer, keys.status, explained.rule]))
    process.exit(0)`
  const secrets = { KEYS_SECRET: 'x'.repeat(32), FINGERPRINT_SECRET: 'y'.repeat(32), ORDERS_SECRET: 'z'.repeat(32) }
  const env = { ...process.env, NODE_OPTIONS: '', STATE: folder, ...secrets }
  // Where every package that it names can be found.
  const cwd = path.join(root, 'examples/token-service')
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script], { cwd, env })
  rmSync(folder, { recursive: true, force: true })
  // Above it stands what the log of the keys says.
  const answer = stdout.trimEnd().split('\n').at(-1) ?? ''
  expect(JSON.parse(answer)).toEqual([true, 'https://sts.example.com', 200, 'orders-read-invoices'])
})

it('the README of the token service names every method of authentication and every endpoint', () => {
  const client = readFileSync(path.join(home, 'src/clients/client.ts'), 'utf8')
  const methods = [...client.matchAll(/^ {2}\| '(\w+)'$/gm)].map(([, name = '']) => name)
  expect(methods.length).toBe(6)
  expect(methods.filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
  for (const end of ['/token', '/introspect', '/revoke', '/jwks', '/health'])
    expect(readme).toContain(`\`/acme${end}\``)
})
