import { memoryRevocationStore } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { createWorld, payloadOf, START_MS, STS } from '../endpoints/world.js'
import type { World } from '../endpoints/world.js'

const revoke = async (world: World, token: string): Promise<number> =>
  (await world.post('/revoke', { as: 'job', form: { token } })).status

/** How many tokens of its own a client can revoke until the store has no room. */
async function fill(world: World): Promise<number> {
  for (let count = 0; ; count++) if ((await revoke(world, await world.token())) !== 200) return count
}

describe('a client that revokes tokens of its own as fast as it is given them', () => {
  it('fills the room of tokens, and not that of subjects and sessions, for no longer than its tokens live', async () => {
    let nowMs = START_MS
    const revocations = memoryRevocationStore({ maxRecords: 20, now: () => nowMs })
    const world = await createWorld({ revocations })
    expect(await fill(world)).toBe(18)
    revocations.revokeSubject({ issuer: STS, subject: 'mallory' })
    revocations.revokeSession({ issuer: STS, sessionId: 'evening' })
    world.clock.advance(420_000)
    nowMs += 420_000
    expect(await fill(world)).toBe(18)
  })

  it('writes each down until the token ends, and no longer', async () => {
    const asked: unknown[] = []
    const revocations = { isRevoked: () => false, revokeToken: (token: object) => void asked.push(token) }
    const world = await createWorld({ revocations })
    const token = await world.token()
    expect(await revoke(world, token)).toBe(200)
    const { jti, exp } = payloadOf(token)
    expect(asked).toEqual([{ issuer: STS, tokenId: jti, expiresAtSeconds: exp }])
  })
})
