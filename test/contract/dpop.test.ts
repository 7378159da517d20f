import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClients, dpopCases } from './dpop-cases.js'
import type { Clients, DpopCase } from './dpop-cases.js'
import { hosts } from './hosts/all.js'
import type { RunningHost } from './hosts/host.js'
import type { ContractAnswer, ContractRequest } from './raw-client.js'
import { createWorld } from './world.js'
import type { World } from './world.js'

const world: World = await createWorld()
const clients: Clients = await createClients(world)
afterAll(() => world.close())

const ORIGIN = 'https://api.example.com'
const READ_AND_WRITE = {
  issuer: 'https://login.acme.example',
  subject: 'user-1',
  clientId: 'client-1',
  scopes: ['orders:read', 'orders:write'],
  scheme: 'DPoP',
}

async function send(host: RunningHost, { method = 'GET', path, toFields }: DpopCase): Promise<ContractAnswer> {
  return host.send({ method, path, fields: await toFields(clients, `${ORIGIN}${path}`) })
}

/** The part of an answer that is one and the same on every framework. */
function toContract({ status, fields }: ContractAnswer) {
  const nonces = fields['dpop-nonce'] ?? []
  return {
    status,
    challenge: fields['www-authenticate'],
    cacheControl: fields['cache-control'],
    nonce: nonces.length === 1 && nonces[0] === currentNonce ? 'the current one' : nonces,
  }
}

function expected({ status, challenge, nonce }: DpopCase) {
  return {
    status,
    challenge: challenge === undefined ? undefined : [challenge],
    cacheControl: status < 400 ? undefined : ['no-store'],
    nonce: nonce === true ? 'the current one' : [],
  }
}

/** What the world gives at the moment. */
let currentNonce: string | undefined

const fieldsWith = async (claims: Readonly<Record<string, unknown>>): Promise<ContractRequest['fields']> => [
  ['Authorization', `DPoP ${clients.token}`],
  ['DPoP', await clients.client.proof(clients.token, { claims })],
]

describe.each(hosts)('$name, under its own error handler', ({ start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(world, 'default')
    currentNonce = await askForNonce(host)
  })
  afterAll(() => host.close())

  it.each(dpopCases)('$title', async (row) => {
    expect(toContract(await send(host, row))).toEqual(expected(row))
  })

  it('shows the handler who sends the bound token, and under which scheme', async () => {
    for (const path of ['/bound/orders', '/bound/nested/orders']) {
      const fields = await fieldsWith({ htu: `${ORIGIN}${path}` })
      const { status, body } = await host.send({ method: 'GET', path, fields })
      expect([status, JSON.parse(body)]).toEqual([200, READ_AND_WRITE])
    }
  })

  it('D13: refuses a proof that was used, on the second request, on any route and by any verifier', async () => {
    const path = '/bound/nested/orders'
    const fields = await fieldsWith({ htu: `${ORIGIN}${path}` })
    expect((await host.send({ method: 'GET', path, fields })).status).toBe(200)
    const again = await host.send({ method: 'GET', path, fields })
    expect([again.status, again.fields['www-authenticate']]).toEqual([
      401,
      [
        'DPoP realm="api", error="invalid_dpop_proof", error_description="The DPoP proof is invalid", algs="ES256", Bearer realm="api"',
      ],
    ])
  })

  it('D9: takes the proof with the nonce of the challenge, and gives the next one while that is ageing', async () => {
    const path = '/nonces/orders'
    const ask = async (nonce: string | undefined) =>
      host.send({ method: 'GET', path, fields: await fieldsWith({ nonce, htu: `${ORIGIN}${path}` }) })
    let nonce = await askForNonce(host)
    const given = new Set<string>()
    for (let step = 0; step < 30; step++) {
      world.clock.advance(5_000)
      const { status, fields } = await ask(nonce)
      expect(status).toBe(200)
      const [next, ...others] = fields['dpop-nonce'] ?? []
      expect(others).toEqual([])
      if (next !== undefined) given.add(next)
      nonce = next ?? nonce
    }
    // 150 s hold two or three beginnings of a slot, and on half of the way nobody is told anything.
    expect(given.size).toBeGreaterThanOrEqual(2)
    expect(given.size).toBeLessThanOrEqual(4)
    currentNonce = await askForNonce(host)
  })
})

describe.each(hosts)('$name, under errorHandler()', ({ start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(world, 'errorHandler')
    currentNonce = await askForNonce(host)
  })
  afterAll(() => host.close())

  it.each(dpopCases.filter(({ error }) => error !== undefined))('$title', async (row) => {
    const answer = await send(host, row)
    const [error, description] = row.error ?? []
    expect(toContract(answer)).toEqual(expected(row))
    expect(answer.body).toBe(row.method === 'HEAD' ? '' : `{"error":"${error}","error_description":"${description}"}`)
  })
})

/** What a client learns from the first refusal. */
async function askForNonce(host: RunningHost): Promise<string | undefined> {
  const { fields } = await host.send({ method: 'GET', path: '/nonces/orders', fields: [] })
  return fields['dpop-nonce']?.[0]
}
