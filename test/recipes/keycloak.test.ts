import type { Verifier } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'
import type { TestIssuer } from '@countersign/testing'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { runCode } from './code.js'

const issuer = 'https://sso.example.com/realms/acme'
const certs = '/realms/acme/protocol/openid-connect/certs'

let keycloak: TestIssuer
let inside: string

// One server, two names: tokens say the public one, which nobody here can reach; keys come from the other one.
beforeEach(async () => {
  keycloak = await createTestIssuer({ issuer, audience: ['orders-api', 'account'], algorithms: ['RS256'] })
  const { url } = await keycloak.listen({ host: 'localhost' })
  inside = new URL(url).host
  onTestFinished(() => keycloak.close())
})

/** As Keycloak writes them: no `typ` of RFC 9068, but one in the payload. */
const token = (claims: object = {}) => {
  const own = { azp: 'shop', client_id: undefined, typ: 'Bearer', realm_access: { roles: ['buyer'] } }
  return keycloak.token({ ...own, ...claims }, { typ: 'JWT' })
}

describe('Keycloak under two names', () => {
  it('takes tokens of the public name with keys from the internal one', async () => {
    keycloak.configure({ jwksUri: `http://${inside}${certs}` })
    const { verifier } = await runCode<{ verifier: Verifier }>('keycloak.js', { 'keycloak:8080': inside })

    const principal = await verifier.verify(await token())
    expect(principal).toMatchObject({ issuer, clientId: 'shop', roles: ['buyer'] })
    expect(keycloak.requests.map(({ url }) => url)).toEqual([`http://${inside}${certs}`])

    await expect(verifier.verify(await token({ aud: 'account' }))).rejects.toMatchObject({
      reason: 'ERR_TOKEN_AUDIENCE',
    })
    const internal = await token({ iss: 'http://keycloak:8080/realms/acme' })
    await expect(verifier.verify(internal)).rejects.toMatchObject({ reason: 'ERR_ISSUER_UNTRUSTED' })
    await verifier.close()
  })

  it('discovers from the internal name where the document names the public issuer', async () => {
    keycloak.configure({ jwksUri: `http://${inside}${certs}` })
    const { verifier } = await runCode<{ verifier: Verifier }>('keycloak-discovery.js', { 'keycloak:8080': inside })

    expect(await verifier.ready()).toMatchObject({ ok: true })
    expect(await verifier.verify(await token())).toMatchObject({ issuer })
    expect(keycloak.requests.map(({ endpoint }) => endpoint)).toEqual(['discovery', 'jwks'])
    await verifier.close()
  })

  it('refuses a document that names the internal issuer', async () => {
    keycloak.metadata = { issuer: `http://${inside}/realms/acme` }
    const { verifier } = await runCode<{ verifier: Verifier }>('keycloak-discovery.js', { 'keycloak:8080': inside })

    expect(await verifier.ready()).toMatchObject({ ok: false, issuers: [{ reason: 'ERR_KEYS_UNAVAILABLE' }] })
    expect(verifier.health()).toMatchObject([{ lastFailureReason: 'ERR_DISCOVERY_ISSUER' }])
    await verifier.close()
  })
})
