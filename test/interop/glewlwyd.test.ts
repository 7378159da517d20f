import { createVerifier } from '@countersign/core'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import * as client from 'openid-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { noGlewlwyd, resource, startGlewlwyd } from './glewlwyd.js'
import type { Glewlwyd } from './glewlwyd.js'
import { frameworks, startInstance } from './instances.js'
import type { Instance } from './instances.js'

/** One framework after the other for each test: what differs between them is tested elsewhere. */
const [[, onExpress], [, onFastify], [, onKoa]] = frameworks as [
  (typeof frameworks)[number],
  (typeof frameworks)[number],
  (typeof frameworks)[number],
]

describe.runIf(noGlewlwyd === '')(`glewlwyd as an independent issuer${noGlewlwyd}`, () => {
  let issuer: Glewlwyd
  const running: Instance[] = []

  beforeAll(async () => {
    issuer = await startGlewlwyd()
  })
  afterEach(async () => {
    for (const instance of running.splice(0)) await instance.close()
  })
  afterAll(() => issuer.close())

  async function start(...[create, options]: [typeof onExpress, object?]): Promise<Instance> {
    const instance = await startInstance(create, { issuer: issuer.issuer, audience: resource, ...options })
    running.push(instance)
    return instance
  }

  async function createHandle(alg = 'ES256'): Promise<client.DPoPHandle> {
    return client.getDPoPHandle(issuer.job, await client.randomDPoPKeyPair(alg))
  }

  function call({ url }: Instance, token: string, dpop?: client.DPoPHandle): Promise<Response> {
    const options = dpop === undefined ? {} : { DPoP: dpop }
    return client.fetchProtectedResource(
      issuer.job,
      token,
      new URL('/orders', url),
      'GET',
      null,
      new Headers(),
      options,
    )
  }

  it.each(['rfc9068', 'access-token'] as const)(
    'issues tokens that hold against the profile %s',
    async (tokenProfile) => {
      const verifier = createVerifier({
        audience: resource,
        issuers: [{ issuer: issuer.issuer, tokenProfile }],
        network: { allowInsecureLoopback: true },
      })
      expect(await verifier.verify(await issuer.requestToken())).toMatchObject({
        issuer: issuer.issuer,
        subject: 'job',
        clientId: 'job',
        audience: [resource],
        scopes: ['orders:read'],
        header: { alg: 'ES256', kid: 'glewlwyd-es256', typ: 'at+jwt' },
      })
      await verifier.close()
    },
  )

  it('names its scope as the audience where no resource is asked for: such a token is refused', async () => {
    const verifier = createVerifier({
      audience: resource,
      issuers: [issuer.issuer],
      network: { allowInsecureLoopback: true },
    })
    const token = await issuer.requestToken({ resource: '' })
    expect(decodeJwt(token).aud).toBe('orders:read')
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'ERR_TOKEN_AUDIENCE', status: 401 })
    await verifier.close()
  })

  it.each([
    ['ES256', onExpress],
    ['PS256', onFastify],
    ['RS256', onKoa],
    ['ES512', onExpress],
  ] as const)('binds tokens to a client’s key for %s, by the thumbprint that we compute too', async (alg, create) => {
    const instance = await start(create)
    const dpop = await createHandle(alg)
    const token = await issuer.requestToken({ dpop })
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    expect(decodeJwt(token)).toMatchObject({ cnf: { jkt: expect.stringMatching(/^[\w-]{43}$/) } })
    const response = await call(instance, token, dpop)
    expect([response.status, await response.json()]).toEqual([
      200,
      { issuer: issuer.issuer, subject: 'job', clientId: 'job', scopes: ['orders:read'] },
    ])
  })

  it('knows nothing of our nonces, and its client gets through with them', async () => {
    const instance = await start(onKoa, { dpop: { nonce: {} } })
    const dpop = await createHandle()
    const token = await issuer.requestToken({ dpop })
    for (let count = 0; count < 3; count++) expect((await call(instance, token, dpop)).status).toBe(200)
  })

  it('issues bound tokens that are worth nothing without the key', async () => {
    const instance = await start(onFastify)
    const token = await issuer.requestToken({ dpop: await createHandle() })
    await expect(call(instance, token, await createHandle())).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'dpop', parameters: { error: 'invalid_token' } }],
    })
    await expect(call(instance, token)).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'bearer', parameters: { error: 'invalid_token' } }, { scheme: 'dpop' }],
    })
  })

  it('issues ordinary tokens too, which an API that wants bound ones refuses', async () => {
    const instance = await start(onExpress)
    await expect(call(instance, await issuer.requestToken())).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'bearer', parameters: { error: 'invalid_token' } }, { scheme: 'dpop' }],
    })
  })
})
