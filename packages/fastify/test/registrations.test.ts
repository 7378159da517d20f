import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'
import { authenticate, countersign, getAuth } from '@countersign/fastify'
import { caller, issuer, verifier } from './service.js'

const initech = await createTestIssuer({ issuer: 'https://sso.initech.example' })
const partner = createVerifier({
  audience: 'https://api.example.com',
  issuers: [initech.issuer],
  realm: 'partner',
  runtime: initech.runtime,
})
const acmeToken = await issuer.token()
const initechToken = await initech.token()

const [own, foreign] = [{ verifier }, { verifier: partner }]

it('a verifier in place of the options is refused: it would be taken apart, and closed with the application', async () => {
  const app = fastify()
  const registering = app.register(countersign, verifier as never)
  await expect(registering.ready()).rejects.toThrow('Pass it as { verifier }.')
})

describe('of several registrations', () => {
  it('the innermost counts, and it alone', async () => {
    const app = fastify()
    app.register(countersign, own)
    app.get('/outer', async (request) => getAuth(request, verifier).issuer)
    app.register(async (child) => {
      child.get('/before', async (request) => getAuth(request, partner).issuer)
      child.register(countersign, foreign)
      child.register(
        async (grandchild) => void grandchild.get('/deep', async (request) => getAuth(request, partner).issuer),
      )
    })
    app.register(async (sibling) => void sibling.get('/sibling', async (request) => getAuth(request, verifier).issuer))
    const call = caller(app)
    for (const path of ['/outer', '/sibling']) {
      expect(await call(path, acmeToken)).toMatchObject({ status: 200, body: issuer.issuer })
      expect(await call(path, initechToken)).toMatchObject({ status: 401, challenge: expect.stringContaining('"api"') })
    }
    for (const path of ['/before', '/deep']) {
      expect(await call(path, initechToken)).toMatchObject({ status: 200, body: initech.issuer })
      expect(await call(path, acmeToken)).toMatchObject({
        status: 401,
        challenge: expect.stringContaining('"partner"'),
      })
    }
  })

  it('in one context the last counts', async () => {
    const app = fastify()
    app.register(countersign, own)
    app.register(countersign, foreign)
    app.get('/', async () => 'in')
    const call = caller(app)
    expect((await call('/', acmeToken)).status).toBe(401)
    expect((await call('/', initechToken)).status).toBe(200)
  })

  it('the one that a context was made under counts, though a later one stands around it', async () => {
    const app = fastify()
    app.register(countersign, own)
    app.register(async (between) => void between.get('/between', async () => 'in'))
    app.register(countersign, foreign)
    const call = caller(app)
    expect((await call('/between')).status).toBe(401)
    expect((await call('/between', acmeToken)).status).toBe(200)
    expect((await call('/between', initechToken)).status).toBe(401)
  })

  it('an inner one that is open opens its context, and closes what says so', async () => {
    const app = fastify()
    app.register(countersign, own)
    app.register(async (child) => {
      child.register(countersign, { ...foreign, default: 'open' })
      child.get('/open', async () => 'in')
      child.get('/closed', { onRequest: authenticate }, async () => 'in')
    })
    const call = caller(app)
    expect((await call('/open')).status).toBe(200)
    expect((await call('/closed', acmeToken)).status).toBe(401)
    expect((await call('/closed', initechToken)).status).toBe(200)
  })

  it('each judges a request once', async () => {
    let judged = 0
    const counting = {
      ...verifier,
      authenticate(request: Parameters<typeof verifier.authenticate>[0]) {
        judged += 1
        return verifier.authenticate(request)
      },
    }
    const app = fastify()
    app.register(countersign, own)
    app.register(async (child) => {
      child.register(countersign, { verifier: counting })
      child.get('/', { onRequest: authenticate, preHandler: [authenticate] }, async () => 'in')
    })
    expect((await caller(app)('/', acmeToken)).status).toBe(200)
    expect(judged).toBe(1)
  })
})
