import { verifyTrail } from '@countersign/audit'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('stopped.mjs', import.meta.url))

async function end(...listens: string[]): Promise<{ file: string; how: unknown[] }> {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'countersign-signal-')), 'audit.jsonl')
  const env = { ...process.env, NODE_OPTIONS: '' }
  const child = spawn(process.execPath, [script, file, ...listens], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  return { file, how: await once(child, 'exit') }
}

it('a process that is asked to end writes what waits and service.stopped, and ends by the signal', async () => {
  const { file, how } = await end()
  expect(how).toEqual([null, 'SIGTERM'])
  const report = await verifyTrail(file)
  expect(report).toMatchObject({ ok: true, streams: [{ stopped: true }] })
})

it('and leaves the end to whoever else listens to the signal', async () => {
  const { file, how } = await end('listens')
  expect(how).toEqual([7, null])
  expect(await verifyTrail(file)).toMatchObject({ ok: true, streams: [{ stopped: true }] })
})
