import { createPublicKey, verify } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { reasonOf } from '../conformance/party.js'
import { attacks } from './attacks.js'
import { createVictim } from './victim.js'

const victim = await createVictim()
afterAll(() => victim.close())

const forged = await Promise.all(
  attacks.map(async ({ title, tokens }) => [title, (await tokens?.(victim)) ?? []] as const),
)

/** How long each took in the better of two runs, in milliseconds: a machine may have other things to do. */
const durations = new Map<string, number>()

describe.each(forged.filter(([, tokens]) => tokens.length > 0))('%s', (title, tokens) => {
  it.each(tokens.map((each) => [each.name, each] as const))('%s', async (name, { token, reason }) => {
    // Twice, because what was refused must not be remembered as anything else.
    for (const _ of [1, 2]) {
      const startedAt = performance.now()
      expect(await reasonOf(victim.verifier.verify(token))).toBe(reason)
      const before = durations.get(`${title}: ${name}`) ?? Infinity
      durations.set(`${title}: ${name}`, Math.min(before, performance.now() - startedAt))
    }
  })
})

describe('after all of them', () => {
  it('#7 CVE-2023-25653: none took longer than 250 ms', () => {
    expect(durations.size).toBeGreaterThan(600)
    expect([...durations].filter(([, ms]) => ms > 250)).toEqual([])
  })

  it('good tokens of every issuer are accepted as before', async () => {
    const { acme, globex, initech, verifier } = victim
    for (const issuer of [acme, globex, initech]) {
      for (const { alg, kid } of issuer.keys) {
        expect([kid, await reasonOf(verifier.verify(await issuer.token({}, { alg })))]).toEqual([kid, 'accepted'])
      }
    }
  })

  it('A6: the weak keys would have let somebody in: OpenSSL takes what was signed with them', async () => {
    const { initech, unsound } = victim
    const taken = await Promise.all(
      unsound.map(async ({ kid, alg, sign }) => {
        try {
          const jwk = initech.jwks.keys.find((each) => each.kid === kid) as JsonWebKey
          const key = createPublicKey({ key: jwk, format: 'jwk' })
          const verifying = alg === 'ES256' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key
          const holds = verify(alg === 'EdDSA' ? null : 'sha256', Buffer.from('a.b'), verifying, await sign('a.b'))
          return holds ? kid : undefined
        } catch {
          return undefined
        }
      }),
    )
    expect(taken).toEqual(expect.arrayContaining(['short', 'one', 'small-2', 'private']))
  })

  it('A4 invariant 1: the canary was silent throughout', async () => {
    expect(victim.canary.calls).toEqual([])
    // It can sing.
    await fetch(`http://${victim.canary.host}/jwks`)
    expect(victim.canary.calls).toEqual(['a connection', 'GET /jwks'])
  })
})
