import { randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import * as der from './der.js'
import { createTestKey } from './keys.js'

/** A key and its certificate, both PEM: what `listen({ tls })` and an https client take. */
export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

/** What a certificate is issued for. */
export interface TestCertificateOptions {
  /** DNS names and IPv4 addresses of the server; by default `localhost` and `127.0.0.1`. */
  readonly hosts?: readonly string[] | undefined
  /** The common name of the subject; by default the first host. */
  readonly commonName?: string | undefined
}

/** A private certification authority. */
export interface TestAuthority {
  /** The certificate to trust, PEM: for `network.ca`, or `ca` of an https agent. */
  readonly certificate: string
  /**
   * Issues a certificate for servers and clients, valid from yesterday for a year.
   *
   * @throws TypeError where a host is an IPv6 address
   */
  issue(options?: TestCertificateOptions): Promise<TestCertificate>
}

const ECDSA_WITH_SHA256 = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'))
const DAY_MS = 86_400_000

/** Creates an authority with a fresh P-256 key, so that https can be tested where no `openssl` is installed: RFC 5280. */
export async function createTestAuthority(commonName: string = 'Test authority'): Promise<TestAuthority> {
  const authority = await createTestKey('ES256')
  const name = toName(commonName)
  const certificate = toCertificate({
    issuer: name,
    subject: name,
    publicKey: authority.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      toExtension('2.5.29.19', der.sequence(der.isTrue()), 'critical'),
      toExtension('2.5.29.15', der.bitString(Uint8Array.of(0b0000_0110), 1), 'critical'),
    ],
  })
  return {
    certificate,
    async issue({ hosts = ['localhost', '127.0.0.1'], commonName: subject = hosts[0] ?? 'client' } = {}) {
      const { privateKey, publicKey } = await createTestKey('ES256')
      const alternatives = der.sequence(...hosts.map(toAlternativeName))
      const cert = toCertificate({
        issuer: name,
        subject: toName(subject),
        publicKey,
        signingKey: authority.privateKey,
        extensions: hosts.length === 0 ? [] : [toExtension('2.5.29.17', alternatives)],
      })
      return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
    },
  }
}

interface CertificateParts {
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  readonly extensions: readonly Uint8Array[]
}

/** RFC 5280 section 4.1. */
function toCertificate({ issuer, subject, publicKey, signingKey, extensions }: CertificateParts): string {
  const now = Date.now()
  const version3 = der.tagged(0, 'constructed', der.positiveInteger(Uint8Array.of(2)))
  const toBeSigned = der.sequence(
    version3,
    der.positiveInteger(Buffer.concat([Uint8Array.of(1), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    issuer,
    der.sequence(der.utcTime(new Date(now - DAY_MS)), der.utcTime(new Date(now + 365 * DAY_MS))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der.tagged(3, 'constructed', der.sequence(...extensions))]),
  )
  const signature = der.bitString(sign('sha256', toBeSigned, signingKey))
  const bytes = Buffer.from(der.sequence(toBeSigned, ECDSA_WITH_SHA256, signature))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function toName(commonName: string): Uint8Array {
  return der.sequence(der.setOf(der.sequence(der.objectIdentifier('2.5.4.3'), der.utf8String(commonName))))
}

function toExtension(identifier: string, value: Uint8Array, criticality?: 'critical'): Uint8Array {
  const critical = criticality === undefined ? [] : [der.isTrue()]
  return der.sequence(der.objectIdentifier(identifier), ...critical, der.octetString(value))
}

function toAlternativeName(host: string): Uint8Array {
  if (isIPv6(host)) throw new TypeError(`hosts wants DNS names and IPv4 addresses, got ${host}`)
  if (isIPv4(host)) return der.tagged(7, 'primitive', Uint8Array.from(host.split('.').map(Number)))
  return der.tagged(2, 'primitive', Buffer.from(host))
}
