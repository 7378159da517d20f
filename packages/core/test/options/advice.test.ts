import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/create-verifier.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { AUDIENCE, ISSUER, key, toOptions } from '../parts.js'
import { errorOf, reasonOf } from '../refusals.js'

const KEYS = { jwks: { keys: [key.publicJwk] } }

/** What the error says about the ordinary options with these in their place. */
function adviceOn(changes: object): string {
  const ordinary = { audience: AUDIENCE, issuers: [{ issuer: ISSUER, keys: KEYS }] }
  return errorOf(() => resolveOptions({ ...ordinary, ...changes })).message
}

/** As {@link adviceOn}, of the one issuer. */
function adviceOnIssuer(changes: object): string {
  return adviceOn({ issuers: [{ issuer: ISSUER, keys: KEYS, ...changes }] })
}

describe('a path into the claims that is written with dots', () => {
  const both =
    'Write ["realm_access", "roles"] for a member inside another, ["realm_access.roles"] for a name with a dot in it.'

  it('is answered with both that it may mean, wherever a path is due', () => {
    const claim = 'realm_access.roles'
    expect(adviceOnIssuer({ mapping: { roles: { claim } } })).toContain(both)
    expect(adviceOnIssuer({ requiredClaims: [{ claim, oneOf: ['x'] }] })).toContain(both)
    expect(adviceOn({ audience: { claim, oneOf: ['x'] } })).toContain(both)
  })
})

describe('an option in the wrong place', () => {
  it.each(['jwksUri', 'jwks', 'discoveryUrl'])('is shown its place: %s stands in "keys"', (name) => {
    expect(adviceOn({ issuers: [{ issuer: ISSUER, [name]: `${ISSUER}/jwks` }] })).toBe(
      `Option "issuers[0].${name}" is unknown. Write keys: { ${name} }.`,
    )
  })

  it('is shown its place: what countersign() takes beside the options, and a verifier around which stand options', () => {
    expect(adviceOn({ optional: true })).toBe(
      'Option "optional" is unknown. It says how requests are judged, not tokens: give it to countersign() as the second argument, { optional }.',
    )
    const verifier = createVerifier(toOptions())
    expect(errorOf(() => createVerifier({ verifier } as never)).message).toBe(
      'Option "verifier" is unknown. Pass the verifier itself, in place of the options.',
    )
  })
})

describe('a list', () => {
  it('that is empty is never said to be one that can be left out: some must be there', () => {
    expect(adviceOn({ audience: [] })).toMatch(/got an empty list, wants .+\. Give a list with at least one entry\.$/)
    expect(adviceOn({ algorithms: [] })).toMatch(/got an empty list, wants .+\. Give a list with at least one entry\.$/)
  })

  it('of one is a list too', () => {
    expect(adviceOn({ issuers: ISSUER })).toBe(
      `Option "issuers": got "${ISSUER}", wants a list of issuers to trust. Give a list, even for one entry.`,
    )
  })
})

describe('a value in place of an object', () => {
  it('is told the shape of that object', () => {
    expect(adviceOn({ dpop: true })).toBe(
      'Option "dpop": got true, wants { mode, algorithms?, maxAgeSeconds?, futureSkewSeconds?, nonce? }. Write such an object.',
    )
    expect(adviceOn({ tokenCache: true })).toContain('got true, wants false, or { maxEntries }. Write such an object.')
    expect(adviceOn({ issuers: [7] })).toContain(
      'Option "issuers[0]": got 7, wants an issuer URL, or an object with "issuer". Write such an object.',
    )
    expect(adviceOnIssuer({ requiredClaims: [true] })).toContain('got true, wants a claim name, or { claim, oneOf }.')
  })

  it('is shown how a target of a mapping is written', () => {
    const source = '{ claim, separator?, take?, table?, prefix? } or { constant }'
    expect(adviceOnIssuer({ mapping: { tenant: 'org.id' } })).toBe(
      `Option "issuers[0].mapping.tenant": got "org.id", wants ${source}. As in { claim: ["realm_access", "roles"] }.`,
    )
    expect(adviceOnIssuer({ mapping: { roles: 'roles' } })).toContain(`wants ${source}. As in { claim: `)
    expect(adviceOnIssuer({ mapping: { roles: ['roles'] } })).toContain(`wants ${source}. As in { claim: `)
    expect(adviceOnIssuer({ mapping: 'roles' })).toContain(
      'got "roles", wants an object of targets, or a function of the payload. Write such an object.',
    )
  })
})

describe('a number', () => {
  it('that has no upper bound is wanted from the least one up', () => {
    expect(adviceOn({ maxTokenAgeSeconds: '60' })).toBe(
      'Option "maxTokenAgeSeconds": got "60", wants a number of seconds from 1 up. Give a number in seconds, without quotes.',
    )
  })

  it.each([
    [300, 'Give at most 60.'],
    [-1, 'Give at least 0.'],
    [Number.NaN, 'Give a finite number.'],
    [Number.POSITIVE_INFINITY, 'Give at most 60.'],
    ['5', 'Give a number in seconds, without quotes.'],
  ])('out of its range is told the end that it has passed, and what is none how one is written: %s', (value, fix) => {
    expect(adviceOn({ clockToleranceSeconds: value })).toMatch(
      new RegExp(`^Option "clockToleranceSeconds": got .+, wants a number of seconds from 0 to 60\\. ${fix}$`),
    )
  })

  it('with a fraction is told that it must be whole, and without end that it must have one', () => {
    expect(adviceOn({ limits: { tokenBytes: 1_000.5 } })).toContain('Give a whole number.')
    expect(adviceOn({ maxTokenAgeSeconds: Infinity })).toContain('Give a finite number.')
  })
})

