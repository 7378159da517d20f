import { closeOnSignals, createAuditTrail, verifyTrail } from '@countersign/audit'
import type { CloseOnSignalsOptions } from '@countersign/audit'
import { ConfigurationError } from '@countersign/core'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createTestSink, toOptions } from './doubles.js'

function start(script: string, ...more: string[]): { file: string; child: ChildProcess; printed: () => string } {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'countersign-signal-')), 'audit.jsonl')
  const env = { ...process.env, NODE_OPTIONS: '' }
  const args = [fileURLToPath(new URL(script, import.meta.url)), file, ...more]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return { file, child, printed: () => text }
}

async function end(...listens: string[]): Promise<{ file: string; how: unknown[] }> {
  const { file, child } = start('stopped.mjs', ...listens)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  child.kill('SIGTERM')
  return { file, how: await once(child, 'exit') }
}

/** Asks a server something, asks it to end before it has answered, and gives what became of both. */
async function endServing(before: string, asks = true) {
  const { file, child, printed } = start('serving.mjs', before)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  const ask = async (): Promise<number> => (await fetch(`http://127.0.0.1:${Number(printed())}`)).status
  const asked = asks ? ask().catch(() => undefined) : undefined
  await new Promise((resolve) => setTimeout(resolve, 200))
  child.kill('SIGTERM')
  const how = await once(child, 'close')
  const types = [...readFileSync(file, 'utf8').matchAll(/"type":"([^"]+)"/g)].map(([, type]) => type)
  return { file, how, status: await asked, types, told: printed().split('\n').slice(1, -1) }
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

describe('what is to come before', () => {
  it.each(['the server', 'an async function', 'a promise'])(
    'is waited for, as %s says: requests that are under way are answered, and in the trail before service.stopped',
    async (before) => {
      const { file, how, status, types, told } = await endServing(before)
      expect({ how, status, told }).toEqual({ how: [null, 'SIGTERM'], status: 200, told: [] })
      expect(types).toEqual(['service.started', 'authn.success', 'service.stopped'])
      expect(await verifyTrail(file)).toMatchObject({ ok: true, gaps: [], streams: [{ stopped: true }] })
    },
  )

  it.each(['the server', 'an async function'])(
    'takes no time where nothing is under way, as %s says',
    async (before) => {
      const startMs = performance.now()
      const { how, types } = await endServing(before, false)
      expect(how).toEqual([null, 'SIGTERM'])
      expect(types).toEqual(['service.started', 'service.stopped'])
      expect(performance.now() - startMs).toBeLessThan(9_000)
    },
  )

  it('leaves nothing that holds the process, which still ends no sooner than a sink that is away has everything', async () => {
    const { how, types, told } = await endServing('a sink that is away')
    expect(how).toEqual([null, 'SIGTERM'])
    expect(types).toEqual([
      'service.started',
      'authn.success',
      'audit.sink_failed',
      'audit.sink_recovered',
      'service.stopped',
    ])
    expect(told).toHaveLength(1)
  })

  it('does not keep the trail from being closed where it never comes to its end, nor does the process end without it', async () => {
    const { how, types, told } = await endServing('never', false)
    expect(how).toEqual([null, 'SIGTERM'])
    expect(types).toEqual(['service.started', 'service.stopped'])
    expect(told).toEqual(['What an audit trail waits for before it is closed has not ended in time {"deadlineMs":200}'])
  })

  it.each(['rejects', 'throws'])('does not keep it from being closed where it %s', async (before) => {
    const { how, types, told } = await endServing(before)
    expect(how).toEqual([null, 'SIGTERM'])
    expect(types).toEqual(['service.started', 'service.stopped'])
    expect(told).toEqual(['What an audit trail waits for before it is closed has failed {"failure":"TypeError"}'])
  })

  it.each<[unknown, string, RegExp]>([
    [{ before: 'server.close' }, 'before', /a function/],
    [{ befor: () => Promise.resolve() }, 'befor', /before/],
    [{ beforeDeadlineMs: '5000' }, 'beforeDeadlineMs', /milliseconds/],
    [{ deadlineMs: -1 }, 'deadlineMs', /milliseconds/],
    [{ signals: ['SIGFOO'] }, 'signals[0]', /signal/],
    [{ signals: [] }, 'signals', /at least one|signals/],
  ])('is refused where it is not what it should be: %j', async (options, option, wants) => {
    const trail = createAuditTrail(toOptions([createTestSink()]))
    const listeners = process.listenerCount('SIGTERM')
    let thrown: unknown
    try {
      closeOnSignals(trail, options as CloseOnSignalsOptions)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConfigurationError)
    expect((thrown as Error).message).toContain(option)
    expect((thrown as Error).message).toMatch(wants)
    expect(process.listenerCount('SIGTERM')).toBe(listeners)
    await trail.close()
  })
})
