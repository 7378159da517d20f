import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as forExpress from '@countersign/express'
import * as forFastify from '@countersign/fastify'
import * as forKoa from '@countersign/koa'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api, startProvider } from './provider.js'
import type { InteropProvider } from './provider.js'

type Listen = (issuer: string) => Promise<Server>

const network = { allowInsecureLoopback: true }

const frameworks: readonly (readonly [name: string, listen: Listen])[] = [
  [
    'Express',
    async (issuer) => {
      const app = express()
      app.use(forExpress.countersign({ audience: api, issuers: [issuer], network }))
      app.get('/orders', forExpress.requireScopes('orders:read'), (request, response) => {
        response.json(forExpress.getAuth(request))
      })
      app.use(forExpress.errorHandler())
      return app.listen(0, '127.0.0.1')
    },
  ],
  [
    'Fastify',
    async (issuer) => {
      const app = fastify()
      app.setErrorHandler(forFastify.errorHandler())
      await app.register(forFastify.countersign, { audience: api, issuers: [issuer], network })
      app.get('/orders', { config: { auth: { scopes: ['orders:read'] } } }, async (request) =>
        forFastify.getAuth(request),
      )
      await app.ready()
      return app.server.listen(0, '127.0.0.1')
    },
  ],
  [
    'Koa',
    async (issuer) => {
      const app = new Koa()
      app.use(forKoa.errorHandler())
      app.use(forKoa.countersign({ audience: api, issuers: [issuer], network }))
      app.use(forKoa.requireScopes('orders:read'))
      app.use((ctx) => {
        ctx.body = forKoa.getAuth(ctx)
      })
      return app.listen(0, '127.0.0.1')
    },
  ],
]

for (const [name, listen] of frameworks) {
  describe(`openid-client as a client of an API on ${name}`, () => {
    let provider: InteropProvider
    let server: Server
    let orders: URL

    beforeAll(async () => {
      provider = await startProvider('ES256')
      server = await listen(provider.issuer)
      if (!server.listening) await once(server, 'listening')
      orders = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`)
    })
    afterAll(async () => {
      server.close()
      server.closeAllConnections()
      await provider.close()
    })

    it('gets through with a token of the provider', async () => {
      const response = await get(await provider.requestToken('orders:read'))
      expect(response.status).toBe(200)
      expect(response.headers.get('www-authenticate')).toBeNull()
      expect(await response.json()).toEqual({
        issuer: provider.issuer,
        subject: 'job',
        clientId: 'job',
        scopes: ['orders:read'],
      })
    })

    it('reads from the challenge that the token is no good', async () => {
      const token = await provider.requestToken('orders:read', { resource: 'https://billing.example.com' })
      await expect(get(token)).rejects.toMatchObject({
        code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
        status: 401,
        cause: [
          {
            scheme: 'bearer',
            parameters: {
              realm: 'api',
              error: 'invalid_token',
              error_description: 'The access token is invalid or expired',
            },
          },
        ],
      })
    })

    it('reads from the challenge which scope it lacks', async () => {
      await expect(get(await provider.requestToken('orders:write'))).rejects.toMatchObject({
        status: 403,
        cause: [
          {
            scheme: 'bearer',
            parameters: {
              realm: 'api',
              error: 'insufficient_scope',
              error_description: 'The request requires higher privileges than the access token provides',
              scope: 'orders:read',
            },
          },
        ],
      })
    })

    it('learns that DPoP is not spoken here, and no more', async () => {
      const dpop = client.getDPoPHandle(provider.job, await client.randomDPoPKeyPair('ES256'))
      const token = await provider.requestToken('orders:read', { dpop })
      await expect(get(token, dpop)).rejects.toMatchObject({
        status: 401,
        cause: [{ scheme: 'bearer', parameters: { realm: 'api' } }],
      })
    })

    function get(token: string, dpop?: client.DPoPHandle): Promise<Response> {
      const options = dpop === undefined ? {} : { DPoP: dpop }
      return client.fetchProtectedResource(provider.job, token, orders, 'GET', null, new Headers(), options)
    }
  })
}
