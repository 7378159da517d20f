import { createVerifier, memoryReplayStore, protectedResourceMetadata, toAuthRequest } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createParty, ISSUER, reasonOf } from '../conformance/party.js'

const party = await createParty(['ES256'])
const HOSTS = [
  'evil.example',
  '127.0.0.1',
  'localhost:3000',
  'api.example.com:8443',
  'api.example.com.evil.example',
  '',
  '[::1]',
  'a@b',
]

describe('the Host field, which whoever rebinds a name or sends a request chooses', () => {
  it.each(HOSTS)('#35 CVE-2025-66414 CVE-2026-0621 B9: is not where this API is: %j', (host) => {
    const verifier = party.verifier({}, { publicUrl: AUDIENCE })
    const headers = { host, 'x-forwarded-host': host, 'x-forwarded-proto': 'http', forwarded: `host=${host}` }
    for (const target of ['/orders', `http://${host}/orders`]) {
      const view = verifier.toAuthRequest({ method: 'GET', url: target, headers })
      expect(view.url).toBe(`${AUDIENCE}/orders`)
    }
    expect(verifier.toAuthRequest({ url: `//${host}/orders`, headers }).url).toBe(`${AUDIENCE}//${host}/orders`)
  })

  it('#35 CVE-2025-66414: is nothing at all where no public URL is configured, and DPoP is then refused', () => {
    expect(toAuthRequest({ method: 'GET', url: '/', headers: { host: 'evil.example' } }).url).toBeUndefined()
    const options = { audience: AUDIENCE, issuers: [ISSUER], replayStore: memoryReplayStore() }
    expect(() => createVerifier({ ...options, dpop: { mode: 'allowed' } })).toThrow('Option "publicUrl"')
  })

  it('#35 CVE-2025-66414: does not change the metadata, nor where a challenge says that it is', async () => {
    const verifier = party.verifier({}, { publicUrl: AUDIENCE })
    const handler = protectedResourceMetadata(verifier)
    const answer = await handler(new Request('http://evil.example/.well-known/oauth-protected-resource'))
    expect(((await answer.json()) as { resource: string }).resource).toBe(AUDIENCE)
    const refusal = verifier.refuse(undefined)
    expect(JSON.stringify(refusal.headers)).not.toContain('evil')
  })

  it('#35 CVE-2025-66414: is no audience: a token for whatever host was called is not one for this API', async () => {
    const verifier = party.verifier({}, { publicUrl: 'https://evil.example' })
    const token = await party.issuer.token({ aud: 'https://evil.example' })
    const request = { method: 'GET', url: '/', headers: { host: 'evil.example', authorization: `Bearer ${token}` } }
    expect(await reasonOf(verifier.authenticate(request))).toBe('ERR_TOKEN_AUDIENCE')
  })
})
