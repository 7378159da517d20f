import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createTestAuthority, createTestIssuer } from '@countersign/testing'
import type { TestAuthority, TestIssuer } from '@countersign/testing'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { build, start } from '../examples/child.js'
import { watcher } from './watcher.js'

const execute = promisify(execFile)

const hasCurl = await execute('curl', ['--version']).then(
  () => true,
  () => false,
)
const noCurl = hasCurl ? '' : ' (left out: curl is not installed)'

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:'
const SECRETS = Object.fromEntries(
  ['KEYS_SECRET', 'FINGERPRINT_SECRET', 'ORDERS_SECRET', 'BILLING_SECRET'].map((name) => [
    name,
    randomBytes(32).toString('hex'),
  ]),
)

const folder = new URL(`../.run/${randomUUID()}/`, import.meta.url)
const ca = fileURLToPath(new URL('ca.pem', folder))
let authority: TestAuthority
let acme: TestIssuer

beforeAll(async () => {
  authority = await createTestAuthority()
  acme = await createTestIssuer()
  await Promise.all([acme.listen({ host: 'localhost', tls: await authority.issue() }), build('.')])
  await mkdir(folder, { recursive: true })
  await writeFile(ca, authority.certificate)
}, 120_000)

afterAll(() => Promise.all([acme.close(), rm(folder, { recursive: true, force: true })]))

/** A page, and the names in it that are not here. */
interface Page {
  readonly file: string
  readonly sts: string
  readonly orders: string
}

const PAGES: readonly Page[] = [
  { file: 'docs/token-exchange.md', sts: 'https://sts.example', orders: 'https://orders.example' },
  { file: 'packages/sts/README.md', sts: 'https://sts.example.com', orders: 'https://orders.example.com' },
]

/** A block of a page, by what stands behind its three ticks. */
function readBlock({ file }: Page, info: string): string {
  const page = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const block = new RegExp(`^\`\`\`${info}\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1]
  if (block === undefined) throw new Error(`${file} has no block "${info}"`)
  return block
}

/** What is changed in a sample to see what it is there for; the text must be there. */
type Change = readonly [from: string, to: string]

/** TLS in front of a server on plain http, as a proxy is in production. It knows its address before the server does. */
async function startFront() {
  let backend = 0
  const sockets = new Set<Socket>()
  const front = createServer({ ...(await authority.issue()), ALPNProtocols: ['http/1.1'] }, (socket) => {
    const inner = connect(backend, '127.0.0.1')
    for (const end of [socket, inner]) sockets.add(end.on('error', () => {}))
    socket.pipe(inner).pipe(socket)
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    front.close()
    for (const socket of sockets) socket.destroy()
  })
  return { url: `https://localhost:${(front.address() as AddressInfo).port}`, lead: (port: number) => (backend = port) }
}

/** Runs a sample until it listens, and to the end of the test. */
async function run(name: string, code: string, env: Readonly<Record<string, string>> = {}) {
  const file = fileURLToPath(new URL(`${name}-${randomUUID()}.mjs`, folder))
  await writeFile(file, code)
  const child = start(['--import', watcher, file], { NODE_EXTRA_CA_CERTS: ca, ...env })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await child.ended
  })
  return { child, port: Number((await child.waitFor(/^port (\d+)$/m))[1]) }
}

/** Runs the token service of a page, with its own issuer in place of the one that it names, and a port that is free. */
async function serve(page: Page, ...changes: readonly Change[]) {
  const state = fileURLToPath(new URL(`state-${randomUUID()}`, folder))
  const front = await startFront()
  let code = readBlock(page, 'js sts.js')
  const here: readonly Change[] = [
    [`'${page.sts}'`, `'${front.url}'`],
    ['https://login.acme.example', acme.issuer],
    ["'state", `'${state}`],
    ['.listen(3000)', '.listen(0)'],
  ]
  for (const [from, to] of [...changes, ...here]) {
    if (!code.includes(from)) throw new Error(`${page.file} does not say ${from}`)
    code = code.replaceAll(from, to)
  }
  const { child, port } = await run('sts', code, SECRETS)
  front.lead(port)
  const readTrail = (): readonly Readonly<Record<string, unknown>>[] =>
    readFileSync(`${state}/audit.jsonl`, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  const ask = async (client: string, form: Readonly<Record<string, string>>) => {
    const secret = SECRETS[`${client.toUpperCase()}_SECRET`]
    const headers = { authorization: `Basic ${btoa(`${client}:${secret}`)}` }
    for (;;) {
      const body = new URLSearchParams(form)
      const answer = await fetch(`http://127.0.0.1:${port}/token`, { method: 'POST', headers, body })
      // A disk that is busy with other suites may not have kept an event in time: the client tries again.
      if (answer.status !== 503)
        return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> }
      await sleep(200)
    }
  }
  return { url: front.url, local: `http://127.0.0.1:${port}`, child, ask, readTrail }
}

