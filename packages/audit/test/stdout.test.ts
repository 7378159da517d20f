import { stdoutSink, verifyTrail } from '@countersign/audit'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from './doubles.js'
import { toEvent } from './events.js'

const script = fileURLToPath(new URL('piped.mjs', import.meta.url))

/** Runs the process, and gives how it ended, what it said of its sinks, and its trail. */
async function run(out: 'pipe' | number, begun: (stdout: NodeJS.ReadableStream | null) => void) {
  const folder = mkdtempSync(path.join(tmpdir(), 'countersign-piped-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'audit.jsonl')
  const env = { ...process.env, NODE_OPTIONS: '' }
  const child = spawn(process.execPath, [script, file], { env, stdio: ['ignore', out, 'pipe'] })
  let told = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (told += chunk))
  begun(child.stdout)
  const how: unknown[] = await once(child, 'close')
  return { how, told, report: await verifyTrail(file) }
}

describe('a process whose standard output fails', () => {
  it('goes on, and records into its file, as the reader of its pipe dies', async () => {
    const { how, told, report } = await run('pipe', (stdout) =>
      stdout?.once('data', () => (stdout as unknown as { destroy(): void }).destroy()),
    )
    expect({ how, told }).toEqual({ how: [7, null], told: '[["up",null],["failed","EPIPE"]]' })
    expect(report).toMatchObject({ ok: true, streams: [{ stopped: true }] })
    expect(report.events).toBeGreaterThan(40)
  })

  it.skipIf(!existsSync('/dev/full'))('and as the disk behind it is full', async () => {
    const full = openSync('/dev/full', 'w')
    onTestFinished(() => closeSync(full))
    const { how, report } = await run(full, () => {})
    expect(how).toEqual([7, null])
    expect(report).toMatchObject({ ok: true, streams: [{ stopped: true }] })
  })
})

it('a stream is listened to once a sink, and no more once that is closed and nothing is under way', async () => {
  let fail: (error: Error) => void = () => {}
  const stream = new Writable({ write: (_chunk, _encoding, done) => void (fail = done) })
  const sinks = [stdoutSink(stream), stdoutSink(stream)]
  const { signal } = new AbortController()
  for (const sink of sinks)
    for (let count = 0; count < 20; count++) void sink.write([toEvent('authz.denied')], { signal }).catch(() => {})
  expect(stream.listenerCount('error')).toBe(2)
  for (const sink of sinks) await sink.close?.()
  expect(stream.listenerCount('error')).toBe(2)
  fail(Object.assign(new Error('gone'), { code: 'EPIPE' }))
  await until(() => stream.listenerCount('error') === 0)
})
