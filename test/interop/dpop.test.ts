import { memoryReplayStore } from '@countersign/core'
import * as client from 'openid-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { frameworks, startInstance } from './instances.js'
import type { Instance, InstanceOptions } from './instances.js'
import { startProvider } from './provider.js'
import type { InteropProvider } from './provider.js'

describe.each(frameworks)('openid-client with a DPoP key, and an API on %s', (_, create) => {
  let provider: InteropProvider
  const running: Instance[] = []
  /** What went over the wire. */
  const sent: { readonly status: number; readonly url: string; readonly headers: Headers }[] = []

  beforeAll(async () => {
    provider = await startProvider('ES256')
    provider.job[client.customFetch] = async (url, init) => {
      const response = await fetch(url, init as RequestInit)
      sent.push({ status: response.status, url, headers: new Headers(init.headers as Record<string, string>) })
      return response
    }
  })
  afterEach(async () => {
    sent.length = 0
    for (const instance of running.splice(0)) await instance.close()
  })
  afterAll(() => provider.close())

  async function start(options: Omit<InstanceOptions, 'issuer'> = {}): Promise<Instance> {
    const instance = await startInstance(create, { issuer: provider.issuer, ...options })
    running.push(instance)
    return instance
  }

  async function createHandle(alg = 'ES256'): Promise<client.DPoPHandle> {
    return client.getDPoPHandle(provider.job, await client.randomDPoPKeyPair(alg))
  }

  function call(
    instance: Instance,
    token: string,
    dpop: client.DPoPHandle | undefined,
    { method = 'GET', path = '/orders' } = {},
  ): Promise<Response> {
    const url = new URL(path, instance.url)
    return client.fetchProtectedResource(provider.job, token, url, method, null, new Headers(), {
      DPoP: dpop as client.DPoPHandle,
    })
  }

  const statuses = () => sent.filter(({ url }) => !url.startsWith(provider.issuer)).map(({ status }) => status)

  it.each(['ES256', 'Ed25519'])('gets through with a key for %s, any method and any query', async (alg) => {
    const instance = await start()
    const dpop = await createHandle(alg)
    const token = await provider.requestToken('orders:read', { dpop })
    const response = await call(instance, token, dpop, { path: '/orders?page=2' })
    expect([response.status, await response.json()]).toEqual([
      200,
      { issuer: provider.issuer, subject: 'job', clientId: 'job', scopes: ['orders:read'] },
    ])
    expect((await call(instance, token, dpop, { method: 'POST' })).status).toBe(201)
    expect(statuses()).toEqual([200, 201])
  })

  it('gets through as often as it likes, also all at once', async () => {
    const instance = await start()
    const dpop = await createHandle()
    const token = await provider.requestToken('orders:read', { dpop })
    const responses = await Promise.all(Array.from({ length: 25 }, () => call(instance, token, dpop)))
    expect(responses.map(({ status }) => status)).toEqual(Array(25).fill(200))
  })

  it('fetches a nonce with one refusal, and is kept in nonces from then on', async () => {
    let aheadMs = 0
    const instance = await start({ dpop: { nonce: { slotSeconds: 60 } }, aheadMs: () => aheadMs })
    const dpop = await createHandle()
    const token = await provider.requestToken('orders:read', { dpop })
    for (let minute = 0; minute < 8; minute++) {
      expect((await call(instance, token, dpop)).status).toBe(200)
      aheadMs += 30_000
    }
    expect(statuses()).toEqual([401, ...Array<number>(8).fill(200)])
    // Silent for longer than a nonce lives: one refusal more, that no caller sees.
    aheadMs += 130_000
    expect((await call(instance, token, dpop)).status).toBe(200)
    expect(statuses().slice(9)).toEqual([401, 200])
  })

  it('learns why a clock that is wrong is refused, and is let in with a nonce', async () => {
    const ahead = { aheadMs: () => 400_000 }
    const [strict, lenient] = [await start(ahead), await start({ ...ahead, dpop: { nonce: {} } })]
    const dpop = await createHandle()
    const token = await provider.requestToken('orders:read', { dpop })
    await expect(call(strict, token, dpop)).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'dpop', parameters: { error: 'invalid_dpop_proof', algs: expect.stringContaining('ES256') } }],
    })
    expect((await call(lenient, token, dpop)).status).toBe(200)
  })

  it('is the only one who can: what a thief has seen is refused, on that instance and on the next', async () => {
    const replayStore = memoryReplayStore()
    const first = await start({ replayStore })
    const second = await start({ replayStore, publicUrl: first.url })
    const dpop = await createHandle()
    const token = await provider.requestToken('orders:read', { dpop })
    expect((await call(first, token, dpop)).status).toBe(200)
    const headers = sent.at(-1)?.headers
    expect(headers?.get('dpop')).toMatch(/^ey/)

    for (const { url } of [first, second]) {
      const replayed = await fetch(`${url}/orders`, { headers: headers as Headers })
      expect([replayed.status, replayed.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^DPoP realm="api", error="invalid_dpop_proof", .*algs="/),
      ])
    }
    // The same token with a key of the thief's own, and without any.
    await expect(call(first, token, await createHandle())).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'dpop', parameters: { error: 'invalid_token' } }],
    })
    await expect(call(first, token, undefined)).rejects.toMatchObject({
      status: 401,
      cause: [
        { scheme: 'bearer', parameters: { error: 'invalid_token' } },
        { scheme: 'dpop', parameters: { algs: expect.stringContaining('ES256') } },
      ],
    })
    // Nothing of all that has harmed the client.
    expect((await call(first, token, dpop)).status).toBe(200)
  })

  it('must bind its token: an ordinary one is refused, and told so', async () => {
    const instance = await start()
    await expect(call(instance, await provider.requestToken('orders:read'), undefined)).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'bearer' }, { scheme: 'dpop' }],
    })
  })
})
