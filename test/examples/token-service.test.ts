import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startProvider } from '../interop/provider.js'
import type { InteropProvider } from '../interop/provider.js'
import { signIn } from '../interop/sign-in.js'
import { build, start } from './child.js'
import type { Child } from './child.js'
import { findFreePort } from '../../scripts/free-port.mjs'

const ORDERS = 'https://orders.example.com'

let provider: InteropProvider
let folder: string
const children: Child[] = []

beforeAll(async () => {
  provider = await startProvider('ES256')
  folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-token-service-'))
  await build('.')
}, 120_000)
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(children.splice(0).map(({ ended }) => ended))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await provider.close()
})

type Env = Readonly<Record<string, string>>

/** Starts a script of the example, and gives its address. */
async function serve(script: string, env: Env): Promise<string> {
  const child = start([`examples/token-service/${script}`], env)
  children.push(child)
  const [, url = ''] = await child.waitFor(/^Listening on (http:\S+)$/m)
  return url
}

/** Starts everything but the job; gives the environment that all of it shares. */
async function serveAll(more: Env): Promise<Env> {
  const [sts, orders, apis, ci] = await Promise.all([findFreePort(), findFreePort(), findFreePort(), findFreePort()])
  const at = (port: number): string => `http://127.0.0.1:${port}`
  const env = {
    STS: at(sts),
    USERS: provider.issuer,
    CI: at(ci),
    ORDERS: at(orders),
    BILLING: at(apis),
    PRODUCTION: at(apis),
    STATE: path.join(folder, `state-${sts}`),
    CI_TOKEN_FILE: path.join(folder, `ci-token-${ci}`),
    SECRET: 'a secret of this test that is long enough',
    ...more,
  }
  // The service first asks for keys as it starts: where a platform is away then, it waits before it asks again.
  await Promise.all([
    serve('ci.js', { ...env, PORT: String(ci) }),
    serve('orders.js', { ...env, PORT: String(orders) }),
    serve('apis.js', { ...env, PORT: String(apis) }),
  ])
  await serve('server.js', { ...env, PORT: String(sts) })
  return env
}

async function runJob(env: Env): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const job = start(['examples/token-service/deploy.js'], env)
  children.push(job)
  const code = await job.ended
  return { code, lines: job.output.trimEnd().split('\n') }
}

interface Event {
  readonly type: string
  readonly outcome: string
  readonly reason?: string
}

const readTrail = ({ STATE = '' }: Env): readonly Event[] =>
  readFileSync(path.join(STATE, 'audit.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)

describe.each(['express', 'fastify', 'koa'])('examples/token-service on %s', (framework) => {
  it('lets orders call billing for a user, who sees who acts, and a job of the main branch deploy without a secret', async () => {
    const env = await serveAll({ FRAMEWORK: framework })
    const { accessToken } = await signIn(provider, 'alice', { scope: 'openid orders:read', resource: ORDERS })
    const authorization = `Bearer ${accessToken}`
    const invoices = await fetch(`${env['ORDERS']}/invoices`, { headers: { authorization } })
    expect([invoices.status, await invoices.json()]).toEqual([
      200,
      {
        invoices: [],
        for: { format: 'iss_sub', iss: provider.issuer, sub: 'alice' },
        as: expect.stringMatching(/^[\w-]{43}$/) as string,
        actor: { issuer: env['STS'], subject: 'orders' },
        actorHistory: [],
      },
    ])
    // What the user showed orders is worth nothing at billing.
    const direct = await fetch(`${env['BILLING']}/invoices`, { headers: { authorization } })
    expect([direct.status, decodeJwt(accessToken).aud]).toEqual([401, ORDERS])

    expect(await runJob(env)).toEqual({
      code: 0,
      lines: [
        // What is left of it, once the answer goes out: a second may have ended meanwhile.
        expect.stringMatching(/^Token: Bearer, deploy, (?:300|299) s$/),
        'Deployment: 201 {"deployed":true,"by":"deploy-shop"}',
      ],
    })
    expect(readTrail(env).filter(({ type }) => type.startsWith('token.'))).toMatchObject([
      {
        type: 'token.exchange',
        outcome: 'success',
        client: { id: 'orders', authMethod: 'private_key_jwt' },
        policy: { id: 'shop', rule: 'orders-to-billing' },
      },
      {
        type: 'token.grant',
        outcome: 'success',
        client: { id: 'deploy-shop', authMethod: 'workload' },
        policy: { id: 'shop', rule: 'main-to-production' },
      },
    ])
  })
})

it('examples/token-service gives a job of another branch nothing, and says why in its trail alone', async () => {
  const env = await serveAll({ REF: 'refs/heads/other' })
  expect(await runJob(env)).toEqual({ code: 1, lines: ['No token: 401 invalid_client'] })
  // Nothing waits for the refusal of a stranger to be written.
  await vi.waitFor(
    () =>
      expect(readTrail(env)).toContainEqual(
        expect.objectContaining({ type: 'authn.failure', outcome: 'failure', reason: 'ERR_STS_CLIENT_UNKNOWN' }),
      ),
    10_000,
  )
})
