import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import type { IncomingHttpHeaders, Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createTestAuthority } from '@countersign/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fetchOnce } from './fetching.js'
import { startOrigin } from './origin.js'

interface Proxy {
  readonly url: string
  readonly asked: { readonly what: string; readonly headers: IncomingHttpHeaders }[]
}

interface ProxyOptions {
  readonly tls?: { key: string; cert: string }
  /** What CONNECT is answered with instead of a tunnel. */
  readonly answer?: string
  /** Bytes in front of the tunnel, as if the target had spoken first. */
  readonly early?: string
}

/** A proxy on loopback that leads every name to `port`. */
async function startProxy(port: number, { tls, answer, early = '' }: ProxyOptions = {}): Promise<Proxy> {
  const asked: { what: string; headers: IncomingHttpHeaders }[] = []
  const server: Server = tls === undefined ? createHttp() : createHttps(tls)
  const sockets = new Set<Socket>()
  server.on('request', (request, response) => {
    asked.push({ what: `${request.method} ${request.url}`, headers: request.headers })
    response.end('{}')
  })
  server.on('connect', (request, client: Socket) => {
    asked.push({ what: `CONNECT ${request.url}`, headers: request.headers })
    sockets.add(client)
    client.on('error', () => {})
    if (answer !== undefined) return void client.end(answer)
    const target = connect(port, '127.0.0.1', () => {
      client.write(`HTTP/1.1 200 Connection established\r\n\r\n${early}`)
      client.pipe(target).pipe(client)
    })
    target.on('error', () => client.destroy())
    client.on('close', () => target.destroy())
    return undefined
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const authority = createTestAuthority()

async function startLogin(): Promise<{ port: number; ca: string[] }> {
  const { certificate, issue } = await authority
  const { port } = await startOrigin(
    (_request, response) => response.end('{}'),
    await issue({ hosts: ['login.example', 'keys.example'] }),
  )
  return { port, ca: [certificate] }
}

const noLookUp = (): Promise<never> => Promise.reject(new Error('the proxy resolves names'))

describe('C.3 rule 5: a proxy, where one is configured', () => {
  it('fetches https through a CONNECT tunnel, so that the proxy sees the name and nothing else', async () => {
    const { port, ca } = await startLogin()
    const proxy = await startProxy(port)
    const answer = await fetchOnce('https://login.example/jwks?key=secret', {
      network: { ca, proxyUrl: proxy.url },
      headers: { authorization: 'Bearer secret' },
      findAddresses: noLookUp,
    })
    expect(answer.status).toBe(200)
    expect(proxy.asked).toEqual([
      { what: 'CONNECT login.example:443', headers: { host: 'login.example:443', connection: 'close' } },
    ])
  })

  it('still demands a certificate for the target, not for the proxy', async () => {
    const { port, ca } = await startLogin()
    const proxyUrl = (await startProxy(port)).url
    await expect(fetchOnce('https://other.example/', { network: { ca, proxyUrl } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    })
  })

  it('speaks TLS to a proxy whose URL is https, and TLS to the target inside it', async () => {
    const { port, ca } = await startLogin()
    const proxy = await startProxy(port, { tls: await (await authority).issue() })
    expect((await fetchOnce('https://login.example/', { network: { ca, proxyUrl: proxy.url } })).status).toBe(200)
    expect(proxy.asked).toHaveLength(1)
  })

  it('gives the proxy its credentials from the URL, and the target none of them', async () => {
    const { port, ca } = await startLogin()
    const proxy = await startProxy(port)
    const proxyUrl = proxy.url.replace('//', '//user:p%40ss@')
    await fetchOnce('https://login.example/', { network: { ca, proxyUrl } })
    const expected = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
    expect(proxy.asked).toMatchObject([{ headers: { 'proxy-authorization': expected } }])
  })

  it.each([
    ['user@', 'user:'],
    [':pass@', ':pass'],
  ])('gives it half a pair of credentials where the URL has only that: %s', async (userinfo, pair) => {
    const proxy = await startProxy(0, { answer: '' })
    const proxyUrl = proxy.url.replace('//', `//${userinfo}`)
    await expect(fetchOnce('https://login.example/', { network: { proxyUrl } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
    })
    const expected = `Basic ${Buffer.from(pair).toString('base64')}`
    expect(proxy.asked).toMatchObject([{ headers: { 'proxy-authorization': expected } }])
  })

  it('takes a stray percent sign in a password as it is', async () => {
    const proxy = await startProxy(0, { answer: '' })
    const proxyUrl = proxy.url.replace('//', '//user:100%@')
    await expect(fetchOnce('https://login.example/', { network: { proxyUrl } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
    })
    const expected = `Basic ${Buffer.from('user:100%').toString('base64')}`
    expect(proxy.asked).toMatchObject([{ headers: { 'proxy-authorization': expected } }])
  })

  it('asks for plain http that is allowed by name in absolute form', async () => {
    const proxy = await startProxy(0)
    const proxyUrl = proxy.url.replace('//', '//user:pass@')
    const network = { proxyUrl, dangerouslyAllowHttpHosts: ['keycloak:8080'] }
    await fetchOnce('http://keycloak:8080/jwks?a=b', { network, findAddresses: noLookUp })
    const credentials = `Basic ${Buffer.from('user:pass').toString('base64')}`
    expect(proxy.asked).toMatchObject([
      {
        what: 'GET http://keycloak:8080/jwks?a=b',
        headers: { host: 'keycloak:8080', 'proxy-authorization': credentials },
      },
    ])
  })

  it('does not ask the proxy for this machine’s loopback', async () => {
    const proxy = await startProxy(0)
    const origin = await startOrigin((_request, response) => response.end('{}'))
    await fetchOnce(origin.url, { network: { proxyUrl: proxy.url } })
    expect([proxy.asked.length, origin.requests.length]).toEqual([0, 1])
  })

  it('lets a document name a public host through it, and neither a port, nor a private literal, nor a name of the site', async () => {
    const { port, ca } = await startLogin()
    const proxy = await startProxy(port)
    const network = { ca, proxyUrl: proxy.url }
    expect((await fetchOnce('https://keys.example/', { network, named: [] })).status).toBe(200)
    for (const url of [
      'https://keys.example:22/',
      'https://10.0.0.1/',
      'https://intranet/',
      'https://metadata.internal/',
    ]) {
      await expect(fetchOnce(url, { network, named: [] })).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_ADDRESS' })
    }
    expect(proxy.asked).toHaveLength(1)
  })

  it.each([
    ['refuses', 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'],
    ['wants credentials', 'HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'],
    ['hangs up', ''],
    ['speaks something else', 'hello\r\n\r\n'],
  ])('counts a proxy that %s as a failure of the network', async (_name, answer) => {
    const proxyUrl = (await startProxy(0, { answer })).url
    await expect(fetchOnce('https://login.example/', { network: { proxyUrl } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
    })
  })

  it('says what the proxy answered', async () => {
    const proxyUrl = (await startProxy(0, { answer: 'HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n' })).url
    await expect(fetchOnce('https://login.example/', { network: { proxyUrl } })).rejects.toMatchObject({
      detail: { proxyStatus: 407 },
    })
  })

  it('refuses bytes that come before the tunnel was used', async () => {
    const { port, ca } = await startLogin()
    const proxyUrl = (await startProxy(port, { early: 'injected' })).url
    await expect(fetchOnce('https://login.example/', { network: { ca, proxyUrl } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
    })
  })

  it('keeps the one deadline with a proxy that hangs', async () => {
    const silent = await startOrigin(() => {})
    silent.server.on('connect', (_request, socket: Socket) => onTestFinished(() => void socket.destroy()))
    await expect(
      fetchOnce('https://login.example/', { network: { proxyUrl: silent.url, timeoutMs: 300 } }),
    ).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_TIMEOUT',
    })
  })
})
