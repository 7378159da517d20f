import { describe, expect, it, vi } from 'vitest'
import type { Runtime } from '../../src/runtime.js'
import { fetchOnce } from './fetching.js'
import { startOrigin } from './origin.js'

type InjectedFetch = NonNullable<Runtime['fetch']>

const url = 'https://login.example/jwks'

function throwing(): never {
  throw new Error('not here')
}

function fetchWith(
  fetch: InjectedFetch,
  options: { timeoutMs?: number; maxBytes?: number } = {},
): ReturnType<typeof fetchOnce> {
  return fetchOnce(url, { runtime: { fetch }, network: options })
}

describe('an injected fetch', () => {
  it('is asked for one GET without redirects, under the deadline', async () => {
    const fetch = vi.fn<InjectedFetch>(async () => new Response('{}', { headers: { etag: '"1"' } }))
    const answer = await fetchWith(fetch)
    expect([answer.status, answer.header('etag'), answer.header('age'), Buffer.from(answer.body).toString()]).toEqual([
      200,
      '"1"',
      undefined,
      '{}',
    ])
    expect(fetch.mock.calls).toEqual([
      [
        url,
        {
          method: 'GET',
          headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'countersign' },
          body: undefined,
          redirect: 'manual',
          signal: expect.any(AbortSignal),
        },
      ],
    ])
  })

  it('is asked for no URL that the guarded fetch would refuse by its text', async () => {
    const fetch = vi.fn<InjectedFetch>(async () => new Response('{}'))
    await expect(fetchOnce('http://login.example/', { runtime: { fetch } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_URL',
    })
    await expect(fetchOnce('https://10.0.0.1/', { runtime: { fetch }, named: [] })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_ADDRESS',
    })
    expect(fetch).not.toHaveBeenCalled()
  })

  it.each([
    [
      'a redirect',
      async (): Promise<Response> => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
    ],
    [
      'an opaque redirect',
      async (): Promise<Response> => Object.defineProperty(new Response('{}'), 'type', { value: 'opaqueredirect' }),
    ],
    [
      'a redirect that it followed',
      async (): Promise<Response> => Object.defineProperty(new Response('{}'), 'redirected', { value: true }),
    ],
  ])('C.3 rule 3: refuses %s', async (_name, fetch) => {
    await expect(fetchWith(fetch)).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_REDIRECT' })
  })

  it('refuses a status other than 200', async () => {
    await expect(fetchWith(async () => new Response('{}', { status: 500 }))).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_STATUS',
      detail: { status: 500 },
    })
  })

  it('C.3 rule 4: cancels a body that is too large', async () => {
    const cancel = vi.fn()
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1_024)),
      cancel,
    })
    await expect(fetchWith(async () => new Response(body), { maxBytes: 4_096 })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_TOO_LARGE',
    })
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('C.3 rule 4: does not begin to read a body that says it is too large', async () => {
    const cancel = vi.fn()
    const body = new ReadableStream<Uint8Array>({ cancel })
    const headers = { 'content-length': '4097' }
    await expect(fetchWith(async () => new Response(body, { headers }), { maxBytes: 4_096 })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_TOO_LARGE',
    })
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('section 4: keeps the deadline with a fetch that ignores its signal, and cancels what it answers too late', async () => {
    const cancel = vi.fn()
    let answer: (response: Response) => void = () => {}
    const late = new Promise<Response>((resolve) => {
      answer = resolve
    })
    await expect(fetchWith(() => late, { timeoutMs: 50 })).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_TIMEOUT' })
    answer(new Response(new ReadableStream({ cancel })))
    await expect.poll(() => cancel.mock.calls.length).toBe(1)
  })

  it('section 4: keeps the deadline with a body that never ends, and cancels it', async () => {
    const cancel = vi.fn()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel,
    })
    await expect(fetchWith(async () => new Response(body), { timeoutMs: 50 })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_TIMEOUT',
    })
    await expect.poll(() => cancel.mock.calls.length).toBe(1)
  })

  it.each([
    [
      'rejects',
      (): Promise<Response> => Promise.reject(Object.assign(new TypeError('fetch failed'), { code: 'UND_ERR_SOCKET' })),
    ],
    [
      'throws at once',
      (): Promise<Response> => {
        throw Object.assign(new TypeError('fetch failed'), { code: 'UND_ERR_SOCKET' })
      },
    ],
  ])('counts a fetch that %s as a failure of the network and keeps no text of it', async (_name, fetch) => {
    await expect(fetchWith(fetch)).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
      cause: { name: 'TypeError', code: 'UND_ERR_SOCKET', status: undefined },
    })
  })

  it.each([
    ['is none', undefined],
    ['has no body', { status: 200, headers: new Headers() }],
    ['has a body that nobody can cancel', { status: 200, headers: new Headers(), body: {} }],
    ['has a body that throws', { status: 503, headers: new Headers(), body: { cancel: () => throwing() } }],
  ])(
    'invariant 11: with an answer that %s fails, and leaves no rejection that would end the process',
    async (_, made) => {
      const unhandled = vi.fn()
      process.on('unhandledRejection', unhandled)
      let answer: (response: Response) => void = () => {}
      const late = new Promise<Response>((resolve) => {
        answer = resolve
      })
      try {
        const failed = { name: 'UpstreamError', status: 503 }
        await expect(fetchWith(async () => made as unknown as Response)).rejects.toMatchObject(failed)
        await expect(fetchWith(() => late, { timeoutMs: 50 })).rejects.toMatchObject(failed)
        answer(made as unknown as Response)
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
        expect(unhandled).not.toHaveBeenCalled()
      } finally {
        process.off('unhandledRejection', unhandled)
      }
    },
  )

  it('takes an answer without a body', async () => {
    expect((await fetchWith(async () => new Response(null))).body.length).toBe(0)
  })

  it('works with the fetch of Node', async () => {
    const origin = await startOrigin((_request, response) => response.end('{}'))
    const runtime = {
      fetch: (target: string, init: RequestInit): Promise<Response> => fetch(target, init),
    } as Partial<Runtime>
    expect(Buffer.from((await fetchOnce(origin.url, { runtime })).body).toString()).toBe('{}')
  })
})
