import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { UpstreamEvent } from '../../src/diagnostics.js'
import { findSystemAddresses } from '../../src/http/fetch-connect.js'
import { fetchOnce } from './fetching.js'
import { startOrigin } from './origin.js'

describe('the name look-up of the operating system', () => {
  it('finds the addresses of a name, and is asked once by all who ask at once', async () => {
    const first = findSystemAddresses('localhost')
    expect(findSystemAddresses('localhost')).toBe(first)
    const found = await first
    expect(found.map(({ address }) => address)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]),
    )
    // Asked anew once it has answered: what it said is not remembered.
    const second = findSystemAddresses('localhost')
    expect(second).not.toBe(first)
    await second
  })

  it('is what a fetch uses where nothing else is said', async () => {
    const { port, requests } = await startOrigin((_request, response) => response.end('{}'))
    expect((await fetchOnce(`http://localhost:${port}/jwks`)).status).toBe(200)
    expect(requests).toMatchObject([{ url: '/jwks', headers: { host: `localhost:${port}` } }])
  })

  it('fails for what cannot be a name, and is asked again the next time', async () => {
    const name = 'x'.repeat(300)
    const first = findSystemAddresses(name)
    await expect(first).rejects.toMatchObject({ syscall: 'getaddrinfo' })
    const second = findSystemAddresses(name)
    expect(second).not.toBe(first)
    await expect(second).rejects.toMatchObject({ syscall: 'getaddrinfo' })
  })
})

describe('a failure that is nobody’s but ours', () => {
  it('is passed on as it is, and told as unexpected', async () => {
    const { url } = await startOrigin((_request, response) => response.end('{}'))
    const outcomes: unknown[] = []
    const listener = (event: unknown): void => void outcomes.push((event as UpstreamEvent).outcome)
    subscribe('countersign:upstream', listener)
    onTestFinished(() => void unsubscribe('countersign:upstream', listener))
    await expect(fetchOnce(url, { headers: { 'x-odd': 'a\nb' } })).rejects.toMatchObject({ code: 'ERR_INVALID_CHAR' })
    expect(outcomes).toEqual(['ERR_UNEXPECTED'])
  })
})
