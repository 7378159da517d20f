import { describe, expect, it } from 'vitest'
import type { KeySelector, KeySource, VerificationKey } from '../../src/ports.js'
import { decode } from '../../src/steps/decode.js'
import { findKeys } from '../../src/steps/key.js'
import { key, LIMITS, toCredentials, toParts, toText } from '../parts.js'
import { errorOfAsync, reasonOfAsync } from '../refusals.js'

const held: VerificationKey = { kid: 'k1', family: 'P-256', algorithm: 'ES256', keyObject: key.publicKey }

/** A key source that remembers what it was asked. */
function createSource(): KeySource & { readonly asked: KeySelector[] } {
  const asked: KeySelector[] = []
  const { keys } = toParts().issuer
  return {
    asked,
    find: async (selector) => {
      asked.push(selector)
      return [held]
    },
    holds: () => true,
    withdrew: () => false,
    load: () => keys.load(),
    health: () => keys.health(),
    close() {},
  }
}

function decodeHeader(header: object): ReturnType<typeof decode> {
  return decode(toCredentials(toText(header, { iss: 'x' })), { limits: LIMITS })
}

describe('findKeys', () => {
  it('asks the keys of this issuer, and nobody else, by kid and algorithm', async () => {
    const { issuer } = toParts()
    const keys = createSource()
    expect(await findKeys(decodeHeader({ alg: 'ES256', kid: 'k1' }), { ...issuer, keys })).toEqual([held])
    expect(await findKeys(decodeHeader({ alg: 'RS256' }), { ...issuer, keys })).toEqual([held])
    expect(keys.asked).toEqual([
      { kid: 'k1', algorithm: 'ES256' },
      { kid: undefined, algorithm: 'RS256' },
    ])
  })

  it('takes no key that says it is for another issuer, and any other that fits', async () => {
    const { issuer } = toParts({ acceptedIssuers: ['https://old.example'] })
    const judge = async (...limits: readonly (string | undefined)[]): Promise<unknown> => {
      const found = limits.map((limit) => ({ ...held, issuer: limit }))
      const keys = { ...createSource(), find: () => found }
      const kept = await findKeys(decodeHeader({ alg: 'ES256' }), { ...issuer, keys })
      return kept.map((one) => one.issuer)
    }
    expect(await judge('https://other.example', 'https://old.example')).toEqual(['https://old.example'])
    const all = [undefined, issuer.issuer, 'https://{any}.example']
    expect(await judge(...all, 'https://other.example')).toEqual(all)
    const error = await errorOfAsync(async () => judge('https://other.example'))
    expect(error).toMatchObject({
      reason: 'ERR_KEY_NOT_FOUND',
      detail: { issuer: issuer.issuer, wants: 'a key that is for this issuer' },
    })
  })

  it('asks for no key where the issuer is not trusted with the algorithm', async () => {
    const { issuer } = toParts({ algorithms: ['PS256', 'EdDSA'] })
    const keys = createSource()
    for (const alg of ['ES256', 'RS256', 'Ed25519']) {
      const error = await errorOfAsync(() => findKeys(decodeHeader({ alg, kid: 'k1' }), { ...issuer, keys }))
      expect(error.reason).toBe('ERR_TOKEN_ALGORITHM')
      expect(error.detail).toEqual({ member: 'alg', issuer: issuer.issuer })
    }
    expect(keys.asked).toEqual([])
    expect(await reasonOfAsync(() => findKeys(decodeHeader({ alg: 'EdDSA' }), { ...issuer, keys }))).toBe('accepted')
  })
})
