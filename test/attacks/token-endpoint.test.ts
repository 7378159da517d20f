import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTokenWorld, SECRET, STS } from '../conformance/token-world.js'
import { sendRaw } from '../contract/raw-client.js'
import { mounts } from '../interop/token-service.js'

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const
const AS_JOB = ['Authorization', `Basic ${Buffer.from(`job:${SECRET}`).toString('base64')}`] as const
const GOOD = 'grant_type=client_credentials&audience=billing'
const TOKEN = `${new URL(STS).pathname}/token`

type Field = readonly [name: string, value: string]

/** Starts a token service in an application. */
async function serve(mount: (typeof mounts)[number][1]): Promise<{ readonly server: Server; readonly port: number }> {
  const listener = await mount((await createTokenWorld()).service)
  const server = createServer((req, res) => void listener(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

describe.each(mounts)('hostile requests at the token endpoint on %s', (_, mount) => {
  let server: Server
  let port: number

  beforeAll(async () => {
    ;({ server, port } = await serve(mount))
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })

  const send = async (body: string, fields: readonly Field[] = [FORM, AS_JOB], path = TOKEN, method = 'POST') => {
    const length: Field = ['Content-Length', String(Buffer.byteLength(body))]
    const isChunked = fields.some(([name]) => name === 'Transfer-Encoding')
    const all = isChunked ? fields : [...fields, length]
    const startedAt = performance.now()
    const answer = await sendRaw(port, { method, path, fields: all, body })
    return { ...answer, tookMs: performance.now() - startedAt }
  }

  /** The status, and the error of the JSON that every answer of the endpoint is. */
  const outcome = async (...sent: Parameters<typeof send>): Promise<readonly unknown[]> => {
    const { status, fields, body, tookMs } = await send(...sent)
    expect(fields['content-type']).toEqual(['application/json'])
    expect(fields['cache-control']).toEqual(['no-store'])
    // A deadline of the body is 5 s: what is wrong from the start is told at once.
    expect(tookMs).toBeLessThan(2_500)
    return [status, (JSON.parse(body) as Readonly<Record<string, unknown>>)['error']]
  }

  it('let an ordinary one through', async () => {
    expect(await outcome(GOOD)).toEqual([200, undefined])
    const chunks = `${GOOD.length.toString(16)}\r\n${GOOD}\r\n0\r\n\r\n`
    expect(await outcome(chunks, [FORM, AS_JOB, ['Transfer-Encoding', 'chunked']])).toEqual([200, undefined])
  })

  it.each([
    '%',
    'grant_type=%zz',
    'grant_type=%ff%fe',
    'grant_type=client_credentials\r\n&audience=billing',
    'grant_type=client_credentials&audience=bill\u0000ing',
    'grant_type=client_credentials&audience=bïlling',
    '{"grant_type":"client_credentials"}',
    '<xml/>',
    '&'.repeat(60_000),
    'a=1&'.repeat(15_000),
    'a&'.repeat(30_000),
    '='.repeat(60_000),
    '%'.repeat(60_000),
    '+'.repeat(60_000),
  ])('of a malformed body: invalid_request (%#)', async (body) => {
    expect(await outcome(body)).toEqual([400, 'invalid_request'])
  })

  it.each([
    `${GOOD}&grant_type=client_credentials`,
    `${GOOD}&grant_type=`,
    `grant_type=&${GOOD}`,
    `${GOOD}&%67rant_type=client_credentials`,
    `${GOOD}&scope=invoice:read&scope=invoice:read`,
    `${GOOD}&client_id=job&client_id=job`,
    `${GOOD}&unknown=1&unknown=2`,
  ])('of a repeated parameter: invalid_request (%#)', async (body) => {
    expect(await outcome(body)).toEqual([400, 'invalid_request'])
  })

  it.each([
    `${TOKEN}?grant_type=client_credentials`,
    `${TOKEN}?audience=ledger`,
    `${TOKEN}?client_secret=${SECRET}`,
    `${TOKEN}?x`,
  ])('of parameters in the URL: invalid_request (%#)', async (path) => {
    expect(await outcome(GOOD, [FORM, AS_JOB], path)).toEqual([400, 'invalid_request'])
  })

  it.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded; charset=utf-7',
    'application/x-www-form-urlencoded, application/json',
    'application/x-www-form-urlencodedx',
    '',
  ])('of another content type: 415 (%s)', async (type) => {
    expect(await outcome(GOOD, [['Content-Type', type], AS_JOB])).toEqual([415, 'invalid_request'])
  })

  it('of no content type, or one too many: 415', async () => {
    expect(await outcome(GOOD, [AS_JOB])).toEqual([415, 'invalid_request'])
    expect(await outcome(GOOD, [FORM, AS_JOB, ['Content-Encoding', 'gzip']])).toEqual([415, 'invalid_request'])
  })

  it('of a body of 1 MB: 413 at once, whether it says its length or not', async () => {
    const megabyte = `a=${'x'.repeat(1_048_576)}`
    expect(await outcome(megabyte)).toEqual([413, 'invalid_request'])
    const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`
    const chunks = `${chunk.repeat(16)}0\r\n\r\n`
    expect(await outcome(chunks, [FORM, AS_JOB, ['Transfer-Encoding', 'chunked']])).toEqual([413, 'invalid_request'])
    expect(await outcome(`a=${'x'.repeat(100_000)}`)).toEqual([413, 'invalid_request'])
  })

  it('of a body that is announced as 1 MB and never comes: 413 at once', async () => {
    const fields: readonly Field[] = [FORM, AS_JOB, ['Content-Length', '1048576']]
    const { status, body } = await sendRaw(port, { method: 'POST', path: TOKEN, fields })
    expect([status, (JSON.parse(body) as Readonly<Record<string, unknown>>)['error']]).toEqual([413, 'invalid_request'])
  })

  it('of two ways to authenticate: invalid_request', async () => {
    expect(await outcome(`${GOOD}&client_id=job&client_secret=${SECRET}`)).toEqual([400, 'invalid_request'])
    expect(await outcome(GOOD, [FORM, AS_JOB, AS_JOB])).toEqual([400, 'invalid_request'])
  })

  it('of another method: 405 with Allow', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, fields } = await send('', [AS_JOB], TOKEN, method)
      expect([status, fields['allow']]).toEqual([405, ['POST']])
    }
  })

  it('from somebody who guesses names: one answer for all of them', async () => {
    const guess = (name: string): readonly Field[] => [
      FORM,
      ['Authorization', `Basic ${Buffer.from(`${name}:${'x'.repeat(40)}`).toString('base64')}`],
    ]
    const bodies = new Set<string>()
    for (const name of ['job', 'orders', 'keyed', 'nobody', '__proto__', 'constructor']) {
      const { status, body, fields } = await send(GOOD, guess(name))
      bodies.add(JSON.stringify([status, body, fields['www-authenticate']]))
    }
    expect(bodies.size).toBe(1)
  })
})

/** Sends the head of a request, and its body one byte at a time; gives what is answered. */
function drip(port: number): Promise<string> {
  const head = [`POST ${TOKEN} HTTP/1.1`, 'Host: sts.example', FORM.join(': '), AS_JOB.join(': ')]
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`${head.join('\r\n')}\r\nContent-Length: 5000\r\n\r\n`)
    })
    const drops = setInterval(() => socket.write('a'), 200)
    let received = ''
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1')
      if (!received.includes('}')) return
      clearInterval(drops)
      socket.destroy()
      resolve(received)
    })
    socket.on('error', reject)
  })
}

it('a body that comes drop by drop is answered after a few seconds: 408, on every framework', async () => {
  const answers = await Promise.all(
    mounts.map(async ([, mount]) => {
      const { server, port } = await serve(mount)
      const startedAt = performance.now()
      const answer = await drip(port)
      const tookMs = performance.now() - startedAt
      server.close()
      server.closeAllConnections()
      return { answer, tookMs }
    }),
  )
  for (const { answer, tookMs } of answers) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer).toContain('"error":"invalid_request"')
    expect(tookMs).toBeLessThan(15_000)
  }
})
