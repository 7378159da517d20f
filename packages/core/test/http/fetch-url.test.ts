import { describe, expect, it } from 'vitest'
import { parseFetchTarget, toLoggedUrl, toNamedHost } from '../../src/http/fetch-url.js'
import type { FetchTarget, NamedHosts } from '../../src/http/fetch-url.js'
import type { NetworkRules } from '../../src/rules.js'
import { network } from './fetching.js'

const strict: NetworkRules = { ...network, allowInsecureLoopback: false }

function parseNamed(url: string, rules: NetworkRules = strict): FetchTarget {
  return parseFetchTarget(url, toNamed(url, 'any'), rules)
}

function parseLearned(url: string, rules: NetworkRules = strict): FetchTarget {
  return parseFetchTarget(url, new Map([['login.example:443', 'any']]), rules)
}

function parseResolved(url: string, rules: NetworkRules = strict): FetchTarget {
  return parseFetchTarget(url, toNamed(url, 'public'), rules)
}

function toNamed(url: string, addresses: 'any' | 'public'): NamedHosts {
  return new Map(URL.canParse(url) ? [[toNamedHost(url), addresses]] : [])
}

describe('C.3 rule 1: what may be fetched at all', () => {
  it.each([
    ['plain http', 'http://login.example/jwks'],
    ['another scheme', 'ftp://login.example/jwks'],
    ['a file', 'file:///etc/passwd'],
    ['inline data', 'data:application/json,{}'],
    ['a user name', 'https://user@login.example/jwks'],
    ['a password', 'https://:secret@login.example/jwks'],
    ['a fragment', 'https://login.example/jwks#keys'],
    ['an empty fragment', 'https://login.example/jwks#'],
    ['no URL', 'login.example/jwks'],
    ['an empty text', ''],
    ['white space that a parser drops', ' https://login.example/jwks'],
    ['a tab inside', 'https://login.ex\tample/jwks'],
    ['a line feed inside', 'https://login.example/\njwks'],
    ['a backslash that a parser turns around', 'https://login.example\\@evil.example/jwks'],
  ])('refuses %s', (_name, url) => {
    expect(() => parseNamed(url)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_URL' }))
  })

  it.each([
    ['http://login.example/jwks', 'scheme'],
    ['ftp://login.example/jwks', 'scheme'],
    ['https://user@login.example/jwks', 'userinfo'],
    ['https://login.example/jwks#', 'fragment'],
    ['login.example/jwks', 'syntax'],
  ])('says which part of %s was refused: the %s', (url, part) => {
    expect(() => parseNamed(url)).toThrow(expect.objectContaining({ detail: { part } }))
  })

  it('takes no other scheme for a host that may be asked over plain http', () => {
    const rules = { ...network, dangerouslyAllowHttpHosts: ['login.example', 'localhost'] }
    for (const url of ['ftp://login.example/', 'ws://login.example/', 'ftp://localhost/', 'gopher://127.0.0.1/']) {
      expect(() => parseNamed(url, rules)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_URL' }))
      expect(() => parseLearned(url, rules)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_URL' }))
    }
  })

  it('takes a URL of 2,048 characters and refuses one of 2,049', () => {
    const url = `https://login.example/${'a'.repeat(2_048 - 'https://login.example/'.length)}`
    expect(parseNamed(url).hostname).toBe('login.example')
    expect(() => parseNamed(`${url}a`)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_URL' }))
  })

  it('takes a query, any port and a private literal where the configuration names the host', () => {
    expect(parseNamed('https://10.0.0.7:8443/jwks?tenant=a')).toMatchObject({
      hostname: '10.0.0.7',
      port: 8_443,
      secure: true,
      addresses: 'any',
    })
    expect(parseNamed('https://[fd00::1]/jwks')).toMatchObject({ hostname: 'fd00::1', port: 443, addresses: 'any' })
  })

  it.each([
    'http://127.0.0.1:8080/',
    'http://localhost/',
    'http://idp.localhost:3000/',
    'http://[::1]:9/',
    'http://127.1/',
    'http://2130706433/',
  ])('takes %s only with allowInsecureLoopback, and then only at a loopback address', (url) => {
    expect(() => parseNamed(url)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_URL' }))
    expect(parseNamed(url, network)).toMatchObject({ secure: false, addresses: 'loopback' })
  })

  it.each([
    'http://10.0.0.1/',
    'http://localhost.evil.example/',
    'http://evil-localhost/',
    'http://0.0.0.0/',
    'http://128.0.0.1/',
  ])('does not take %s for loopback', (url) => {
    expect(() => parseNamed(url, network)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_URL' }))
  })

  it('takes plain http to a host that dangerouslyAllowHttpHosts names, with its port, and to no other', () => {
    const rules = { ...strict, dangerouslyAllowHttpHosts: ['Keycloak:8080', 'plain.example', 'dull.example:80'] }
    expect(parseNamed('http://dull.example/jwks', rules)).toMatchObject({ port: 80, addresses: 'any' })
    // It says how such a host is spoken to, and not that any issuer's document may send us there.
    expect(() => parseLearned('http://keycloak:8080/jwks', rules)).toThrow(
      expect.objectContaining({ reason: 'ERR_UPSTREAM_ADDRESS' }),
    )
    expect(parseNamed('http://keycloak:8080/jwks', rules)).toMatchObject({ secure: false, addresses: 'any' })
    expect(parseNamed('http://plain.example/jwks', rules)).toMatchObject({ port: 80, addresses: 'any' })
    for (const url of [
      'http://keycloak/jwks',
      'http://keycloak:8081/',
      'http://plain.example:8080/',
      'http://x.plain.example/',
    ]) {
      expect(() => parseNamed(url, rules)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_URL' }))
    }
  })
})

describe('C.3 rules 1 and 2: hosts that a document named', () => {
  it('demands a public address of another host, and none of one that is configured', () => {
    expect(parseLearned('https://keys.example/jwks')).toMatchObject({ port: 443, addresses: 'public' })
    expect(parseLearned('https://login.example/jwks')).toMatchObject({ addresses: 'any' })
    expect(parseLearned('https://LOGIN.example:443/jwks')).toMatchObject({ addresses: 'any' })
  })

  it.each([
    'https://keys.example:8443/',
    'https://login.example:8443/',
    'https://keys.example:22/',
    'https://keys.example:80/',
  ])('refuses the port of %s: it is neither 443 nor a configured host and port', (url) => {
    expect(() => parseLearned(url)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_ADDRESS' }))
  })

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/',
    'https://10.0.0.1/',
    'https://[fd00:ec2::254]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://0.0.0.0/',
  ])('refuses the literal %s, which no look-up would ever see', (url) => {
    expect(() => parseLearned(url)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_ADDRESS' }))
  })

  it('takes a public literal', () => {
    expect(parseLearned('https://8.8.8.8/jwks')).toMatchObject({ hostname: '8.8.8.8', addresses: 'public' })
  })

  it('is not talked into loopback by allowInsecureLoopback, which is for hosts of the configuration', () => {
    expect(() => parseLearned('http://127.0.0.1:6379/', network)).toThrow(
      expect.objectContaining({ reason: 'ERR_UPSTREAM_ADDRESS' }),
    )
    expect(() => parseLearned('http://127.0.0.1/', network)).toThrow(
      expect.objectContaining({ reason: 'ERR_UPSTREAM_ADDRESS' }),
    )
  })

  it.each([
    'https://localhost/',
    'https://intranet/',
    'https://printer.local/',
    'https://vault.internal/',
    'https://nas.home.arpa/',
    'https://a.localhost/',
    'https://vault./',
    'https://vault.internal./',
    'https://wiki.intranet/',
    'https://ldap.corp/',
    'https://nas.home/',
    'https://nas.lan/',
    'https://nas.private/',
    'https://home.arpa/',
  ])('refuses %s behind a proxy, which would resolve the site’s own names for us', (url) => {
    const proxied = { ...strict, proxyUrl: 'http://proxy.example:3128' }
    expect(() => parseLearned(url, proxied)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_ADDRESS' }))
    expect(parseLearned('https://keys.example/', proxied)).toMatchObject({ addresses: 'public' })
    // Without a proxy we look the name up ourselves, and judge its addresses.
    expect(parseLearned(url)).toMatchObject({ addresses: 'public' })
  })

  it.each([
    ['https://keys.example:22/', { wants: 'port 443' }],
    ['https://10.0.0.1/', { wants: 'public', address: '10.0.0.1' }],
    ['https://intranet/', { wants: 'public' }],
  ])('says what %s would have to be', (url, detail) => {
    const proxied = { ...strict, proxyUrl: 'http://proxy.example:3128' }
    expect(() => parseLearned(url, proxied)).toThrow(expect.objectContaining({ detail }))
  })
})

describe('hosts that are named by somebody else than the configuration', () => {
  it('may have any port, and public addresses alone', () => {
    expect(parseResolved('https://id.red.example:8443/jwks')).toMatchObject({ port: 8_443, addresses: 'public' })
    for (const url of ['https://10.0.0.1/', 'https://127.0.0.1:8443/', 'https://[::1]/', 'https://169.254.169.254/'])
      expect(() => parseResolved(url)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_ADDRESS' }))
  })

  it('may not have a name of the site behind a proxy', () => {
    const proxied = { ...strict, proxyUrl: 'http://proxy.example:3128' }
    expect(() => parseResolved('https://vault:8200/', proxied)).toThrow(
      expect.objectContaining({ reason: 'ERR_UPSTREAM_ADDRESS' }),
    )
    expect(parseResolved('https://id.red.example/', proxied)).toMatchObject({ addresses: 'public' })
  })
})

describe('C.3 rule 9: URLs in logs', () => {
  it('logs a URL without its query, which may carry a key', () => {
    expect(toLoggedUrl('https://login.example:8443/jwks?api_key=secret')).toBe('https://login.example:8443/jwks')
    expect(toLoggedUrl('https://user:secret@login.example/')).toBe('https://login.example/')
    expect(toLoggedUrl('nonsense')).toBe('(not a URL)')
    expect(toLoggedUrl(`https://login.example/${'a'.repeat(9_000)}`)).toHaveLength(2_048)
  })
})
