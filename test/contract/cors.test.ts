import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClients } from './dpop-cases.js'
import { bareApps, serve } from './hosts/bare.js'
import { sendRaw } from './raw-client.js'
import type { ContractAnswer, ContractRequest } from './raw-client.js'
import { createWorld } from './world.js'

// What docs/dpop.md tells an API for browsers to do, with the packages that people use for it.

const APP = 'https://app.example.com'
const ORDERS = 'https://api.example.com/orders'
const exposedHeaders = ['WWW-Authenticate', 'DPoP-Nonce']

const world = await createWorld()
const { client, token } = await createClients(world)
afterAll(() => world.close())

const proven = async (nonce?: string): Promise<ContractRequest['fields']> => [
  ['Origin', APP],
  ['Authorization', `DPoP ${token}`],
  ['DPoP', await client.proof(token, { claims: { htu: ORDERS, nonce } })],
]

describe.each(bareApps)('a browser and an API on $name', ({ create }) => {
  let server: Awaited<ReturnType<typeof serve>>
  const send = (method: string, fields: ContractRequest['fields']): Promise<ContractAnswer> =>
    sendRaw(server.port, { method, path: '/orders', fields })

  beforeAll(async () => {
    server = await serve(await create(world.nonces, { origin: APP, exposedHeaders }))
  })
  afterAll(() => server.close())

  it('has its preflight answered without credentials, both fields allowed', async () => {
    const { status, fields } = await send('OPTIONS', [
      ['Origin', APP],
      ['Access-Control-Request-Method', 'GET'],
      ['Access-Control-Request-Headers', 'authorization,dpop'],
    ])
    expect([status, fields['www-authenticate'], fields['access-control-allow-origin']]).toEqual([204, undefined, [APP]])
    expect(fields['access-control-allow-headers']?.[0]?.replaceAll(' ', '')).toBe('authorization,dpop')
  })

  it('lets the script read the challenge and the nonce of a refusal, and the nonce of an answer', async () => {
    const asked = await send('GET', await proven())
    expect(asked.status).toBe(401)
    expect(asked.fields).toMatchObject({
      'access-control-allow-origin': [APP],
      'www-authenticate': [expect.stringContaining('DPoP realm="api", error="use_dpop_nonce"')],
      'dpop-nonce': [expect.stringMatching(/^[\w-]+$/)],
    })
    expect(readExposed(asked)).toEqual(exposedHeaders)
    // To the beginning of the next slot, where answers carry the next nonce.
    world.clock.advance(60_000 - (world.clock.now() % 60_000))
    const answered = await send('GET', await proven(asked.fields['dpop-nonce']?.[0]))
    expect(answered.status).toBe(200)
    expect(answered.fields['dpop-nonce']?.[0]).toMatch(/^[\w-]+$/)
    expect(answered.fields['dpop-nonce']).not.toEqual(asked.fields['dpop-nonce'])
    expect(readExposed(answered)).toEqual(exposedHeaders)
  })
})

function readExposed({ fields }: ContractAnswer): readonly string[] | undefined {
  return fields['access-control-expose-headers']?.[0]?.split(/, ?/)
}
