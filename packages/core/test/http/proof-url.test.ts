import { describe, expect, it } from 'vitest'
import { normalizeProofUrl, toKnownUrls, toUrlRoot } from '../../src/http/proof-url.js'

describe('normalizeProofUrl', () => {
  it.each([
    ['https://api.example.com/orders', 'https://api.example.com/orders'],
    ['HTTPS://API.Example.COM/Orders', 'https://api.example.com/Orders'],
    ['https://api.example.com:443/orders', 'https://api.example.com/orders'],
    ['http://api.example.com:80/orders', 'http://api.example.com/orders'],
    ['https://api.example.com:/orders', 'https://api.example.com/orders'],
    ['https://api.example.com:8443/orders', 'https://api.example.com:8443/orders'],
    ['http://api.example.com:443/orders', 'http://api.example.com:443/orders'],
    ['https://api.example.com', 'https://api.example.com/'],
    ['https://api.example.com?x', 'https://api.example.com/'],
    ['https://api.example.com#x', 'https://api.example.com/'],
    ['https://api.example.com/orders?a=1&b=2', 'https://api.example.com/orders'],
    ['https://api.example.com/orders#part', 'https://api.example.com/orders'],
    ['https://api.example.com/orders?a#b?c', 'https://api.example.com/orders'],
    ['https://api.example.com/a/./b/../c', 'https://api.example.com/a/c'],
    ['https://api.example.com/../../a', 'https://api.example.com/a'],
    ['https://api.example.com/a/%2e%2E/c', 'https://api.example.com/c'],
    ['https://api.example.com/a/..', 'https://api.example.com/'],
    ['https://api.example.com/%7euser/%41%2d%5F', 'https://api.example.com/~user/A-_'],
    ['https://api.example.com/a%2fb%c3%a9', 'https://api.example.com/a%2Fb%C3%A9'],
    ['https://[2001:DB8::1]:443/a', 'https://[2001:db8::1]/a'],
    ['http://127.0.0.1:3000/a', 'http://127.0.0.1:3000/a'],
  ])('D8: reads %s as %s', (text, normalized) => {
    expect(normalizeProofUrl(text)).toBe(normalized)
    expect(normalizeProofUrl(normalized)).toBe(normalized)
  })

  it.each([
    ['https://api.example.com/orders', 'https://api.example.com/orders/'],
    ['https://api.example.com/orders', 'https://api.example.com/Orders'],
    ['https://api.example.com/orders', 'https://api.example.com//orders'],
    ['https://api.example.com/orders', 'http://api.example.com/orders'],
    ['https://api.example.com/a/b', 'https://api.example.com/a%2Fb'],
    ['https://api.example.com/a', 'https://api.example.com./a'],
    ['https://api.example.com/%2e', 'https://api.example.com/%252e'],
    ['https://api.example.com/a%3Fb', 'https://api.example.com/a?b'],
    ['https://api.example.com/a%23b', 'https://api.example.com/a#b'],
    ['https://api.example.com/a', 'https://api.example.com/a%20'],
  ])('D8: keeps %s and %s apart', (left, right) => {
    expect(normalizeProofUrl(left)).toBeDefined()
    expect(normalizeProofUrl(left)).not.toBe(normalizeProofUrl(right))
  })

  it.each([
    '',
    '/orders',
    '//api.example.com/orders',
    'api.example.com/orders',
    'https:/api.example.com/orders',
    'https:api.example.com/orders',
    'https:///api.example.com/orders',
    'https://',
    'https://?x',
    'https://:443/orders',
    'https://user@api.example.com/orders',
    'https://user:password@api.example.com/orders',
    'https://@api.example.com/orders',
    'https://api.example.com:port/orders',
    'https://api.example.com:99999/orders',
    'https://%61pi.example.com/orders',
    'https://bücher.example/orders',
    'ftp://api.example.com/orders',
    'javascript:alert(1)',
    'https:\\\\api.example.com\\orders',
    'https://api.example.com\\orders',
    'https://api.example.com/a\\b',
    'https://api.example.com/a b',
    'https://api.example.com/a\tb',
    'https://api.exa\nmple.com/a',
    ' https://api.example.com/orders',
    'https://api.example.com/orders ',
    'https://api.example.com/\u0000',
    'https://api.example.com/é',
    `https://api.example.com/${'a'.repeat(8_200)}`,
  ])('D8: has no reading of %j: what a parser would mend is not what was signed', (text) => {
    expect(normalizeProofUrl(text)).toBeUndefined()
  })

  it('lets a query hold whatever a client sends, because it is not compared', () => {
    for (const query of ['a=\\', 'a=é', 'a= b', 'x'.repeat(9_000)]) {
      expect(normalizeProofUrl(`https://api.example.com/orders?${query}`)).toBe('https://api.example.com/orders')
    }
  })
})

