import { verifyTrail } from '@countersign/audit'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { isSoak } from './soak.js'

const recorder = fileURLToPath(new URL('recorder.mjs', import.meta.url))
const [kills, killsAFolder] = isSoak ? [1_000, 20] : [8, 4]

/** Lets a process record, kills it after so many milliseconds, and gives the ids that it had printed. */
async function recordUntilKilled(file: string, ms: number): Promise<string[]> {
  const env = { ...process.env, NODE_OPTIONS: '' }
  const child = spawn(process.execPath, [recorder, file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const closed = once(child, 'close')
  await once(child.stdout, 'data')
  await sleep(ms)
  child.kill('SIGKILL')
  await closed
  // The last line may be half of one: nobody has that id.
  return text.split('\n').slice(1, -1)
}

it(
  `every exchange that was acknowledged before one of ${kills} kills is in the file, and the chain holds`,
  async () => {
    let acknowledged = 0
    let torn = 0
    for (let done = 0; done < kills; done += killsAFolder) {
      const folder = mkdtempSync(path.join(tmpdir(), 'countersign-kill-'))
      const file = path.join(folder, 'audit.jsonl')
      const ids: string[] = []
      for (let count = 0; count < killsAFolder; count++)
        ids.push(...(await recordUntilKilled(file, Math.random() * 250)))
      const text = readdirSync(folder)
        .map((name) => readFileSync(path.join(folder, name), 'utf8'))
        .join('')
      const kept = new Set([...text.matchAll(/"txn":"([^"]+)"/g)].map(([, txn]) => txn))
      expect(ids.filter((id) => !kept.has(id))).toEqual([])
      const report = await verifyTrail(file)
      expect(report.problems).toEqual([])
      // One that was killed before it had written anything left no stream.
      expect(report.streams.length).toBeLessThanOrEqual(killsAFolder)
      expect(report.streams.slice(1).map(({ follows }) => follows)).toEqual(
        report.streams.slice(0, -1).map(({ stream }) => stream),
      )
      acknowledged += ids.length
      torn += report.torn.length
      rmSync(folder, { recursive: true })
    }
    expect(acknowledged).toBeGreaterThan(kills)
    if (isSoak) process.stdout.write(`${kills} kills: ${acknowledged} acknowledged, none missing, ${torn} torn tails\n`)
  },
  isSoak ? 3_600_000 : 60_000,
)
