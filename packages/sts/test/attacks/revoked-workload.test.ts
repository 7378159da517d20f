import { memoryRevocationStore } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { CI, createWorld, JWT_BEARER } from '../endpoints/world.js'
import type { World } from '../endpoints/world.js'

/** A token of the platform, as whoever stole it from a job sends it. */
async function ask(world: World, path: string, assertion: string) {
  const form = { client_assertion: assertion, client_assertion_type: JWT_BEARER }
  const wanted = path === '/token' ? { grant_type: 'client_credentials', audience: 'billing' } : { token: 'x' }
  return world.post(path, { as: null, form: { ...form, ...wanted } })
}

const steal = (world: World): Promise<string> =>
  world.ci.token({ sub: 'repo:shop', repository_id: '74', jti: 'stolen', sid: 'run-1' }, { typ: 'JWT' })

describe('the token of a workload that was revoked', () => {
  it.each(['/token', '/introspect', '/revoke'])('is refused as any other at %s', async (path) => {
    const world = await createWorld()
    const stolen = await steal(world)
    expect((await ask(world, path, stolen)).status).toBe(200)
    world.revocations.revokeToken({ issuer: CI, tokenId: 'stolen' })
    const { status, body } = await ask(world, path, stolen)
    expect([status, body]).toEqual([
      401,
      { error: 'invalid_client', error_description: 'Client authentication failed' },
    ])
    expect(world.audit.entries.at(-1)).toMatchObject({ type: 'authn.failure', reason: 'ERR_TOKEN_REVOKED' })
  })

  it('is refused though its verifier bears clocks that are further ahead than the service does', async () => {
    const world = await createWorld({ clockToleranceSeconds: 0 })
    const iat = world.clock.now() / 1_000 + 4
    const stolen = await world.ci.token({ sub: 'repo:shop', repository_id: '74', iat }, { typ: 'JWT' })
    world.revocations.revokeSubject({ issuer: CI, subject: 'repo:shop' })
    expect((await ask(world, '/token', stolen)).status).toBe(401)
  })

  it('is a 503 where that cannot be known, and not a refusal', async () => {
    const revocations = { ...memoryRevocationStore(), isRevoked: () => Promise.reject(new Error('ECONNREFUSED')) }
    const world = await createWorld({ revocations })
    const { status, headers, body } = await ask(world, '/token', await steal(world))
    expect([status, body['error'], headers.get('retry-after')]).toEqual([503, 'temporarily_unavailable', '1'])
  })
})
