import { describe, expect, it } from 'vitest'
import { createWorld, EXCHANGE, JWT } from './endpoints/world.js'
import type { World } from './endpoints/world.js'

/** This file, with the line and the column that something was thrown at. */
const here = expect.stringMatching(/failure-log\.test\.ts:\d+:\d+$/) as string
const id = expect.any(String) as string

const fail = (): never => {
  throw Object.assign(new TypeError('the secret\n    at (/etc/passwd:1:1)'), { code: 'ERR_ODD' })
}

const exchange = async (world: World) =>
  world.post('/token', {
    form: {
      grant_type: EXCHANGE,
      subject_token: await world.acme.token({ sub: 'alice', scope: 'orders:read' }),
      subject_token_type: JWT,
      audience: 'billing',
    },
  })

describe('the log of what could not be answered', () => {
  it('says what was thrown, and where, of a mistake that nobody foresaw, and none of its text', async () => {
    const world = await createWorld({ audit: { record: async () => {}, fingerprint: fail } })
    expect((await exchange(world)).status).toBe(500)
    const told = { status: 500, reason: 'ERR_STS_UNEXPECTED', id, cause: 'TypeError', code: 'ERR_ODD', at: here }
    expect(world.logged).toEqual([['A request could not be answered', told]])
    expect(JSON.stringify(world.logged)).not.toMatch(/secret|passwd/)
  })

  it('says the same of a store of revocations that throws', async () => {
    const told = { status: 503, reason: 'ERR_STATUS_UNAVAILABLE', id, cause: 'TypeError', code: 'ERR_ODD', at: here }
    const asked = await createWorld({ revocations: { isRevoked: fail, revokeToken: () => {} } })
    expect((await exchange(asked)).status).toBe(503)
    expect(asked.logged).toEqual([['A request could not be answered', told]])
    const revoking = await createWorld({ revocations: { isRevoked: () => false, revokeToken: fail } })
    const form = { token: await revoking.token() }
    expect((await revoking.post('/revoke', { as: 'job', form })).status).toBe(503)
    expect(revoking.logged).toEqual([['A request could not be answered', told]])
  })

  it('says the same of a trail that throws what is no error of ours', async () => {
    const world = await createWorld({ audit: { record: fail, fingerprint: () => 'fp' } })
    expect((await exchange(world)).status).toBe(503)
    const told = { status: 503, reason: 'ERR_STS_AUDIT_UNAVAILABLE', id, cause: 'TypeError', code: 'ERR_ODD', at: here }
    expect(world.logged).toEqual([['A request could not be answered', told]])
  })

  it('says once a minute what strangers can ask for as often as they like', async () => {
    const world = await createWorld({ revocations: { isRevoked: fail, revokeToken: () => {} } })
    for (let index = 0; index < 3; index++) expect((await exchange(world)).status).toBe(503)
    expect([world.logged.length, world.refused.length]).toEqual([1, 2])
    world.clock.advance(60_000)
    await exchange(world)
    expect([world.logged.length, world.refused.length]).toEqual([2, 2])
  })
})

describe('the log of what was refused', () => {
  it('says why, where the answer says one constant thing', async () => {
    const world = await createWorld()
    const form = { grant_type: EXCHANGE, subject_token: 'x', subject_token_type: JWT, audience: 'billing' }
    expect((await world.post('/token', { form })).status).toBe(400)
    expect(world.refused).toEqual([
      ['A request was refused', expect.objectContaining({ status: 400, reason: 'ERR_TOKEN_MALFORMED', id })],
    ])
  })
})
