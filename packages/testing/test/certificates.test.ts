import { X509Certificate } from 'node:crypto'
import { get } from 'node:https'
import { json } from 'node:stream/consumers'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createTestAuthority, createTestIssuer } from '../src/index.js'

describe('createTestAuthority', () => {
  it('issues certificates that name their hosts and verify against its own', async () => {
    const authority = await createTestAuthority('Acme test authority')
    const { cert, key } = await authority.issue({ hosts: ['login.acme.example', '10.0.0.1'] })
    const ca = new X509Certificate(authority.certificate)
    const leaf = new X509Certificate(cert)
    expect(key).toContain('PRIVATE KEY')
    expect(ca.ca).toBe(true)
    expect(ca.subject).toBe('CN=Acme test authority')
    expect(leaf.subject).toBe('CN=login.acme.example')
    expect(leaf.subjectAltName).toBe('DNS:login.acme.example, IP Address:10.0.0.1')
    expect(leaf.checkIssued(ca)).toBe(true)
    expect(leaf.verify(ca.publicKey)).toBe(true)
    expect(new Date(leaf.validFrom).getTime()).toBeLessThan(Date.now())
    await expect(authority.issue({ hosts: ['::1'] })).rejects.toThrow('IPv4')
  })

  it('lets an issuer listen on https, trusted by those who know the authority alone', async () => {
    const authority = await createTestAuthority()
    const issuer = await createTestIssuer()
    const { url } = await issuer.listen({ tls: await authority.issue() })
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const trusted = get(issuer.jwksUri, { ca: authority.certificate, agent: false })
    const [response] = (await once(trusted, 'response')) as [IncomingMessage]
    expect(await json(response)).toEqual(issuer.jwks)
    const stranger = await createTestAuthority()
    const distrusted = once(get(issuer.jwksUri, { ca: stranger.certificate, agent: false }), 'response')
    await expect(distrusted).rejects.toThrow(/certificate/)
    await issuer.close()
  })
  it('lets an issuer fail on https too', async () => {
    const authority = await createTestAuthority()
    const issuer = await createTestIssuer()
    await issuer.listen({ tls: await authority.issue({ hosts: ['127.0.0.1'] }) })
    const read = () => once(get(issuer.jwksUri, { ca: authority.certificate, agent: false }), 'response')
    await issuer.outage('refusing')
    await expect(read()).rejects.toMatchObject({ code: 'ECONNRESET' })
    await issuer.outage('down')
    await expect(read()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await issuer.recover()
    const [response] = (await read()) as [IncomingMessage]
    expect(response.statusCode).toBe(200)
    await issuer.close()
  })
})
