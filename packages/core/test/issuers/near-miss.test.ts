import { createTestClock, createTestIssuer } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/create-verifier.js'
import { createNearMisses, findNearMiss } from '../../src/issuers/near-miss.js'
import { silentLogger, systemRuntime } from '../../src/runtime.js'

const configured = 'https://login.acme.example/tenant'

describe('createNearMisses', () => {
  const { find } = createNearMisses([configured], silentLogger, systemRuntime)

  it.each([
    ['https://login.acme.example/tenant/', 'trailing slash'],
    ['https://login.acme.example/Tenant', 'case'],
    ['http://login.acme.example/tenant', 'http instead of https'],
    ['https://login.acme.example/other', 'another path on the same host'],
  ])('calls %s a near miss: %s', (name, difference) => {
    expect(find(name)).toEqual({ configured, difference })
  })

  it.each(['https://evil.example/tenant', 'tenant', '', 'https://', configured])('says nothing of %j', (name) => {
    expect(find(name)).toBeUndefined()
  })

  it('finds one among ten thousand', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `https://issuer-${index}.example`)
    const many = createNearMisses(names, silentLogger, systemRuntime)
    expect(many.find('https://issuer-9999.example/')?.configured).toBe('https://issuer-9999.example')
  })
})

describe('findNearMiss', () => {
  it('compares the names of one list with those of another', () => {
    expect(findNearMiss(['x', 'https://API.example'], ['https://api.example'])?.difference).toBe('case')
  })

  it('does not call another API on the same host near', () => {
    expect(findNearMiss(['https://api.example/b'], ['https://api.example/a'])).toBeUndefined()
  })
})

describe('a verifier', () => {
  it('tells of each near miss once a minute, and repeats nothing that a token says', async () => {
    const clock = createTestClock()
    const issuer = await createTestIssuer({ issuer: 'https://login.acme.example', clock })
    const lines: unknown[] = []
    const logger = { ...silentLogger, warn: (message: string, detail?: object) => void lines.push([message, detail]) }
    const verifier = createVerifier({
      audience: 'https://api.example.com',
      issuers: ['https://login.acme.example'],
      runtime: issuer.runtime,
      logger,
    })
    const slash = await issuer.token({ iss: 'https://login.acme.example/' })
    const audience = await issuer.token({ aud: ['SECRET-OF-A-STRANGER', 'https://api.example.com/'] })
    const judge = (token: string) => verifier.verify(token).catch((error: unknown) => error)
    await judge(slash)
    await judge(slash)
    await judge(audience)
    await judge(audience)
    const message = 'A token was refused for a claim that is nearly a configured value'
    expect(lines).toEqual([
      [message, { claim: 'iss', configured: 'https://login.acme.example', difference: 'trailing slash' }],
      [message, { claim: 'aud', configured: 'https://api.example.com', difference: 'trailing slash' }],
    ])
    clock.advance(60_000)
    await judge(slash)
    expect(lines).toHaveLength(3)
  })
})
