import { describe, expect, it } from 'vitest'
import { createStaticKeySource } from '../../src/keys/static-key-source.js'
import type { KeySource } from '../../src/ports.js'
import { systemRuntime } from '../../src/runtime.js'
import { makePair, toJwks } from './jwks.js'
import { createKeepingLogger, issuer } from './scripted.js'

function create(jwks: unknown, logger: ReturnType<typeof createKeepingLogger> = createKeepingLogger()): KeySource {
  return createStaticKeySource(
    issuer,
    { kind: 'jwks', jwks: jwks as { keys: object[] }, option: 'issuers[2].keys.jwks' },
    { logger, runtime: systemRuntime },
  )
}

describe('keys that stand in the configuration', () => {
  it('are found by kid, held for ever, and never read again', async () => {
    const one = makePair()
    const source = create(toJwks(one))
    const found = await source.find({ kid: one.jwk.kid, algorithm: 'ES256' })
    expect(found.map((key) => [key.kid, source.holds(key), source.withdrew(key)])).toEqual([[one.jwk.kid, true, false]])
    await source.load()
    source.close()
    expect(source.find({ kid: undefined, algorithm: 'ES256' })).toEqual(found)
    expect(source.health()).toMatchObject({ state: 'fresh', keyCount: 1, nextRefreshAtMs: undefined })
  })

  it('refuse an unknown kid with 401: there is nobody to ask', () => {
    expect(() => create(toJwks(makePair())).find({ kid: 'none', algorithm: 'ES256' })).toThrow(
      expect.objectContaining({ reason: 'ERR_KEY_NOT_FOUND', status: 401 }),
    )
  })

  it.each([
    ['no set', undefined],
    ['an empty set', { keys: [] }],
    ['keys that are no list', { keys: {} }],
  ])('are a mistake of the configuration where there is %s', (_name, jwks) => {
    expect(() => create(jwks)).toThrow(
      expect.objectContaining({ reason: 'ERR_CONFIG_INVALID', detail: { option: 'issuers[2].keys.jwks' } }),
    )
  })

  it('are a mistake of the configuration where none is usable, and the message says why without showing a key', () => {
    const pair = makePair()
    expect(() =>
      create({ keys: [pair.privateJwk, { kty: 'oct', k: 'c2VjcmV0' }, makePair('RSA', 'weak', 1_024).jwk] }),
    ).toThrow(expect.objectContaining({ message: expect.stringContaining('private 1, symmetric 1, weak 1') }))
    expect(() => create({ keys: [pair.privateJwk] })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(String(pair.privateJwk.d)) }),
    )
  })

  it('are used without those that are not usable, which is said once', () => {
    const logger = createKeepingLogger()
    create({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }, makePair().jwk] }, logger)
    expect(logger.lines).toEqual([
      { level: 'warn', message: 'Keys of a configured set are not used', detail: { issuer, dropped: 'symmetric 1' } },
    ])
  })
})
