import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createTestIssuer } from '../src/index.js'
import type { OutageKind, OutageOptions, TestIssuer } from '../src/index.js'

const DEADLINE_MS = 600
const OIDC = '/.well-known/openid-configuration'

const open: TestIssuer[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()))
})

async function createListening(): Promise<TestIssuer> {
  const issuer = await createTestIssuer()
  await issuer.listen()
  open.push(issuer)
  return issuer
}

/** What a client saw of one request. */
interface Seen {
  readonly status?: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The code of the error, or what happened in place of an end. */
  readonly end: string
}

/** One GET on a connection of its own, cut after a deadline. */
function get(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  deadlineMs: number = DEADLINE_MS,
): Promise<Seen> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let status: number | undefined
    let received: IncomingHttpHeaders = {}
    const finish = (end: string) => {
      clearTimeout(timer)
      request.destroy()
      resolve({ status, headers: received, body: Buffer.concat(chunks), end })
    }
    const timer = setTimeout(() => finish('deadline'), deadlineMs)
    const request = httpRequest(url, { agent: false, headers }, (response) => {
      status = response.statusCode
      received = response.headers
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => finish('complete'))
      response.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    })
    request.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    request.end()
  })
}

describe('an outage over real connections', () => {
  async function fail(kind: OutageKind, options?: OutageOptions): Promise<{ issuer: TestIssuer; right: string }> {
    const issuer = await createListening()
    const right = JSON.stringify(issuer.jwks)
    await issuer.outage(kind, options)
    return { issuer, right }
  }

  it('down: the system refuses the connection, and recovery opens the same port', async () => {
    const { issuer, right } = await fail('down')
    expect((await get(issuer.jwksUri)).end).toBe('ECONNREFUSED')
    expect(issuer.requests).toEqual([])
    await issuer.recover()
    expect((await get(issuer.jwksUri)).body.toString()).toBe(right)
  })

  it('down: connections that stood are cut, and switching to and fro at once ends in the last state', async () => {
    const issuer = await createListening()
    await issuer.outage('hanging')
    const waiting = get(issuer.jwksUri)
    while (issuer.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await Promise.all([issuer.outage('down'), issuer.recover(), issuer.outage('down'), issuer.recover()])
    expect((await waiting).end).toBe('ECONNRESET')
    expect((await get(issuer.jwksUri)).status).toBe(200)
    await Promise.all([issuer.recover(), issuer.outage('down')])
    expect((await get(issuer.jwksUri)).end).toBe('ECONNREFUSED')
  })

  it('refusing: the connection is reset once the request was read', async () => {
    const { issuer } = await fail('refusing')
    expect((await get(issuer.jwksUri)).end).toBe('ECONNRESET')
    expect(issuer.requests.map(({ endpoint, outage }) => [endpoint, outage])).toEqual([['jwks', 'refusing']])
  })

  it('slow: the answer comes after the delay', async () => {
    const { issuer, right } = await fail('slow', { delayMs: 150 })
    const before = performance.now()
    const seen = await get(issuer.jwksUri)
    expect(performance.now() - before).toBeGreaterThanOrEqual(140)
    expect(seen.body.toString()).toBe(right)
  })

  it('hanging: nothing ever comes', async () => {
    const { issuer } = await fail('hanging')
    expect(await get(issuer.jwksUri)).toMatchObject({ status: undefined, end: 'deadline' })
    expect(issuer.requests).toHaveLength(1)
  })

  it('stalled: half of the body, then nothing', async () => {
    const { issuer, right } = await fail('stalled')
    const seen = await get(issuer.jwksUri)
    expect([seen.status, seen.end]).toEqual([200, 'deadline'])
    expect(seen.body.toString()).toBe(right.slice(0, right.length / 2))
  })

  it('loris: a byte at a time', async () => {
    const { issuer } = await fail('loris', { intervalMs: 100 })
    const seen = await get(issuer.jwksUri)
    expect([seen.status, seen.end]).toEqual([200, 'deadline'])
    expect(seen.body.byteLength).toBeGreaterThanOrEqual(1)
    expect(seen.body.byteLength).toBeLessThanOrEqual(DEADLINE_MS / 100 + 1)
  })

  it('huge: 60 MB without an announced length, and right for whoever reads them all', async () => {
    const { issuer, right } = await fail('huge')
    const seen = await get(issuer.jwksUri, {}, 10_000)
    expect(seen.headers).not.toHaveProperty('content-length')
    expect(seen.headers).not.toHaveProperty('etag')
    expect([seen.end, seen.body.byteLength]).toEqual(['complete', 60_000_000])
    expect(seen.body.subarray(-right.length).toString()).toBe(right)
    expect(JSON.parse(seen.body.toString())).toEqual(issuer.jwks)
  })

  it('gzip-bomb: a small body that inflates to 256 MiB', async () => {
    const { issuer, right } = await fail('gzip-bomb')
    const seen = await get(issuer.jwksUri, { 'accept-encoding': 'identity' }, 5000)
    expect([seen.end, seen.headers['content-encoding']]).toEqual(['complete', 'gzip'])
    expect(seen.body.byteLength).toBeLessThan(512 * 1024)
    const inflated = gunzipSync(seen.body)
    expect(inflated.byteLength).toBe(256 * 1024 * 1024)
    expect(inflated.subarray(-right.length).toString()).toBe(right)
  })

  it('redirect: 302 to a place where the right answer stands, or to the one given', async () => {
    const { issuer, right } = await fail('redirect')
    const seen = await get(issuer.jwksUri)
    expect([seen.status, seen.headers.location]).toEqual([302, '/jwks?followed='])
    expect((await get(new URL('/jwks?followed=', issuer.jwksUri).href)).body.toString()).toBe(right)
    await issuer.outage('redirect', { location: 'http://169.254.169.254/' })
    expect((await get(issuer.jwksUri)).headers.location).toBe('http://169.254.169.254/')
  })

  it('malformed: JSON that breaks off within a proper response', async () => {
    const { issuer } = await fail('malformed')
    const seen = await get(issuer.jwksUri)
    expect([seen.status, seen.end]).toEqual([200, 'complete'])
    expect(() => JSON.parse(seen.body.toString())).toThrow(SyntaxError)
  })

  it('truncated: the connection ends before the announced length', async () => {
    const { issuer, right } = await fail('truncated')
    const seen = await get(issuer.jwksUri)
    expect([seen.status, seen.end]).toEqual([200, 'ECONNRESET'])
    expect(seen.headers['content-length']).toBe(String(right.length))
    expect(seen.body.toString()).toBe(right.slice(0, right.length / 2))
  })

  it('truncated: a connection that would be kept alive ends too', async () => {
    const { issuer } = await fail('truncated')
    const response = await fetch(issuer.jwksUri, { signal: AbortSignal.timeout(5000) })
    await expect(response.text()).rejects.toThrow('terminated')
  })

  it('deep-json: the right document under a hundred thousand brackets', async () => {
    const { issuer } = await fail('deep-json')
    const seen = await get(issuer.jwksUri)
    expect(seen.body.byteLength).toBeLessThan(512 * 1024)
    const { deep, ...rest } = JSON.parse(seen.body.toString())
    expect(rest).toEqual(issuer.jwks)
    expect(deep).toHaveLength(1)
  })

  it('empty-body: 200 and nothing', async () => {
    const { issuer } = await fail('empty-body')
    const seen = await get(issuer.jwksUri)
    expect([seen.status, seen.body.byteLength, seen.end]).toEqual([200, 0, 'complete'])
  })

  it('empty-set: no keys, under right discovery', async () => {
    const { issuer } = await fail('empty-set')
    expect((await get(issuer.jwksUri)).body.toString()).toBe('{"keys":[]}')
    expect(JSON.parse((await get(issuer.issuer + OIDC)).body.toString())).toEqual(issuer.metadata)
  })

  it('lying-issuer: discovery names another issuer, over the right keys', async () => {
    const { issuer, right } = await fail('lying-issuer')
    const seen = await get(issuer.issuer + OIDC)
    expect(JSON.parse(seen.body.toString())).toEqual({ ...issuer.metadata, issuer: 'https://evil.example' })
    expect((await get(issuer.jwksUri)).body.toString()).toBe(right)
    await issuer.outage('lying-issuer', { issuer: `${issuer.issuer}/` })
    expect(JSON.parse((await get(issuer.issuer + OIDC)).body.toString()).issuer).toBe(`${issuer.issuer}/`)
  })

  it('html: a captive portal', async () => {
    const { issuer } = await fail('html')
    const seen = await get(issuer.jwksUri)
    expect([seen.status, seen.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(seen.body.toString()).toMatch(/^<!doctype html>/)
  })

  it('not-found and error-500: the status, and when to come back', async () => {
    const { issuer } = await fail('not-found')
    expect((await get(issuer.jwksUri)).status).toBe(404)
    await issuer.outage('error-500')
    expect((await get(issuer.jwksUri)).status).toBe(500)
    await issuer.outage('error-500', { status: 429, retryAfterSeconds: 7 })
    const seen = await get(issuer.jwksUri)
    expect([seen.status, seen.headers['retry-after']]).toEqual([429, '7'])
  })

  it('meets a request that has an entity tag too, and no later tag confirms what it served', async () => {
    const issuer = await createListening()
    const etag = (await get(issuer.jwksUri)).headers.etag ?? ''
    await issuer.outage('empty-set')
    const seen = await get(issuer.jwksUri, { 'if-none-match': etag })
    expect([seen.status, seen.body.toString(), seen.headers.etag]).toEqual([200, '{"keys":[]}', undefined])
  })

  it('may befall one document alone', async () => {
    const { issuer, right } = await fail('down', { endpoint: 'discovery' })
    expect((await get(issuer.issuer + OIDC)).end).toBe('ECONNRESET')
    expect((await get(issuer.jwksUri)).body.toString()).toBe(right)
    await issuer.outage('error-500', { endpoint: 'jwks' })
    expect((await get(issuer.issuer + OIDC)).end).toBe('ECONNRESET')
    expect((await get(issuer.jwksUri)).status).toBe(500)
    await issuer.recover()
    expect((await get(issuer.issuer + OIDC)).status).toBe(200)
  })

  it('may last for a number of requests', async () => {
    const { issuer } = await fail('error-500', { requests: 2 })
    const statuses = []
    for (let index = 0; index < 4; index += 1) statuses.push((await get(issuer.jwksUri)).status)
    expect(statuses).toEqual([500, 500, 200, 200])
    expect(issuer.requests.map(({ outage }) => outage)).toEqual(['error-500', 'error-500', undefined, undefined])
  })

  it('holds nothing open: closing ends every connection that hangs, stalls or trickles', async () => {
    const ends = []
    for (const kind of ['hanging', 'stalled', 'loris', 'slow'] as const) {
      const { issuer } = await fail(kind, { delayMs: 60_000 })
      const waiting = get(issuer.jwksUri, {}, 10_000)
      while (issuer.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      await issuer.close()
      ends.push((await waiting).end)
    }
    expect(ends).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET', 'ECONNRESET'])
  })

  it('has a name that exists', async () => {
    const issuer = await createListening()
    await expect(issuer.outage('down', { requests: 1 })).rejects.toThrow(TypeError)
    // @ts-expect-error: no such outage
    await expect(issuer.outage('flood')).rejects.toThrow('Unknown outage "flood"; there are down, refusing,')
  })
})