/** The request that a page shows, as the form that it sends. */
function readRequest(page: Page, token: string): Readonly<Record<string, string>> {
  const fields = readBlock(page, 'sh exchange').matchAll(/ -d (\w+)=(?:"\$(\w+)"|(\S+))/g)
  return Object.fromEntries(
    [...fields].map(([, name = '', variable, value = '']) => [name, variable === undefined ? value : token]),
  )
}

const signAlice = ({ orders }: Page) => acme.token({ sub: 'alice', aud: orders, scope: 'orders:read' })

describe.each(PAGES)('the token service of $file', (page) => {
  it('answers the request of the page as the page says', async () => {
    const service = await serve(page)
    const form = readRequest(page, await signAlice(page))
    expect(form['grant_type']).toBe('urn:ietf:params:oauth:grant-type:token-exchange')
    const { status, body } = await service.ask('orders', form)
    const shown = JSON.parse(readBlock(page, 'json answer')) as Readonly<Record<string, unknown>>
    // 299, where a second began between the token and the answer.
    expect([299, 300]).toContain(body['expires_in'])
    const anew = { access_token: expect.any(String) as string, expires_in: body['expires_in'] }
    expect({ status, ...body }).toEqual({ status: 200, ...shown, ...anew })
    expect(decodeJwt(body['access_token'] as string)).toMatchObject({
      iss: service.url,
      act: { sub: 'orders' },
      client_id: 'orders',
      sub_id: { iss: acme.issuer, sub: 'alice' },
    })
    expect(service.readTrail()).toContainEqual(expect.objectContaining({ type: 'token.exchange', outcome: 'success' }))
  })

  it.skipIf(!hasCurl)(`answers curl${noCurl}`, async () => {
    const service = await serve(page)
    const token = await signAlice(page)
    await service.ask('orders', readRequest(page, token))
    const command = readBlock(page, 'sh exchange')
    expect(command).toContain(`curl ${page.sts}/token `)
    // curl repeats a 503 by itself.
    const here = command.replace(`curl ${page.sts}`, `curl -sf --retry 20 --retry-delay 1 ${service.url}`)
    const env = { ...process.env, ...SECRETS, CURL_CA_BUNDLE: ca, ALICE: token }
    const { stdout } = await execute('sh', ['-c', here], { env })
    expect(JSON.parse(stdout)).toMatchObject({ token_type: 'Bearer', scope: 'invoice:read' })
  })

  // Where a busy disk has not kept the event of the first key in time, the next look at the store has it, and that is 10 s later.
  it('can sign when it begins to listen', { retry: 2 }, async () => {
    const { local } = await serve(page)
    expect((await fetch(`${local}/health`)).status).toBe(200)
  })

  it('closes its trail when it is asked to end', async () => {
    const { child, readTrail } = await serve(page)
    child.kill('SIGTERM')
    expect(await child.ended).toBe(null)
    expect(readTrail().map(({ type }) => type)).toContain('service.stopped')
  })

  it('names the variable that is not set', async () => {
    const file = fileURLToPath(new URL(`unset-${randomUUID()}.mjs`, folder))
    await writeFile(file, readBlock(page, 'js sts.js').replaceAll("'state", `'${fileURLToPath(folder)}state`))
    const env = { ...SECRETS, FINGERPRINT_SECRET: undefined as unknown as string }
    const child = start([file], env)
    expect(await child.ended).toBe(1)
    expect(child.output).toContain('Error: FINGERPRINT_SECRET is not set')
  })
})

