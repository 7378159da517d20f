import { hash } from 'node:crypto'
import type { X509Certificate } from 'node:crypto'
import type { HttpPeer } from '@countersign/core'

/** The one name by which a client's certificate is known, RFC 8705 section 2.1.2. */
export type CertificateName =
  | { readonly kind: 'subjectDn'; readonly value: string }
  | { readonly kind: 'dnsName'; readonly value: string }
  | { readonly kind: 'uri'; readonly value: string }

/** The SHA-256 thumbprint of a certificate, base64url: RFC 8705 section 3.1. */
export function toCertificateThumbprint(certificate: X509Certificate): string {
  return hash('sha256', certificate.raw, 'base64url')
}

/** Whether the peer has a certificate of this name, whose chain its TLS server has checked. RFC 8705 section 2.1. */
export function isNamed(peer: HttpPeer, name: CertificateName): boolean {
  const certificate = peer.clientCertificate?.()
  // Anybody can write any name into a certificate: without a chain it says nothing.
  if (certificate === undefined || peer.isCertificateTrusted?.() !== true) return false
  if (name.kind === 'subjectDn') return toDistinguishedName(certificate.subject) === name.value
  if (name.kind === 'uri') return readUris(certificate.subjectAltName).includes(name.value)
  // OpenSSL takes a name that begins with a dot for all that end in it: what it found must be the very name.
  const found = certificate.checkHost(name.value, { subject: 'never', wildcards: false })
  return found?.toLowerCase() === name.value.toLowerCase()
}

/** Whether the peer has one of these very certificates. Whoever signed it plays no part. RFC 8705 section 2.2. */
export function isPinned(peer: HttpPeer, thumbprints: ReadonlySet<string>): boolean {
  const certificate = peer.clientCertificate?.()
  return certificate !== undefined && thumbprints.has(toCertificateThumbprint(certificate))
}

/** Node writes one name part a line, the outermost first, escaped as RFC 4514 section 2.4 has it, line breaks too. */
function toDistinguishedName(subject: string | undefined): string {
  return (subject ?? '').split('\n').toReversed().join(',')
}

/** Node puts whatever could be read in two ways into quotes, as in JSON, so that a name cannot hold another one. */
function readUris(names: string | undefined): readonly string[] {
  const found = (names ?? '').matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/g)
  return [...found].flatMap(([, kind, value = '']) =>
    kind === 'URI' ? [value.startsWith('"') ? unquote(value) : value] : [],
  )
}

function unquote(value: string): string {
  try {
    return String(JSON.parse(value))
  } catch {
    return ''
  }
}
