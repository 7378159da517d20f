import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createTestAuthority, createTestIssuer } from '@countersign/testing'
import type { TestIssuer } from '@countersign/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { build, start } from '../examples/child.js'
import type { Child } from '../examples/child.js'
import { watcher } from './watcher.js'

const BARE = 'Bearer realm="api"'
const INVALID = `${BARE}, error="invalid_token", error_description="The access token is invalid or expired"`
const TOO_LITTLE = 'The request requires higher privileges than the access token provides'
const NARROW = `${BARE}, error="insufficient_scope", error_description="${TOO_LITTLE}", scope="orders:read"`

const folder = new URL(`../.run/${randomUUID()}/`, import.meta.url)
const ca = fileURLToPath(new URL('ca.pem', folder))
let readme: string
let acme: TestIssuer
let partner: TestIssuer

// Issuers of the test have an authority of their own, which the process of a quick start is told of as any process can be.
beforeAll(async () => {
  const authority = await createTestAuthority()
  const tls = await authority.issue()
  ;[acme, partner] = await Promise.all([createTestIssuer(), createTestIssuer()])
  await Promise.all([acme.listen({ host: 'localhost', tls }), partner.listen({ host: 'localhost', tls }), build('.')])
  readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  await mkdir(folder, { recursive: true })
  await writeFile(ca, authority.certificate)
}, 120_000)

afterAll(() => Promise.all([acme.close(), partner.close(), rm(folder, { recursive: true })]))

const readQuickStart = (framework: string) =>
  new RegExp(`^\`\`\`js ${framework}\\n([^]*?)^\`\`\`$`, 'm').exec(readme)?.[1] ?? ''

/** Runs a sample with the issuers of the test in place of those it names, on any free port; in a test Express prints nothing. */
async function serve(framework: string, code: string) {
  const rewritten = code
    .replace('https://login.acme.example', acme.issuer)
    .replace('https://id.partner.example', partner.issuer)
    .replace('3000', '0')
  const file = new URL(`${framework}.mjs`, folder)
  await writeFile(file, rewritten)
  const child = start(['--import', watcher, fileURLToPath(file)], { NODE_EXTRA_CA_CERTS: ca, NODE_ENV: 'production' })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await child.ended
  })
  const [, port = ''] = await child.waitFor(/^port (\d+)$/m)
  return { url: `http://localhost:${port}/orders`, child }
}

async function call(url: string, token?: string) {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(url, { headers })
  const body = await answer.text()
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body }
}

describe.each(['express', 'fastify', 'koa'])('the quick start of README.md for %s', (framework) => {
  it('has at most 12 lines', () => {
    const lines = readQuickStart(framework).trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.length).toBeLessThanOrEqual(12)
  })

  it('runs as written, and trusts both issuers as far as their tokens go', async () => {
    const { url, child } = await serve(framework, readQuickStart(framework))
    for (const issuer of [acme, partner]) {
      const good = await call(url, await issuer.token({ scope: 'orders:read', sub: 'alice' }))
      expect([good.status, JSON.parse(good.body)]).toEqual([200, { for: 'alice' }])
      expect(await call(url, await issuer.token({ scope: 'orders:write' }))).toMatchObject({
        status: 403,
        challenge: NARROW,
      })
    }
    expect(await call(url)).toMatchObject({ status: 401, challenge: BARE })
    const forged = await acme.token({ scope: 'orders:read', iss: partner.issuer })
    const elsewhere = await acme.token({ scope: 'orders:read', aud: 'https://billing.example.com' })
    for (const token of [forged, elsewhere, 'opaque']) {
      expect(await call(url, token)).toMatchObject({ status: 401, challenge: INVALID })
    }
    if (framework === 'express') await checkRefusals(url, child)
  })
})

describe.each(['express', 'fastify', 'koa'])('the first sample of packages/%s/README.md', (framework) => {
  it('runs as written', async () => {
    const page = await readFile(new URL(`../../packages/${framework}/README.md`, import.meta.url), 'utf8')
    const { url, child } = await serve(framework, /^```js\n([^]*?)^```$/m.exec(page)?.[1] ?? '')
    const good = await call(url, await acme.token({ scope: 'orders:read', sub: 'alice' }))
    expect([good.status, JSON.parse(good.body)]).toEqual([200, { for: 'alice' }])
    expect(await call(url, await acme.token({ scope: 'orders:write' }))).toMatchObject({ status: 403 })
    expect(await call(url)).toMatchObject({ status: 401, challenge: BARE })
    if (framework === 'express') await checkRefusals(url, child)
  })
})

/** What Express's own handler does not: JSON for clients, and a log that strangers cannot fill. */
async function checkRefusals(url: string, child: Child) {
  const bare = await call(url)
  expect(JSON.parse(bare.body)).toEqual({ error: 'unauthorized', error_description: 'Authentication is required' })
  const opaque = await call(url, 'opaque')
  expect(JSON.parse(opaque.body)).toMatchObject({ error: 'invalid_token' })
  expect(child.output).toMatch(/^port \d+\n$/)
}
