import { checkGuard } from '@countersign/core/adapter'
import { createVerifier } from '@countersign/core'
import type { AsyncGuard, MappingOptions, Runtime, Verifier } from '@countersign/core'
import { withPrincipal } from '@countersign/core/testing'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import type { TestIssuer } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { runCode } from './code.js'

interface Code {
  createTenantVerifier(directory: Directory, runtime: Partial<Runtime>): Verifier
  readonly ownTenant: AsyncGuard
}
interface Directory {
  find(issuer: string): Promise<{ id: string; roles: string[] } | undefined>
}

async function start() {
  const clock = createTestClock()
  const jwksUri = 'https://login.example/common/keys'
  const shared = await createTestIssuer({ issuer: 'https://login.example/blue/v2.0', jwksUri, clock })
  const own = await createTestIssuer({ issuer: 'https://id.red.example', clock })
  const asked: string[] = []
  const { createTenantVerifier, ownTenant } = await runCode<Code>('many-tenants.js')
  const runtime = testRuntime(shared, own)
  const find: Directory['find'] = async (issuer) => {
    asked.push(issuer)
    return issuer === own.issuer ? { id: 'red', roles: ['buyer'] } : undefined
  }
  return { shared, own, asked, ownTenant, runtime, verifier: createTenantVerifier({ find }, runtime) }
}

const claims = { tid: 'blue', roles: ['buyer', 'admin'], tenant: 'green' }

describe('one API for many tenants', () => {
  it('has the tenant from the template or from the directory, and never from a claim of its choice', async () => {
    const { shared, own, verifier, runtime } = await start()
    expect(await verifier.verify(await shared.token(claims))).toMatchObject({ tenant: 'blue', roles: ['buyer'] })
    expect(await verifier.verify(await own.token(claims))).toMatchObject({ tenant: 'red', roles: ['buyer'] })
    runtime.checkRequests()
  })

  it('reads one key set for all tenants of a template', async () => {
    const { shared, verifier } = await start()
    const green = await shared.token({ ...claims, iss: 'https://login.example/green/v2.0', tid: 'green' })
    expect(await verifier.verify(await shared.token(claims))).toMatchObject({ tenant: 'blue' })
    expect(await verifier.verify(green)).toMatchObject({ tenant: 'green' })
    expect(shared.requests.map(({ endpoint }) => endpoint)).toEqual(['jwks'])
  })

  it('refuses a tenant that the claim denies, a path that is no tenant, and whom the directory does not know', async () => {
    const { shared, own, asked, verifier, runtime } = await start()
    const refuse = async (issuer: TestIssuer, others: object) => {
      const token = await issuer.token({ ...claims, ...others })
      return verifier.verify(token).catch(({ reason }: { reason: string }) => reason)
    }
    expect(await refuse(shared, { tid: 'green' })).toBe('ERR_TOKEN_CLAIM_VALUE')
    expect(await refuse(shared, { iss: 'https://login.example/a.b/v2.0' })).toBe('ERR_ISSUER_UNTRUSTED')
    expect(await refuse(own, { iss: 'https://id.grey.example' })).toBe('ERR_ISSUER_UNTRUSTED')
    expect(await refuse(own, { iss: 'http://id.red.example' })).toBe('ERR_ISSUER_UNTRUSTED')
    expect(asked).toEqual(['https://login.example/a.b/v2.0', 'https://id.grey.example'])
    expect(shared.requests.length + own.requests.length).toBe(1)
    runtime.checkRequests()
  })

  it('grants a template nothing that is not listed, and takes its tenant from no claim', async () => {
    const { shared, runtime } = await start()
    const create = (mapping?: MappingOptions) => {
      const keys = { jwksUri: 'https://login.example/common/keys' }
      const issuers = [{ issuer: 'https://login.example/{tid}/v2.0', keys, mapping }]
      return createVerifier({ audience: 'https://api.example.com', issuers, runtime })
    }
    const token = await shared.token({ ...claims, groups: ['a'], permissions: ['b'], scope: 'c' })
    const nothing = { roles: [], groups: [], permissions: [] }
    expect(await create().verify(token)).toMatchObject({ ...nothing, scopes: ['c'], tenant: 'blue' })
    expect(await create({ tenant: { constant: 'one' } }).verify(token)).toMatchObject({ ...nothing, tenant: 'one' })
    expect(() => create({ tenant: { claim: ['tid'] } })).toThrow('{ constant } or nothing')
  })

  it('keeps tenants out of one another', async () => {
    const { ownTenant } = await start()
    const visit = async (tenant: string | undefined, route: string) => {
      const request = withPrincipal({ headers: {}, rawHeaders: [], params: { tenant: route } }, { tenant })
      return checkGuard(request, ownTenant, request)
    }
    await expect(visit('red', 'red')).resolves.toBeUndefined()
    await expect(visit('red', 'blue')).rejects.toMatchObject({ reason: 'ERR_ACCESS_DENIED' })
    await expect(visit(undefined, 'blue')).rejects.toMatchObject({ reason: 'ERR_ACCESS_DENIED' })
  })
})
