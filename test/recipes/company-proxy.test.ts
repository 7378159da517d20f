import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Verifier } from '@countersign/core'
import { createTestAuthority, createTestIssuer } from '@countersign/testing'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { runCode } from './code.js'

/** A proxy that wants a password, and leads to `port` whatever name it is asked for. */
async function startProxy(port: number) {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer().on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '')
    sockets.add(client.on('error', () => {}))
    if (request.headers['proxy-authorization'] !== `Basic ${btoa('orders:secret')}`) {
      return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    }
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    target.on('error', () => client.destroy())
    return undefined
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'proxy-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  return rm(folder, { recursive: true })
})

/** The provider has its production name, which resolves nowhere but at the proxy. */
async function start() {
  const authority = await createTestAuthority('corp')
  const acme = await createTestIssuer({ issuer: 'https://login.acme.example' })
  const endpoint = await acme.listen({ tls: await authority.issue({ hosts: ['login.acme.example'] }) })
  onTestFinished(() => acme.close())
  const ca = path.join(folder, 'proxy-ca.pem')
  await writeFile(ca, authority.certificate)
  const proxy = await startProxy(Number(new URL(endpoint.url).port))
  const run = async (proxyUrl: string) => {
    vi.stubEnv('HTTPS_PROXY', proxyUrl)
    const { verifier } = await runCode<{ verifier: Verifier }>('company-proxy.js', {
      '/etc/ssl/corp/proxy-ca.pem': ca,
    })
    onTestFinished(() => verifier.close())
    return verifier
  }
  return { acme, proxy, run }
}

describe('a company proxy', () => {
  it('leads to discovery and keys, and is told the host and nothing else', async () => {
    const { acme, proxy, run } = await start()
    const verifier = await run(`http://orders:secret@${proxy.host}`)
    expect(await verifier.verify(await acme.token())).toMatchObject({ issuer: 'https://login.acme.example' })
    expect(acme.requests.map(({ endpoint }) => endpoint)).toEqual(['discovery', 'jwks'])
    expect(proxy.asked).toEqual(['login.acme.example:443', 'login.acme.example:443'])
    expect(verifier.explain()).toMatchObject({ network: { proxied: true } })
    expect(JSON.stringify(verifier.explain())).not.toContain('secret')
  })

  it('is an outage where it refuses, never a 401', async () => {
    const { acme, proxy, run } = await start()
    const verifier = await run(`http://orders:wrong@${proxy.host}`)
    await expect(verifier.verify(await acme.token())).rejects.toMatchObject({
      status: 503,
      reason: 'ERR_KEYS_UNAVAILABLE',
    })
    expect(verifier.health()).toMatchObject([{ lastFailureReason: 'ERR_UPSTREAM_NETWORK' }])
    expect(acme.requests).toEqual([])
  })
})
