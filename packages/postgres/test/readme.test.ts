import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { TABLES } from '../src/migrations.js'
import { databaseUrl } from './clients.js'
import { givenUrl, noServer } from './servers.js'

const execute = promisify(execFile)
const home = fileURLToPath(new URL('..', import.meta.url))
const root = path.join(home, '../..')
const readme = readFileSync(path.join(home, 'README.md'), 'utf8')

// It makes its tables where the README says: not in somebody else's database.
const left = givenUrl === undefined ? noServer : ' (left out: DATABASE_URL is of somebody else)'

it.skipIf(left !== '')(`the example of the README runs${left}`, { timeout: 120_000 }, async () => {
  await execute(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/postgres')])
  const [block = ''] = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code)
  const code = `${block}
  console.log(await keyStore.compareAndSet(0, { version: 1, bytes: Buffer.from('sealed') }), (await keyStore.read()).version)
  console.log(verifier.explain().dpop.replayStore)
  await verifier.close()
  await pool.end()`
  const env = { ...process.env, NODE_OPTIONS: '', DATABASE_URL: databaseUrl }
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', code], { cwd: home, env })
  expect(stdout).toBe('true 1\nshared\n')
})

it('the README names every option and every table', () => {
  const options = readFileSync(path.join(home, 'src/options.ts'), 'utf8')
  const names = [...options.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name ?? '')
  const tables = [...TABLES.matchAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)].map(([, name]) => name ?? '')
  expect([new Set(names).size, tables.length]).toEqual([4, 4])
  expect([...names, ...tables].filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})
