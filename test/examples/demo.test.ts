import type { AuditEvent } from '@countersign/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { build, start } from './child.js'

const main = 'examples/demo/dist/main.js'

const CALLS = [
  'keys of both issuers',
  "acme's token",
  "partner's token",
  "acme's token, to write",
  "partner's token, to write",
  'token for another API',
  'expired token',
  'tampered token (more scopes)',
  "token with another's signature",
  "acme's key in partner's name",
  'token of an unlisted issuer',
  'unsigned token (alg none)',
  'no token',
]

const THEFT = [
  'Express bound token with its proof',
  'Express the same again',
  'Fastify the same again, over there',
  'Fastify the token alone, as Bearer',
  "Fastify with a proof of the thief's",
  'Fastify with a new proof',
]

const FEDERATION = [
  "tokens orders exchanges alice's token",
  'tokens orders asks for more than she has',
  'tokens another client found her token',
  'billing orders calls for alice',
  'billing with the token she gave orders',
  'tokens a job of the main branch',
  'tokens a job of another branch',
  'production the first one deploys',
  'billing and cannot read invoices',
]

const AUDIT = [
  'trail as it was written',
  'trail a refusal made a success',
  'trail that line taken out',
  'trail its last three lines cut off',
]

// Drops the credentials of every call on its way, so that nothing comes out as expected that needs them.
const forgetful = `data:text/javascript,${encodeURIComponent(`
  const { fetch } = globalThis
  globalThis.fetch = (url, init) => String(url).endsWith('/orders') ? fetch(url, { ...init, headers: {} }) : fetch(url, init)
`)}`

