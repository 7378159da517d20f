import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { verifyTrail } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { beforeAll, expect, it } from 'vitest'
import { isLong, report } from '../bounds/long-form.js'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const script = fileURLToPath(new URL('token-service.mjs', import.meta.url))
const seconds = isLong ? 30 : 3
const STRANGERS = 32
const CLIENTS = 2
/** What the service writes whole of them; the rest comes from one network, and is told once a second. */
const [PER_SECOND, BURST] = [5, 10]

beforeAll(async () => {
  const packages = ['audit', 'express', 'sts'].map((name) => path.join(root, 'packages', name))
  await execute(path.join(root, 'node_modules/.bin/tsc'), ['-b', ...packages])
}, 120_000)

/** Asks for tokens until the time is over, from so many sides, one request after the other on each; counts the answers by status. */
async function ask(port: number, sides: number, form: Record<string, string>, toAuthorization: () => string) {
  const agent = new Agent({ keepAlive: true, maxSockets: sides })
  const endMs = performance.now() + seconds * 1_000
  const answers = new Map<number, number>()
  const work = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const headers = {
        authorization: toAuthorization(),
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': `stranger\u00A0\t${'x'.repeat(2_000)}`,
      }
      const sent = request({ agent, host: '127.0.0.1', port, path: '/token', method: 'POST', headers })
      sent.end(new URLSearchParams(form).toString())
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
      const status = response.statusCode ?? 0
      answers.set(status, (answers.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: sides }, work))
  agent.destroy()
  return Object.fromEntries(answers)
}

it(`strangers who are refused over HTTP for ${seconds} s cost the trail their share, and no exchange`, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'countersign-sts-flood-'))
  const file = path.join(folder, 'audit.jsonl')
  const child = spawn(process.execPath, [script, file, randomBytes(32).toString('base64url')], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  const { port, subjectToken } = JSON.parse(line) as { port: number; subjectToken: string }
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    audience: 'billing',
  }
  const toBasic = (name: string, secret: string): string =>
    `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
  const [refused, served] = await Promise.all([
    ask(port, STRANGERS, form, () => toBasic(`orders-${randomBytes(4).toString('hex')}`, 'a guess')),
    ask(port, CLIENTS, form, () => toBasic('orders', 's'.repeat(32))),
  ])
  child.kill('SIGTERM')
  await once(child, 'exit')

  // Whoever is known is served, all the time.
  expect(Object.keys(refused)).toEqual(['401'])
  expect(Object.keys(served)).toEqual(['200'])
  const events = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((text) => JSON.parse(text) as AuditEvent)
  expect(events.filter(({ type, outcome }) => type === 'token.exchange' && outcome === 'success')).toHaveLength(
    served['200'] ?? 0,
  )
  // Every refusal was written, or counted: never more than the rate allows, and none is gone.
  const refusals = events.filter(({ outcome, client }) => outcome !== 'success' && client?.authMethod === undefined)
  const told = refusals.reduce((sum, { counted }) => sum + (counted?.count ?? 1), 0)
  expect(told).toBe(refused['401'])
  const written = refusals.filter(({ counted }) => counted === undefined).length
  expect(written).toBeLessThanOrEqual(BURST + PER_SECOND * (seconds + 5))
  expect(refusals.length - written).toBeLessThanOrEqual(seconds + 5)
  expect(told).toBeGreaterThan(2 * written)
  expect(await verifyTrail(file)).toMatchObject({ ok: true, gaps: [], torn: [] })
  report(
    `${told} refusals over HTTP in ${seconds} s: ${written} written, the rest counted; ${served['200']} exchanges, none refused`,
  )
  rmSync(folder, { recursive: true })
}, 180_000)
