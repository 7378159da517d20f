import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSigningKeys, localKeyWrapper, memoryKeys } from '../../src/index.js'

const wrapper = localKeyWrapper([randomBytes(32)])

describe('signing keys', () => {
  it('make themselves, sign at once where there never were any, and publish one more', async () => {
    const keys = createSigningKeys({ store: memoryKeys(), wrapper })
    const signer = await keys.findSigner('ES256')
    const { keys: published } = await keys.jwks()
    expect(published).toHaveLength(2)
    expect(published.map(({ kid }) => kid)).toContain(signer.kid)
    expect(await keys.findKey(signer.kid)).toMatchObject({ kid: signer.kid, algorithm: 'ES256' })
    expect(keys.health()).toMatchObject({ ok: true, version: 1 })
    await keys.close()
  })
})
