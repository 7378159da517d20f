import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('waiting.mjs', import.meta.url))

/** Runs a script that waits for its trail and for nothing else; gives how it ended, what it printed, and how long it took. */
async function run(what: string) {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'countersign-waiting-')), 'nope', 'audit.jsonl')
  const startMs = performance.now()
  const env = { ...process.env, NODE_OPTIONS: '' }
  const child = spawn(process.execPath, [script, file, what], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const how = await once(child, 'close')
  const lines = text.split('\n').filter((line) => line !== '')
  const all = lines.map((line): unknown => JSON.parse(line))
  const [told, printed] = [all.filter(isTold), all.filter((line) => !isTold(line))]
  return { how, told, printed, file, tookMs: performance.now() - startMs }
}

/** A line of the log, whose first part is what it says. */
const isTold = (line: unknown): boolean => Array.isArray(line) && String(line[0]).startsWith('An audit sink')

const END = [0, null]
const WAYS = ['a folder that is missing', 'a sink that hangs', 'a sink that never says what it has']

// Exit code 13 is Node's for a top-level await that nothing is left to settle.
describe('a script that has nothing else to do does not end before it has heard', () => {
  it.each(WAYS)('what close() says of %s', async (way) => {
    const { how, printed } = await run(`close: ${way}`)
    expect(how).toEqual(END)
    // service.started, audit.sink_failed, service.stopped.
    expect(printed).toEqual([{ drained: false, lost: 3 }])
  })

  it.each(WAYS)('that an exchange cannot be recorded in %s', async (way) => {
    const { how, printed } = await run(`record: ${way}`)
    expect({ how, printed }).toEqual({ how: END, printed: ['ERR_AUDIT_UNAVAILABLE'] })
  })

  it('that nor can one that waits for a sink to be back', async () => {
    const { how, printed } = await run('full: a sink that hangs')
    const reason = 'ERR_AUDIT_UNAVAILABLE'
    expect({ how, printed }).toEqual({ how: END, printed: [[reason, reason, reason], reason] })
  })

  it('that the stream has begun, once a sink can say what it follows', async () => {
    const { how, printed } = await run('ready: a sink that says it late')
    expect({ how, printed }).toEqual({ how: END, printed: ['ready'] })
  })
})

it.each([...WAYS, 'a signer that hangs'])('a script that waits for nothing is held by nothing: %s', async (way) => {
  const { how, tookMs } = await run(`nothing: ${way}`)
  expect(how).toEqual(END)
  expect(tookMs).toBeLessThan(4_000)
})

it('whoever configured a folder that is missing is told which, and what to do', async () => {
  const { told, file } = await run('close: a folder that is missing')
  const folder = path.dirname(file)
  const fix = `Create the folder "${folder}": a file sink makes its file, and no folder.`
  expect(told).toEqual([['An audit sink is down', { sink: 'audit.jsonl', failure: 'ENOENT', path: file, fix }]])
})
