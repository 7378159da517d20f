import { execFile, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { verifyTrail } from '@countersign/audit'
import { beforeAll, expect, it } from 'vitest'
import { isLong } from '../bounds/long-form.js'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const script = fileURLToPath(new URL('token-service.mjs', import.meta.url))
const secret = randomBytes(32)
const [kills, killsAFolder] = isLong ? [1_000, 20] : [5, 5]

beforeAll(async () => {
  const packages = ['audit', 'express', 'sts'].map((name) => path.join(root, 'packages', name))
  await execute(path.join(root, 'node_modules/.bin/tsc'), ['-b', ...packages])
}, 120_000)

/** Exchanges tokens from sixteen sides until the service is killed, so long after the first arrived; gives the tokens that did. */
async function exchangeUntilKilled(file: string, ms: number): Promise<string[]> {
  const env = { ...process.env, NODE_OPTIONS: '' }
  const child = spawn(process.execPath, [script, file, secret.toString('base64url')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  const { port, subjectToken } = JSON.parse(line) as { port: number; subjectToken: string }
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    audience: 'billing',
  })
  const authorization = `Basic ${Buffer.from(`orders:${'s'.repeat(32)}`).toString('base64')}`
  const received: string[] = []
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  let isOver = false
  const work = async (): Promise<void> => {
    while (!isOver) {
      const response = await fetch(`http://127.0.0.1:${port}/token`, {
        method: 'POST',
        headers: { authorization },
        body,
      })
      const answer = (await response.json()) as { access_token?: string }
      if (answer.access_token === undefined) throw new Error(`${response.status} ${JSON.stringify(answer)}`)
      received.push(answer.access_token)
      begin()
    }
  }
  const working = Array.from({ length: 16 }, () =>
    work().catch((error: unknown) => {
      // A connection that broke is what this is about; an answer without a token is not.
      if (!isOver) throw error
    }),
  )
  const failed = Promise.race(working)
  await Promise.race([begun.then(() => sleep(ms)), failed])
  isOver = true
  child.kill('SIGKILL')
  await once(child, 'exit')
  await Promise.all(working)
  return received
}

it(
  `every token that a client received before one of ${kills} kills has its event, and the chain holds`,
  async () => {
    let tokens = 0
    for (let done = 0; done < kills; done += killsAFolder) {
      const folder = mkdtempSync(path.join(tmpdir(), 'countersign-sts-kill-'))
      const file = path.join(folder, 'audit.jsonl')
      const received: string[] = []
      for (let count = 0; count < killsAFolder; count++)
        received.push(...(await exchangeUntilKilled(file, Math.random() * 300)))
      const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
      const text = names.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('')
      const missing = received.filter((token) => {
        const name = createHmac('sha256', secret).update(token).digest('base64url')
        return !text.includes(`hmac256:k1:${name}`)
      })
      expect(missing).toEqual([])
      const report = await verifyTrail(file)
      expect(report.problems).toEqual([])
      expect(report.streams.length).toBeGreaterThan(0)
      tokens += received.length
      rmSync(folder, { recursive: true })
    }
    expect(tokens).toBeGreaterThanOrEqual(kills)
    if (isLong)
      process.stdout.write(`${kills} kills of the token service: ${tokens} tokens received, each with its event\n`)
  },
  isLong ? 2 * 3_600_000 : 120_000,
)