describe('the demo', () => {
  beforeAll(() => build('examples/demo'), 120_000)

  it('calls every API in every way, has every answer as expected, and exits with 0', async () => {
    const demo = start([main])
    expect({ code: await demo.ended, output: demo.output }).toMatchObject({ code: 0 })

    const rows = readRows(demo.output)
    expect(rows.map(({ framework, call }) => `${framework} ${call}`)).toEqual([
      ...['Express', 'Fastify', 'Koa'].flatMap((framework) => CALLS.map((call) => `${framework} ${call}`)),
      ...THEFT,
      ...FEDERATION,
      ...AUDIT,
    ])
    for (const row of rows) expect(row).toMatchObject({ mark: '✓', got: row.expected })
    expect(rows.slice(0, 5)).toMatchObject([
      { got: '200', why: '2 of 2 issuers ready' },
      { got: '200', why: 'acme orders-job (orders:read orders:write)' },
      { got: '200', why: 'partner orders-job (orders:read)' },
      { got: '201', why: 'acme orders-job (orders:read orders:write)' },
      { got: '403 insufficient_scope', why: 'ERR_SCOPE_INSUFFICIENT' },
    ])
    expect(demo.output).toMatch(/^39 calls, all as expected$/m)
    expect(demo.output).toMatch(/^  rotation +[1-9]\d* calls, 0 failures; 3 new keys, the first without notice$/m)
    expect(demo.output).toMatch(/^  outage +[1-9]\d* calls, 0 failures; the provider is gone, its keys are stale$/m)
    expect(rows.slice(39, 45)).toMatchObject([
      { got: '200', why: 'acme orders-job (orders:read)' },
      { got: '401 invalid_dpop_proof', why: 'ERR_PROOF_REPLAYED' },
      { got: '401 invalid_dpop_proof', why: 'ERR_PROOF_REPLAYED' },
      { got: '401 invalid_token', why: 'ERR_PROOF_REQUIRED' },
      { got: '401 invalid_token', why: 'ERR_PROOF_BINDING' },
      { got: '200', why: 'acme orders-job (orders:read)' },
    ])
    expect(rows.slice(45, 54)).toMatchObject([
      { got: '200', why: 'by the rule orders-to-billing' },
      { got: '400 invalid_scope', why: 'ERR_STS_SCOPE_FORBIDDEN' },
      { got: '400 invalid_request', why: 'ERR_TOKEN_AUDIENCE' },
      { got: '200', why: 'alice, through orders (invoice:read)' },
      { got: '401 invalid_token', why: 'ERR_ISSUER_UNTRUSTED' },
      { got: '200', why: 'by the rule main-to-production' },
      { got: '401 invalid_client', why: 'ERR_STS_CLIENT_UNKNOWN' },
      { got: '201', why: 'deploy-shop (deploy)' },
      { got: '401 invalid_token', why: 'ERR_TOKEN_AUDIENCE' },
    ])
    const lines = demo.output.split('\n').filter((line) => line.startsWith('{'))
    const [exchange, use, ...others] = lines.map((line) => JSON.parse(line) as AuditEvent)
    expect(others).toEqual([])
    expect(exchange).toMatchObject({
      type: 'token.exchange',
      outcome: 'success',
      subject: { sub: 'alice' },
      client: { id: 'orders' },
      scope: { granted: ['invoice:read'] },
      policy: { id: 'demo', rule: 'orders-to-billing' },
    })
    expect(use).toMatchObject({ type: 'authn.success', tokens: { subject: exchange?.tokens?.issued } })
    const refused = rows[55]?.why
    expect(refused).toMatch(/^event \d+, in line \d+$/)
    expect(rows.slice(54)).toMatchObject([
      { got: 'ok', why: expect.stringMatching(/^events 1 to \d+, signed up to \d+$/) },
      { got: 'edited' },
      { got: 'missing', why: refused },
      { got: 'truncated', why: expect.stringMatching(/^event \d+$/) },
    ])
    expect(demo.output).toMatch(
      /two instances share their memory: (a Redis on port \d+|the Redis of REDIS_URL|one store)/,
    )
    // No colours where nobody looks, and nothing of the provider's own notices.
    expect(demo.output).not.toContain('\u001B')
    expect(demo.output).not.toContain('oidc-provider')
  })

  it('steals in one process where there is no Redis, and says so', async () => {
    const demo = start([main], { PATH: '/nonexistent', REDIS_URL: '' })
    expect({ code: await demo.ended, output: demo.output }).toMatchObject({ code: 0 })
    expect(demo.output).toContain('one store in this process, because no redis-server is on PATH')
    expect(
      readRows(demo.output)
        .slice(39, 45)
        .map(({ framework, call }) => `${framework} ${call}`),
    ).toEqual(THEFT)
  })

  it('exits with 1 where an answer is not the expected one, and says which', async () => {
    const demo = start(['--import', forgetful, main])
    expect({ code: await demo.ended, output: demo.output }).toMatchObject({ code: 1 })

    const wrong = readRows(demo.output).filter(({ mark }) => mark === '✗')
    expect(wrong).toHaveLength(33 + THEFT.length)
    expect(wrong[0]).toEqual({
      mark: '✗',
      framework: 'Express',
      call: "acme's token",
      expected: '200',
      got: '401 bare challenge',
      why: 'ERR_CREDENTIALS_MISSING, not acme orders-job (orders:read orders:write)',
    })
    expect(demo.output).toMatch(/^39 calls, 33 not as expected$/m)
  })

  it('leaves everything running with --serve, with tokens that work, until it is interrupted', async () => {
    const demo = start([main, '--serve'])
    await demo.waitFor(/Fresh tokens:[^]*PARTNER=/)
    const { output } = demo
    const tokens = new Map([...output.matchAll(/^ +(ACME|PARTNER)=(ey\S+)$/gm)].map(([, name, token]) => [name, token]))
    const calls = [...output.matchAll(/curl -i (?:-X (\w+) )?(\S+)(?: -H "Authorization: Bearer \$(\w+)")? +# (\d+)/g)]
    expect(calls).toHaveLength(4)
    for (const [, method = 'GET', url = '', name, status] of calls) {
      const headers = name === undefined ? {} : { authorization: `Bearer ${tokens.get(name) ?? ''}` }
      const response = await fetch(url, { method, headers })
      expect([url, response.status]).toEqual([url, Number(status)])
    }
    await demo.waitFor(/Express refused: ERR_CREDENTIALS_MISSING/)

    const fresh = /curl -s (\S+) -u '([^']+)' -d (\S+) \\\s+-d '([^']+)' -d (\S+)/.exec(output)
    const [, endpoint = '', credentials = '', ...fields] = fresh ?? []
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(credentials)}` },
      body: new URLSearchParams(fields.join('&')),
    })
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', access_token: expect.stringMatching(/^ey/) })

    demo.kill('SIGINT')
    expect({ code: await demo.ended, output: demo.output }).toMatchObject({ code: 0 })
    await expect(fetch(endpoint)).rejects.toThrow('fetch failed')
  })

  it('prints help, and refuses what it does not know', async () => {
    const help = start([main, '--help'])
    expect(await help.ended).toBe(0)
    expect(help.output).toMatch(/^Usage: npm run demo/)

    for (const [flag, complaint] of [
      ['--server', "Unknown option '--server'"],
      ['serve', "Unexpected argument 'serve'"],
    ] as const) {
      const demo = start([main, flag])
      expect(await demo.ended).toBe(2)
      expect(demo.output).toContain(`${complaint}\n\nUsage: npm run demo`)
    }
  })
})

function readRows(output: string) {
  return [...output.matchAll(/^([✓✗]) {2}.*$/gm)].map(([line, mark]) => {
    const [framework, call, expected, got, why] = line.slice(3).split(/ {2,}/)
    return { mark, framework, call, expected, got, why }
  })
}
