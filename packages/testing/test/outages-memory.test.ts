import { describe, expect, it } from 'vitest'
import { createTestIssuer } from '../src/index.js'
import type { OutageKind, OutageOptions, TestIssuer } from '../src/index.js'

const NAME = 'https://login.acme.example'
const KEYS = `${NAME}/jwks`

async function fail(kind: OutageKind, options?: OutageOptions): Promise<TestIssuer> {
  const issuer = await createTestIssuer({ issuer: NAME })
  void issuer.outage(kind, options)
  return issuer
}

function toDeadline(): { readonly signal: AbortSignal; readonly reason: Error } {
  const controller = new AbortController()
  const reason = new Error('deadline')
  setTimeout(() => controller.abort(reason), 100)
  return { signal: controller.signal, reason }
}

describe('an outage in memory', () => {
  it('down and refusing: rejects with the code of the connection, and records the attempt', async () => {
    const issuer = await fail('down')
    await expect(issuer.runtime.fetch(KEYS)).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { code: 'ECONNREFUSED' },
    })
    void issuer.outage('refusing')
    await expect(issuer.runtime.fetch(KEYS)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
    expect(issuer.requests.map(({ outage }) => outage)).toEqual(['down', 'refusing'])
    void issuer.recover()
    expect((await issuer.runtime.fetch(KEYS)).status).toBe(200)
  })

  it('hanging and slow: waits until the signal aborts', async () => {
    for (const kind of ['hanging', 'slow'] as const) {
      const issuer = await fail(kind, { delayMs: 60_000 })
      const { signal, reason } = toDeadline()
      await expect(issuer.runtime.fetch(KEYS, { signal })).rejects.toBe(reason)
    }
  })

  it('slow: answers after the delay', async () => {
    const issuer = await fail('slow', { delayMs: 20 })
    expect(await (await issuer.runtime.fetch(KEYS)).json()).toEqual(issuer.jwks)
  })

  it('stalled and loris: the body ends with the signal', async () => {
    for (const kind of ['stalled', 'loris'] as const) {
      const issuer = await fail(kind)
      const { signal, reason } = toDeadline()
      const response = await issuer.runtime.fetch(KEYS, { signal })
      expect(response.status).toBe(200)
      await expect(response.text()).rejects.toBe(reason)
    }
  })

  it('huge: makes no more of the body than is read', async () => {
    const issuer = await fail('huge')
    const response = await issuer.runtime.fetch(KEYS)
    const reader = response.body!.getReader()
    const { value } = await reader.read()
    expect(value?.byteLength).toBe(1024 * 1024)
    await reader.cancel()
    expect(await reader.read()).toEqual({ done: true, value: undefined })
  })

  it('gzip-bomb: is inflated while it is read, as fetch does', async () => {
    const issuer = await fail('gzip-bomb', { bodyBytes: 3_000_000 })
    const response = await issuer.runtime.fetch(KEYS)
    const text = await response.text()
    expect([text.length, JSON.parse(text)]).toEqual([3_000_000, issuer.jwks])
    const { signal, reason } = toDeadline()
    const endless = await fail('gzip-bomb', { bodyBytes: 1e12 })
    await expect((await endless.runtime.fetch(KEYS, { signal })).arrayBuffer()).rejects.toBe(reason)
  })

  it('truncated: the body fails in the middle', async () => {
    const issuer = await fail('truncated')
    await expect((await issuer.runtime.fetch(KEYS)).text()).rejects.toThrow('terminated')
  })

  it('redirect: is given, refused or followed, as the caller says', async () => {
    const issuer = await fail('redirect')
    const manual = await issuer.runtime.fetch(KEYS, { redirect: 'manual' })
    expect([manual.status, manual.redirected]).toEqual([302, false])
    await expect(issuer.runtime.fetch(KEYS, { redirect: 'error' })).rejects.toThrow('fetch failed')
    const followed = await issuer.runtime.fetch(KEYS)
    expect([followed.redirected, followed.url]).toEqual([true, `${KEYS}?followed=`])
    expect(await followed.json()).toEqual(issuer.jwks)
    void issuer.outage('redirect', { location: 'https://evil.example/jwks' })
    await expect(issuer.runtime.fetch(KEYS)).rejects.toThrow('No test issuer owns https://evil.example/jwks')
    void issuer.outage('redirect', { location: KEYS })
    await expect(issuer.runtime.fetch(KEYS)).rejects.toMatchObject({ cause: { message: 'redirect count exceeded' } })
  })

  it('takes every path along unless it names a document', async () => {
    const issuer = await fail('error-500')
    expect((await issuer.runtime.fetch(`${NAME}/other`)).status).toBe(500)
    void issuer.recover()
    void issuer.outage('error-500', { endpoint: 'jwks' })
    expect((await issuer.runtime.fetch(`${NAME}/other`)).status).toBe(404)
  })
})
