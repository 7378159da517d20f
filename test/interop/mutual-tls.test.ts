import { X509Certificate, createHash } from 'node:crypto'
import { createServer, request as send } from 'node:https'
import type { AddressInfo } from 'node:net'
import { memoryReplayStore } from '@countersign/core'
import { createSigningKeys, createTokenService, localKeyWrapper, memoryKeys } from '@countersign/sts'
import { createTestAuthority } from '@countersign/testing'
import type { TestCertificate } from '@countersign/testing'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mounts, SECRET } from './token-service.js'

const [authority, stranger] = await Promise.all([createTestAuthority(), createTestAuthority('Strangers')])
const serverCertificate = await authority.issue()
const orders = await authority.issue({ hosts: ['orders.example'] })
/** The name of orders, in a certificate that the service's authority did not issue. */
const impostor = await stranger.issue({ hosts: ['orders.example'] })
const pinned = await stranger.issue({ hosts: ['pinned.example'] })

const toThumbprint = ({ cert }: TestCertificate): string =>
  createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url')

/** What openid-client fetches with, over connections that present a certificate. */
function presenting(certificate: TestCertificate | undefined): client.CustomFetch {
  return (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const options = { method, headers, ca: authority.certificate, agent: false, ...certificate }
      const sent = send(url, options as object, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const fields = response.headers as Record<string, string>
          resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 0, headers: fields }))
        })
      })
      sent.on('error', reject)
      sent.end(body === undefined || body === null ? undefined : String(body as unknown))
    })
}

describe.each(mounts)('openid-client over mutual TLS, and a token service on %s', (_, mount) => {
  // Any certificate gets through the handshake: what it is worth is for the service to say.
  const tls = { ...serverCertificate, ca: authority.certificate, requestCert: true, rejectUnauthorized: false }
  const server = createServer(tls)
  let issuer: string

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    issuer = `https://localhost:${(server.address() as AddressInfo).port}`
    const signingKeys = createSigningKeys({ store: memoryKeys(), wrapper: localKeyWrapper([SECRET]) })
    const grants = ['client-credentials'] as const
    const service = createTokenService({
      issuer,
      signingKeys,
      clients: [
        { clientId: 'orders', authentication: { method: 'tls_client_auth', dnsName: 'orders.example' }, grants },
        {
          clientId: 'pinned',
          authentication: { method: 'self_signed_tls_client_auth', thumbprints: [toThumbprint(pinned)] },
          grants,
        },
      ],
      targets: { billing: { audience: 'https://billing.example.com', scopes: ['invoice:read'] } },
      policy: {
        id: 'mtls',
        rules: [
          {
            id: 'all',
            effect: 'allow',
            clients: ['orders', 'pinned'],
            targets: ['billing'],
            subjectIssuers: [],
            grants,
            grantScopes: ['invoice:read'],
          },
        ],
      },
      audit: { record: async () => {}, fingerprint: () => 'fp' },
      replayStore: memoryReplayStore(),
    })
    const listener = await mount(service)
    server.on('request', (req, res) => void listener(req, res))
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })

  const obtain = async (clientId: string, certificate: TestCertificate | undefined) => {
    const options = { [client.customFetch]: presenting(certificate) }
    const server = new URL(issuer)
    const configuration = await client.discovery(server, clientId, undefined, client.TlsClientAuth(), options)
    return client.clientCredentialsGrant(configuration, { audience: 'billing' })
  }

  it('RFC 8705 section 2.1: authenticates a client by a name in a certificate whose chain held', async () => {
    const { access_token: token } = await obtain('orders', orders)
    expect(decodeJwt(token)).toMatchObject({ client_id: 'orders', cnf: { 'x5t#S256': toThumbprint(orders) } })
  })

  it('RFC 8705 section 2.1: takes nobody’s word for a name', async () => {
    for (const certificate of [impostor, pinned, undefined])
      await expect(obtain('orders', certificate)).rejects.toMatchObject({ status: 401, error: 'invalid_client' })
  })

  it('RFC 8705 section 2.2: authenticates a client by the very certificate, whoever issued it', async () => {
    expect(decodeJwt((await obtain('pinned', pinned)).access_token)).toMatchObject({
      client_id: 'pinned',
      cnf: { 'x5t#S256': toThumbprint(pinned) },
    })
    for (const certificate of [orders, impostor, undefined])
      await expect(obtain('pinned', certificate)).rejects.toMatchObject({ error: 'invalid_client' })
  })
})
