import { request as forward } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClients } from './dpop-cases.js'
import { bareApps, serve } from './hosts/bare.js'
import { sendRaw } from './raw-client.js'
import { createWorld } from './world.js'

const world = await createWorld()
const { client, token } = await createClients(world)
afterAll(() => world.close())

describe.each(bareApps)('a proxy that strips its prefix, before an API on $name', ({ create }) => {
  let server: Awaited<ReturnType<typeof serve>>
  let proxy: Awaited<ReturnType<typeof serve>>

  async function send(path: string, htu: string): Promise<number> {
    const proof = await client.proof(token, { claims: { htu } })
    const fields = [['Authorization', `DPoP ${token}`] as const, ['DPoP', proof] as const]
    return (await sendRaw(proxy.port, { method: 'GET', path, fields })).status
  }

  beforeAll(async () => {
    server = await serve(await create(world.prefixed))
    // Strips without looking, as many do: no dot segment is resolved on the way.
    proxy = await serve((req, res) => {
      const { method, headers, url = '' } = req
      const path = `/${url.replace(/^\/v1(?=[/?]|$)/, '').replace(/^\//, '')}`
      const onward = { host: '127.0.0.1', port: server.port, method, headers, path }
      req.pipe(forward(onward, (answer) => void answer.pipe(res.writeHead(answer.statusCode ?? 502, answer.headers))))
    })
  })
  afterAll(() => {
    proxy.close()
    server.close()
  })

  it('D8: takes proofs for what the client called', async () => {
    for (const path of ['/v1/orders', '/v1/orders?page=1', '/v1/a/../orders', '/v1//orders', '/v1/', '/v1', '/v1?x']) {
      expect([path, await send(path, `https://api.example.com${path.replace('/a/..', '')}`)]).toEqual([path, 200])
    }
  })

  it('D8: refuses proofs for what stands beside the API, however the target is written', async () => {
    for (const [path, htu] of [
      ['/v1/orders', 'https://api.example.com/orders'],
      ['/v1/../v2/orders', 'https://api.example.com/v2/orders'],
      ['/v1/%2e%2e/v2/orders', 'https://api.example.com/v2/orders'],
      ['/v1/..%2fv2/orders', 'https://api.example.com/v2/orders'],
      ['/v1//evil.example/orders', 'https://evil.example/orders'],
    ] as const) {
      expect([path, await send(path, htu)]).toEqual([path, 401])
    }
  })
})
