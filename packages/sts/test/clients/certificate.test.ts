import { X509Certificate, createHash } from 'node:crypto'
import type { HttpPeer } from '@countersign/core'
import { createTestAuthority } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { isNamed, isPinned, toCertificateThumbprint } from '../../src/clients/certificate.js'
import type { CertificateName } from '../../src/clients/certificate.js'
import { ordersCertificate } from './certificates.js'

const authority = await createTestAuthority()
const billing = new X509Certificate((await authority.issue({ hosts: ['billing.example'] })).cert)
const nameless = new X509Certificate((await authority.issue({ hosts: [], commonName: 'orders' })).cert)

const toPeer = (certificate: X509Certificate | undefined, chain: 'held' | 'broken' | 'unknown' = 'held'): HttpPeer => ({
  clientCertificate: () => certificate,
  ...(chain === 'unknown' ? {} : { isCertificateTrusted: () => chain === 'held' }),
})

const orders: readonly CertificateName[] = [
  { kind: 'subjectDn', value: 'CN=orders,OU=Büro,O=Acme\\, Inc,C=DE' },
  { kind: 'dnsName', value: 'orders.example' },
  { kind: 'uri', value: 'spiffe://acme/orders' },
]

describe('RFC 8705 section 2.1.2: a certificate', () => {
  it.each(orders)('is known by its $kind', (name) => {
    expect(isNamed(toPeer(ordersCertificate), name)).toBe(true)
    expect(isNamed(toPeer(billing), name)).toBe(false)
    expect(isNamed(toPeer(nameless), name)).toBe(false)
  })

  it.each(orders)('is known by its $kind only where its chain was checked', (name) => {
    expect(isNamed(toPeer(ordersCertificate, 'broken'), name)).toBe(false)
    expect(isNamed(toPeer(ordersCertificate, 'unknown'), name)).toBe(false)
    expect(isNamed(toPeer(undefined), name)).toBe(false)
    expect(isNamed({}, name)).toBe(false)
  })

  it.each([
    { kind: 'subjectDn', value: 'C=DE,O=Acme\\, Inc,OU=Büro,CN=orders' },
    { kind: 'subjectDn', value: 'CN=orders' },
    { kind: 'subjectDn', value: 'cn=orders,OU=Büro,O=Acme\\, Inc,C=DE' },
    { kind: 'dnsName', value: 'orders' },
    { kind: 'dnsName', value: 'example' },
    { kind: 'dnsName', value: '.example' },
    { kind: 'dnsName', value: '.wild.example' },
    { kind: 'dnsName', value: 'a.wild.example' },
    { kind: 'dnsName', value: 'evil.example' },
    { kind: 'uri', value: 'spiffe://evil/admin' },
    { kind: 'uri', value: 'SPIFFE://acme/orders' },
    { kind: 'uri', value: 'spiffe://acme' },
    { kind: 'uri', value: 'https://a.example/x' },
    { kind: 'uri', value: 'orders.example' },
    { kind: 'uri', value: '192.0.2.1' },
  ] as const)('is not known by the $kind $value', (name) => {
    expect(isNamed(toPeer(ordersCertificate), name)).toBe(false)
  })

  it('is known by its dnsName in letters of either case: RFC 9110 section 4.2.3', () => {
    expect(isNamed(toPeer(ordersCertificate), { kind: 'dnsName', value: 'Orders.EXAMPLE' })).toBe(true)
  })

  it('may have a URI with commas in it, and that one alone', () => {
    const value = 'https://a.example/x, URI:spiffe://evil/admin'
    expect(isNamed(toPeer(ordersCertificate), { kind: 'uri', value })).toBe(true)
  })
})

describe('RFC 8705 section 2.2: a certificate that nobody vouches for', () => {
  const thumbprint = createHash('sha256').update(ordersCertificate.raw).digest('base64url')

  it('is known by its thumbprint, whatever became of its chain', () => {
    expect(toCertificateThumbprint(ordersCertificate)).toBe(thumbprint)
    for (const chain of ['held', 'broken', 'unknown'] as const)
      expect(isPinned(toPeer(ordersCertificate, chain), new Set([thumbprint]))).toBe(true)
  })

  it('is not known by anything else', () => {
    expect(isPinned(toPeer(billing), new Set([thumbprint]))).toBe(false)
    expect(isPinned(toPeer(ordersCertificate), new Set())).toBe(false)
    expect(isPinned(toPeer(undefined), new Set([thumbprint]))).toBe(false)
    expect(isPinned({}, new Set([thumbprint]))).toBe(false)
  })
})