describe('docs/token-exchange.md', () => {
  const [page] = PAGES as readonly [Page]

  it.each([
    ['ERR_TOKEN_AUDIENCE', 'is not named in the audience of the verifier', [`[issuer, '${page.orders}']`, 'issuer']],
    [
      'ERR_TOKEN_AUDIENCE',
      'is not named in the trust record',
      [`audiences: ['${page.orders}'], tokenTypes`, 'tokenTypes'],
    ],
    ['ERR_TOKEN_TYPE', 'is called what its trust record does not say', [", tokenTypes: ['jwt', 'access_token']", '']],
  ] as const)('refuses with %s where a token of orders %s', async (reason, _, change) => {
    const service = await serve(page, change)
    const form = readRequest(page, await signAlice(page))
    const { status, body } = await service.ask('orders', { ...form, subject_token_type: `${TOKEN_TYPE}access_token` })
    expect([status, body['error']]).toEqual([400, 'invalid_request'])
    expect(service.readTrail()).toContainEqual(expect.objectContaining({ type: 'token.exchange', reason }))
  })

  it('shows an API that takes the token and nobody else, and a second hop as in its diagram', async () => {
    const service = await serve(page)
    const alice = await signAlice(page)
    const { body } = await service.ask('orders', readRequest(page, alice))
    const token = String(body['access_token'])
    const code = readBlock(page, 'js billing.js').replace(page.sts, service.url).replace('.listen(3001)', '.listen(0)')
    const { port } = await run('billing', code)
    const call = async (bearer: string) =>
      fetch(`http://127.0.0.1:${port}/invoices`, { headers: { authorization: `Bearer ${bearer}` } })
    const answer = await call(token)
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        for: { format: 'iss_sub', iss: acme.issuer, sub: 'alice' },
        as: expect.stringMatching(/^[\w-]{43}$/) as string,
        by: { issuer: service.url, subject: 'orders' },
      },
    ])
    expect((await call(alice)).status).toBe(401)

    const second = await service.ask('billing', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: `${TOKEN_TYPE}access_token`,
      audience: 'ledger',
    })
    expect(second).toMatchObject({ status: 200, body: { scope: 'entry:write' } })
    expect(decodeJwt(String(second.body['access_token']))).toMatchObject({
      aud: 'https://ledger.example',
      sub: decodeJwt(token).sub,
      act: { sub: 'billing', act: { sub: 'orders' } },
    })
  })

  it('shows how a subject, or a session, is put out at every API that shares the store', async () => {
    const service = await serve(page, [
      'app.use(mount(service))',
      `import { countersign, errorHandler } from '@countersign/express'
      app.post('/put-out', async (request, response) => {
        ${readBlock(page, 'js put-out')}
        response.end()
      })
      const trusted = { audience: 'https://billing.example', issuers: [{ issuer, tokenProfile: 'rfc9068' }] }
      app.use('/invoices', countersign({ ...trusted, revocationStore: revocations }), errorHandler())
      app.get('/invoices', (request, response) => response.json({}))
      app.use(mount(service))`,
    ])
    const exchangeFor = async (claims: object): Promise<string> => {
      const subject = await acme.token({ aud: page.orders, scope: 'orders:read', ...claims })
      const { body } = await service.ask('orders', readRequest(page, subject))
      return String(body['access_token'])
    }
    const tokens = [
      await exchangeFor({ sub: 'alice', sid: 'other' }),
      await exchangeFor({ sub: 'bob', sid: 'c41f' }),
      await exchangeFor({ sub: 'carol', sid: 'other' }),
    ]
    const callAll = () =>
      Promise.all(
        tokens.map(async (token) => {
          const headers = { authorization: `Bearer ${token}` }
          return (await fetch(`${service.local}/invoices`, { headers })).status
        }),
      )
    expect(await callAll()).toEqual([200, 200, 200])
    expect((await fetch(`${service.local}/put-out`, { method: 'POST' })).status).toBe(200)
    expect(await callAll()).toEqual([401, 401, 200])
  })
})

describe('packages/sts/README.md', () => {
  const page = PAGES[1] as Page

  it('tells what the log says where the keys were sealed under another KEYS_SECRET', async () => {
    const keys: Change = ["fileKeys('state/keys')", `fileKeys('${fileURLToPath(new URL(randomUUID(), folder))}')`]
    const first = await serve(page, keys)
    await first.ask('orders', readRequest(page, await signAlice(page)))
    const { child, local } = await serve(page, keys, [
      "readSecret('KEYS_SECRET')",
      "'another secret of 32 characters!'",
    ])
    const answer = await fetch(`${local}/jwks`)
    await child.waitFor(/unopened/)
    await child.waitFor(/ERR_STORE_UNAVAILABLE/)
    expect(answer.status).toBe(503)
    const cure = '| `ERR_STORE_UNAVAILABLE`, and the log says `unopened` |'
    for (const { file } of PAGES)
      expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(cure)
  })
})
