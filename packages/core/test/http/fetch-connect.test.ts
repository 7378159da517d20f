import { createSocket } from 'node:dgram'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { UpstreamEvent } from '../../src/diagnostics.js'
import { askNameServers, askSystem, findAddresses } from '../../src/http/fetch-names.js'
import { fetchOnce } from './fetching.js'
import { startOrigin } from './origin.js'

describe('the name look-up of the operating system', () => {
  it('finds the addresses of a name, and is asked once by all who ask at once', async () => {
    const first = askSystem('localhost')
    expect(askSystem('localhost')).toBe(first)
    const found = await first
    expect(found.map(({ address }) => address)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]),
    )
    // Asked anew once it has answered: what it said is not remembered.
    const second = askSystem('localhost')
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
    const first = askSystem(name)
    await expect(first).rejects.toMatchObject({ syscall: 'getaddrinfo' })
    const second = askSystem(name)
    expect(second).not.toBe(first)
    await expect(second).rejects.toMatchObject({ syscall: 'getaddrinfo' })
  })
})

const IPV4 = Buffer.from([93, 184, 216, 34])
const IPV6 = Buffer.from('26062800000000000000000000000001', 'hex')

/**
 * A name server of this machine that knows the IPv4 address of some names, and else never answers; gives its address. `half` of a name: it
 * drops what it is asked of IPv6. `dual`: it knows that address too, and loses the first question for the other.
 */
async function startNameServer(): Promise<string> {
  const server = createSocket('udp4')
  let lost = 0
  server.on('message', (message, { port, address }) => {
    const end = message.indexOf(0, 12) + 5
    const name = message.subarray(12, end).toString('latin1')
    const isV4 = message.readUInt16BE(end - 4) === 1
    if (!name.includes('known') || (name.includes('half') && !isV4)) return
    if (name.includes('dual') && isV4 && lost++ === 0) return
    const data = isV4 ? IPV4 : name.includes('dual') ? IPV6 : undefined
    const header = Buffer.from([...message.subarray(0, 2), 0x81, 0x80, 0, 1, 0, data === undefined ? 0 : 1, 0, 0, 0, 0])
    const found = data && Buffer.from([0xc0, 12, 0, isV4 ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, data.length, ...data])
    server.send(Buffer.concat([header, message.subarray(12, end), ...(found ? [found] : [])]), port, address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `127.0.0.1:${server.address().port}`
}

describe('a name that the configuration does not have', () => {
  it('is asked of the name servers', async () => {
    const found = await askNameServers('known.example', new AbortController().signal, [await startNameServer()])
    expect(found).toEqual([{ address: '93.184.216.34', family: 4 }])
  })

  it('is known as soon as one family is, where a name server drops what is asked about the other', async () => {
    const begunMs = performance.now()
    const found = await askNameServers('half-known.example', new AbortController().signal, [await startNameServer()])
    expect(found).toEqual([{ address: '93.184.216.34', family: 4 }])
    expect(performance.now() - begunMs).toBeLessThan(500)
  })

  it('has its IPv4 address even where the first question for that is lost', async () => {
    const found = await askNameServers('dual-known.example', new AbortController().signal, [await startNameServer()])
    expect(found).toEqual([
      { address: '2606:2800::1', family: 6 },
      { address: '93.184.216.34', family: 4 },
    ])
  })

  it.each(['localhost', 'localhost.', 'a.localhost'])(
    'is this machine, without asking, where it is %s',
    async (name) => {
      const found = await askNameServers(name, new AbortController().signal, ['127.0.0.1:1'])
      expect(found).toEqual([{ address: '127.0.0.1', family: 4 }])
    },
  )

  it('leaves the look-ups of all others alone, however many name servers hang, and ends with its request', async () => {
    const servers = [await startNameServer()]
    const deadline = new AbortController()
    const hanging = Array.from({ length: 64 }, (_, index) =>
      askNameServers(`hang-${index}.example`, deadline.signal, servers),
    )
    const settled = Promise.allSettled(hanging)
    await expect(askSystem('localhost')).resolves.not.toHaveLength(0)
    deadline.abort()
    const outcomes = await settled
    expect(new Set(outcomes.map((one) => (one.status === 'rejected' ? String(one.reason.code) : one.status)))).toEqual(
      new Set(['ECANCELLED']),
    )
  })

  it('is not looked for in the hosts file, which a name of the configuration is', async () => {
    const deadline = new AbortController()
    setTimeout(() => deadline.abort(), 500)
    expect(await findAddresses('localhost', 'any', deadline.signal)).not.toHaveLength(0)
    const learned = findAddresses('localhost.invalid', 'public', deadline.signal)
    await expect(learned).rejects.toMatchObject({ syscall: expect.stringMatching(/^query/) })
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
