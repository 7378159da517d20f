import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import express5 from 'express'
import express4 from 'express4'
import fastify from 'fastify'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { afterAll, describe, expect, it } from 'vitest'
import { createVerifier } from '@countersign/core'
import * as express from '@countersign/express'
import * as fast from '@countersign/fastify'
import * as koa from '@countersign/koa'
import { createTestIssuer, testRuntime } from '@countersign/testing'

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

const acme = await createTestIssuer({ issuer: 'https://login.acme.example' })
const verifier = createVerifier({
  audience: 'https://api.example.com',
  issuers: [acme.issuer],
  runtime: testRuntime(acme),
})
afterAll(() => verifier.close())

/** The request that is being answered, as an application would follow it. */
const requests = new AsyncLocalStorage<string>()
/** How many requests were read that no handler has seen. */
let open = 0
let mostOpen = 0

function handle(subject: string): string {
  open--
  return `<${requests.getStore()} ${subject}>`
}

const apps: readonly (readonly [string, () => Promise<Listener>])[] = [
  ['Express 4', async () => createExpressApp(express4)],
  ['Express 5', async () => createExpressApp(express5)],
  ['Koa 2', async () => createKoaApp(Koa2)],
  ['Koa 3', async () => createKoaApp(Koa3)],
  ['Fastify 5', createFastifyApp],
]

function createExpressApp(create: typeof express5): Listener {
  const app = create().set('env', 'test')
  app.use(express.countersign(verifier))
  app.get('/', express.requireScopes('orders:read'), (req, res) => void res.send(handle(express.getAuth(req).subject)))
  return app
}

function createKoaApp(Application: typeof Koa3): Listener {
  const app = new Application()
  app.silent = true
  app.use(koa.countersign(verifier))
  app.use(koa.requireScopes('orders:read'))
  app.use((ctx) => void (ctx.body = handle(koa.getAuth(ctx).subject)))
  return app.callback()
}

async function createFastifyApp(): Promise<Listener> {
  const app = fastify()
  app.register(fast.countersign, { verifier })
  const options = { config: { auth: { scopes: ['orders:read'] } } }
  app.get('/', options, async (request) => handle(fast.getAuth(request).subject))
  await app.ready()
  return app.routing
}

describe.each(apps)('requests that come together to %s', (_, create) => {
  it('are read first and then judged, each for itself', async () => {
    const app = await create()
    const server = createServer((req, res) => {
      mostOpen = Math.max(mostOpen, ++open)
      requests.run(String(req.headers['x-request']), () => app(req, res))
    })
    const subjects = Array.from({ length: 8 }, (__, index) => `user-${index}`)
    const tokens = await Promise.all(subjects.map((sub) => acme.token({ sub, scope: 'orders:read' })))
    const denied = await acme.token({ scope: 'orders:write' })
    const fields = Array.from({ length: 400 }, (__, index) => (index % 10 === 9 ? denied : (tokens[index % 8] ?? '')))
    const expected = fields.map((__, index) => (index % 10 === 9 ? '403' : `<${index} user-${index % 8}>`))

    const port = await listen(server)
    // Every token for the first time, which waits for its signature; then a crowd.
    await sendAll(port, [...tokens, denied])
    await sendAll(port, fields)
    open = 0
    mostOpen = 0
    expect(await sendAll(port, fields)).toEqual(expected)
    // Those that are denied never reach the handler, and stay open.
    expect(open).toBe(40)
    expect(mostOpen - open).toBeGreaterThan(20)
    await new Promise((resolve) => void server.close(resolve))
  })
})

describe('invariant 11: a flood of requests whose answers nobody reads', () => {
  it('is not read on', async () => {
    const app = await createFastifyApp()
    let unanswered = 0
    let most = 0
    let all = 0
    const server = createServer((req, res) => {
      all++
      most = Math.max(most, ++unanswered)
      res.on('finish', () => unanswered--)
      app(req, res)
    })
    const port = await listen(server)
    const bare = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50_000)
    const sockets = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').pause())
    await Promise.all(
      sockets.map((socket) =>
        once(
          socket.on('error', () => {}),
          'connect',
        ),
      ),
    )
    for (const socket of sockets) socket.write(bare)
    for (let last = -1; last !== all;) {
      last = all
      await setTimeout(200)
    }
    expect(all).toBeGreaterThan(1_000)
    // Of 200,000: what one reading of a socket brings, and what may wait in a turn.
    expect(most).toBeLessThan(10_000)
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => void server.close(resolve))
  })
})

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** Sends requests with these tokens over one connection, without waiting for an answer: the body of each, or its status. */
function sendAll(port: number, tokens: readonly string[]): Promise<readonly string[]> {
  const sent = tokens.map((token, index) => {
    const last = index === tokens.length - 1 ? 'Connection: close\r\n' : ''
    return `GET / HTTP/1.1\r\nHost: api.example.com\r\nX-Request: ${index}\r\nAuthorization: Bearer ${token}\r\n${last}\r\n`
  })
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(sent.join('')))
    socket.setTimeout(5_000, () => socket.destroy(new Error('A request hangs')))
    socket.setEncoding('latin1').on('data', (text) => void (received += text))
    socket.on('error', reject)
    socket.on('end', () => {
      const answers = received.split(/(?=HTTP\/1\.1 \d{3} )/)
      resolve(answers.map((answer) => /<\d+ [\w-]+>/.exec(answer)?.[0] ?? answer.slice(9, 12)))
    })
  })
}