describe('the length of a URL', () => {
  it('is at most 8,192 characters before the query', () => {
    const longest = `https://api.example.com/${'a'.repeat(8_168)}`
    expect(normalizeProofUrl(`${longest}?x`)).toBe(longest)
    expect(normalizeProofUrl(`${longest}a`)).toBeUndefined()
  })
})

describe('toUrlRoot', () => {
  it('is the normalised URL without the slash at its end', () => {
    expect(toUrlRoot('https://API.example.com')).toBe('https://api.example.com')
    expect(toUrlRoot('https://api.example.com/')).toBe('https://api.example.com')
    expect(toUrlRoot('https://api.example.com/v1/')).toBe('https://api.example.com/v1')
    expect(toUrlRoot('https://bücher.example')).toBeUndefined()
  })
})

describe('toKnownUrls', () => {
  it('is the URL of the request alone where there is one root', () => {
    expect(toKnownUrls('https://api.example.com/orders?x=1', ['https://api.example.com'])).toEqual([
      'https://api.example.com/orders',
    ])
  })

  it('D8: has the same path below each public URL', () => {
    const roots = ['https://api.example.com/v1', 'https://api.example.net', 'http://127.0.0.1:3000']
    expect(toKnownUrls('https://api.example.com/v1/orders', roots)).toEqual([
      'https://api.example.com/v1/orders',
      'https://api.example.net/orders',
      'http://127.0.0.1:3000/orders',
    ])
    // A view that was built by hand may stand below any of them.
    expect(toKnownUrls('https://api.example.net/orders', roots)).toContain('https://api.example.com/v1/orders')
  })

  it('D8: knows no URL that stands below no public one', () => {
    const roots = ['https://api.example.com/v1']
    for (const url of [
      'https://evil.example/v1/orders',
      'https://api.example.com.evil.example/v1/orders',
      'https://api.example.com/orders',
      'https://api.example.com/v10/orders',
      'http://api.example.com/v1/orders',
    ]) {
      expect(toKnownUrls(url, roots)).toEqual([])
    }
  })

  it('D8: never climbs out of a prefix that a proxy has stripped, to where another API stands', () => {
    const roots = ['https://api.example.com/v1']
    for (const target of ['/../other', '/a/../../other', '/%2e%2e/other', '/.%2E/other', '/..']) {
      expect(toKnownUrls(`https://api.example.com/v1${target}`, roots)).toEqual([])
    }
    expect(toKnownUrls('https://api.example.com/v1/a/../orders', roots)).toEqual(['https://api.example.com/v1/orders'])
  })

  it('has both spellings of a stripped prefix by itself, which look alike behind the proxy', () => {
    expect(toKnownUrls('https://api.example.com/v1/', ['https://api.example.com/v1'])).toEqual([
      'https://api.example.com/v1',
      'https://api.example.com/v1/',
    ])
  })

  it('has the root for a request of the root itself', () => {
    const roots = ['https://api.example.com/v1', 'https://api.example.net']
    expect(toKnownUrls('https://api.example.com/v1', roots)).toEqual(roots)
  })

  it('is what the request says where the Host field is trusted', () => {
    expect(toKnownUrls('http://Any.example:80/x', [])).toEqual(['http://any.example/x'])
    expect(toKnownUrls('nonsense', [])).toEqual([])
  })
})
