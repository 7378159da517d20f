import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Guard, Verifier } from '@countersign/core'
import { createTestAuthority, createTestIssuer } from '@countersign/testing'
import type { TestAuthority, TestIssuer } from '@countersign/testing'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { runCode } from './code.js'

const secret = 'the-token-of-this-pod'

let cluster: TestIssuer
let mounted: string
let host: string
let paths: (string | undefined)[]

// An API server as pods see it: https by an authority of its own, and no key for whoever sends no token.
beforeEach(async () => {
  const authority = await createTestAuthority('kubernetes')
  cluster = await createTestIssuer({
    issuer: 'https://kubernetes.default.svc.cluster.local',
    audience: ['https://orders.shop.svc'],
  })
  mounted = await mkdtemp(path.join(tmpdir(), 'serviceaccount-'))
  await writeFile(path.join(mounted, 'token'), `${secret}\n`)
  await writeFile(path.join(mounted, 'ca.crt'), authority.certificate)
  paths = []
  host = await startApiServer(authority)
  onTestFinished(() => rm(mounted, { recursive: true }))
})

async function startApiServer(authority: TestAuthority): Promise<string> {
  const server = createServer(await authority.issue({ hosts: ['localhost'] }), (request, response) => {
    paths.push(request.url)
    const known = request.headers.authorization === `Bearer ${secret}`
    response.writeHead(known ? 200 : 401, { 'content-type': known ? 'application/jwk-set+json' : 'application/json' })
    response.end(JSON.stringify(known ? cluster.jwks : { kind: 'Status', code: 401 }))
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  onTestFinished(() => void server.close())
  return `localhost:${(server.address() as AddressInfo).port}`
}

const run = () =>
  runCode<{ verifier: Verifier; onlyShop: Guard }>('kubernetes.js', {
    '/var/run/secrets/kubernetes.io/serviceaccount': mounted,
    'kubernetes.default.svc/openid': `${host}/openid`,
  })

/** A projected token has neither `typ` nor a client. */
const token = (namespace = 'shop') => {
  const bound = { namespace, serviceaccount: { name: 'checkout', uid: 'b1c7' }, pod: { name: 'checkout-1' } }
  const claims = { sub: 'system:serviceaccount:shop:checkout', client_id: undefined, 'kubernetes.io': bound }
  return cluster.token(claims, { typ: null })
}

describe('service accounts of Kubernetes', () => {
  it('reads the keys under the private authority, with the token of the pod', async () => {
    const { verifier } = await run()
    expect(await verifier.verify(await token())).toMatchObject({
      subject: 'system:serviceaccount:shop:checkout',
      attributes: { namespace: 'shop', account: 'checkout', uid: 'b1c7' },
    })
    expect(paths).toEqual(['/openid/v1/jwks'])
    await verifier.close()
  })

  it('tells namespaces apart', async () => {
    const { verifier, onlyShop } = await run()
    expect(onlyShop.check(await verifier.verify(await token()))).toBeUndefined()
    const other = await verifier.verify(await token('billing'))
    expect(() => onlyShop.check(other)).toThrow(expect.objectContaining({ reason: 'ERR_ACCESS_DENIED' }))
    await verifier.close()
  })

  it('answers 503 where the API server does not take the token of the pod', async () => {
    await writeFile(path.join(mounted, 'token'), 'expired')
    const { verifier } = await run()
    await expect(verifier.verify(await token())).rejects.toMatchObject({ status: 503, reason: 'ERR_KEYS_UNAVAILABLE' })
    expect(verifier.health()).toMatchObject([{ lastFailureReason: 'ERR_UPSTREAM_STATUS' }])
    await verifier.close()
  })

  it('answers 503, and sends the token to nobody, under another authority', async () => {
    await writeFile(path.join(mounted, 'ca.crt'), (await createTestAuthority('another')).certificate)
    const { verifier } = await run()
    await expect(verifier.verify(await token())).rejects.toMatchObject({ status: 503, reason: 'ERR_KEYS_UNAVAILABLE' })
    expect(verifier.health()).toMatchObject([{ lastFailureReason: 'ERR_UPSTREAM_NETWORK' }])
    expect(paths).toEqual([])
    await verifier.close()
  })
})