describe('a secret that is too short', () => {
  it('is told how long it is, and is not shown', () => {
    for (const secret of ['short', Buffer.from('short'), new Uint8Array(5)]) {
      const nonce = { secrets: [secret] }
      expect(adviceOn({ dpop: { mode: 'allowed', nonce } })).toContain(
        'Option "dpop.nonce.secrets[0]": got 5 bytes, wants a secret of at least 32 bytes.',
      )
    }
    expect(adviceOn({ dpop: { mode: 'allowed', nonce: { secrets: [7] } } })).toContain('got 7, wants a secret')
  })
})

describe('the URL of a document in place of an issuer', () => {
  const document = '/.well-known/openid-configuration'

  it.each([
    [`https://login.example${document}`, 'https://login.example'],
    [`https://login.example/realms/acme${document}`, 'https://login.example/realms/acme'],
    [`https://login.example/{tid}/v2.0${document}`, 'https://login.example/{tid}/v2.0'],
    ['https://login.example/.well-known/oauth-authorization-server/acme', 'https://login.example/acme'],
    ['https://login.example/.well-known/openid-configuration/acme', 'https://login.example/acme'],
  ])('is answered with the issuer: %s', (url, name) => {
    const advice = `wants the exact string of the "iss" claim. Give the issuer, ${JSON.stringify(name)}: its documents are found from there.`
    expect(adviceOn({ issuers: [url] })).toBe(`Option "issuers[0]": got "${url}", ${advice}`)
    expect(adviceOn({ issuers: [{ issuer: url, keys: KEYS }] })).toBe(
      `Option "issuers[0].issuer": got "${url}", ${advice}`,
    )
  })

  it('never shows a password that stands in it', () => {
    expect(adviceOn({ issuers: [`https://user:hunter2@login.example${document}`] })).not.toContain('hunter2')
  })

  it('is what discoveryUrl takes', () => {
    const keys = { discoveryUrl: `${ISSUER}${document}` }
    expect(reasonOf(() => resolveOptions(toOptions({ keys })))).toBe('accepted')
  })
})

describe('a host that plain http is allowed to', () => {
  const adviceOnHost = (url: string, hosts: readonly string[]): string =>
    adviceOn({ issuers: [url], network: { dangerouslyAllowHttpHosts: hosts } })

  it('is named with its port, which the advice writes out', () => {
    expect(adviceOnHost('http://keycloak:8080/realms/acme', ['keycloak'])).toContain(
      'wants an https URL without user name and fragment. It is on another port than "keycloak": add "keycloak:8080" to network.dangerouslyAllowHttpHosts.',
    )
    expect(adviceOnHost('http://KEYCLOAK:8080', ['Keycloak:9090'])).toContain('add "keycloak:8080" to')
    expect(adviceOnHost('http://[fd00::1]:8080', ['[fd00::1]'])).toContain('add "[fd00::1]:8080" to')
  })

  it('is any that the list names, and no other is advised', () => {
    for (const host of ['http://evil.example:8080', 'http://keycloak.evil.example', 'http://key:8080']) {
      expect(adviceOnHost(host, ['keycloak', 'keycloak:9090'])).toContain('takes that risk by name.')
    }
  })
})

describe('a public URL', () => {
  const judge = (publicUrl: unknown, network: object = {}): string =>
    reasonOf(() => resolveOptions({ ...toOptions(), publicUrl, network }))

  it('is https: who calls the API over plain http shows the token to everybody on the path', () => {
    expect(judge('https://api.example.com/v1')).toBe('accepted')
    expect(adviceOn({ publicUrl: ['https://api.example.com', 'http://api.example.com/v1'] })).toBe(
      'Option "publicUrl": got "http://api.example.com/v1", wants an https URL without query and fragment, or a list of such URLs. ' +
        'Tokens would cross the network in the clear; network.dangerouslyAllowHttpHosts takes that risk by name.',
    )
    expect(judge('HTTP://api.example.com')).toBe('ERR_CONFIG_INVALID')
  })

  it('may be plain http on this machine, where there is no network, and where the configuration takes the risk by name', () => {
    for (const url of [
      'http://localhost:3000',
      'http://127.0.0.1:3000/v1',
      'http://[::1]:3000',
      'http://app.localhost',
    ])
      expect(judge(url)).toBe('accepted')
    expect(judge('http://orders.mesh:8080', { dangerouslyAllowHttpHosts: ['orders.mesh:8080'] })).toBe('accepted')
    expect(judge('http://orders.mesh:9090', { dangerouslyAllowHttpHosts: ['orders.mesh:8080'] })).toBe(
      'ERR_CONFIG_INVALID',
    )
    expect(judge('http://localhost.example', { allowInsecureLoopback: true })).toBe('ERR_CONFIG_INVALID')
  })

  it('has neither query, fragment nor user name, and is a URL', () => {
    for (const url of [
      'https://a.example?x',
      'https://a.example/#',
      'https://me@a.example',
      'a.example',
      'ftp://a.example',
      '',
    ])
      expect(judge(url)).toBe('ERR_CONFIG_INVALID')
  })
})
