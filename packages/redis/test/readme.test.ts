import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { noServer, startServer } from './servers.js'

const execute = promisify(execFile)
const home = fileURLToPath(new URL('..', import.meta.url))
const root = path.join(home, '../..')
const readme = readFileSync(path.join(home, 'README.md'), 'utf8')

// The examples keep the deadline of 250 ms, which a new process on a busy machine may miss with its first command.
it.skipIf(noServer !== '')(`the examples of the README run${noServer}`, { timeout: 120_000, retry: 2 }, async () => {
  await execute(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/redis')])
  const server = await startServer()
  const blocks = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code = '']) => code)
  // Signing keys are of another package, whose own examples run there.
  const own = blocks.filter((code) => !code.includes("'@countersign/sts'"))
  expect([blocks.length, own.length]).toEqual([4, 3])
  const code = `${own.join('\n')}
  await cache.set('name', Buffer.from('value'), 1000)
  console.log(Buffer.from(await cache.get('name')).toString(), verifier.explain().dpop.replayStore)
  console.log(await revocations.isRevoked({ issuer: 'https://sts.example', subject: 'ann' }))
  await verifier.close()
  client.destroy()`
  const env = { ...process.env, NODE_OPTIONS: '', REDIS_URL: server.url, CACHE_SECRET: 'x'.repeat(32) }
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', code], { cwd: home, env })
  expect(stdout).toBe('value shared\ntrue\n')
  await server.stop()
})

it('the README names every option, every warning and what a user must be allowed to do', () => {
  const options = readFileSync(path.join(home, 'src/options.ts'), 'utf8')
  const names = [...options.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name ?? '')
  expect(names.length).toBeGreaterThan(10)
  // `runtime` is for tests of this package.
  expect(names.filter((name) => !readme.includes(name) && name !== 'runtime')).toEqual([])
  const warnings = readFileSync(path.join(home, 'src/inspection.ts'), 'utf8').match(/^ {2}\| '[\w-]+'/gm) ?? []
  const all = [...warnings.map((line) => line.slice(5, -1)), 'offline-queue', 'error-listener']
  expect(all.filter((warning) => !readme.includes(`\`${warning}\``))).toEqual([])
})
