import { authenticate, countersign, requireScopes } from '@countersign/fastify'
import type { RouteAuth } from '@countersign/fastify'
import { createTestIssuer } from '@countersign/testing'
import fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'

const readOrders = { scopes: ['orders:read'] } satisfies RouteAuth
// @ts-expect-error -- a slip, which only `satisfies` finds before the route is declared
const slip = { scope: ['orders:read'] } satisfies RouteAuth

describe('what packages/fastify/README.md says of routes and logs', () => {
  it('config.auth is not read without the plugin, and guards as hooks answer 500', async () => {
    const app = fastify()
    onTestFinished(() => app.close())
    app.get('/config', { config: { auth: readOrders } }, async () => 'open')
    app.get('/guard', { onRequest: requireScopes('orders:read') }, async () => 'open')
    app.get('/hook', { onRequest: [authenticate, requireScopes('orders:read')] }, async () => 'open')
    const statuses = ['/config', '/guard', '/hook'].map(async (url) => (await app.inject(url)).statusCode)
    expect(await Promise.all(statuses)).toEqual([200, 500, 500])
  })

  it('with it the route is protected, and a slip throws where the route is declared', async () => {
    const acme = await createTestIssuer({ issuer: 'https://login.acme.example' })
    const app = fastify()
    onTestFinished(() => app.close())
    const issuers = [acme.issuer]
    await app.register(countersign, { audience: 'https://api.example.com', issuers, runtime: acme.runtime })
    app.get('/config', { config: { auth: readOrders } }, async () => 'open')
    expect(() => app.get('/slip', { config: { auth: slip } }, async () => 'open')).toThrow('scope')
    expect((await app.inject('/config')).statusCode).toBe(401)
  })

  it("takes Fastify's own logger, which hears of refusals at its level debug", async () => {
    const lines: string[] = []
    const stream = { write: (line: string) => void lines.push(line) }
    const app = fastify({ logger: { level: 'debug', stream } })
    onTestFinished(() => app.close())
    const options = { audience: 'https://api.example.com', issuers: ['https://login.acme.example'] }
    await app.register(countersign, { ...options, logger: app.log })
    app.get('/config', { config: { auth: readOrders } }, async () => 'open')
    await app.inject({ url: '/config', headers: { authorization: 'Bearer x.y.z' } })
    expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ level: 20, msg: expect.stringContaining('refused') }),
    )
  })
})
