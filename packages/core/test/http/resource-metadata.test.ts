import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/create-verifier.js'
import { AuthenticationError } from '../../src/errors.js'
import { protectedResourceMetadata, toMetadataUrl } from '../../src/http/resource-metadata.js'
import type { ResourceMetadataOptions } from '../../src/http/resource-metadata.js'
import type { VerifierOptions } from '../../src/options/options.js'
import type { Verifier } from '../../src/verifier.js'
import { memoryReplayStore } from '../../src/stores/memory-replay-store.js'
import { AUDIENCE, ISSUER, key, toOptions } from '../parts.js'
import { errorOf } from '../refusals.js'

const WELL_KNOWN = 'https://api.example.com/.well-known/oauth-protected-resource'

function create(options: Partial<VerifierOptions> = {}): Verifier {
  return createVerifier({ ...toOptions(), publicUrl: AUDIENCE, ...options })
}

async function answerOf(
  method: string,
  url = WELL_KNOWN,
  options: ResourceMetadataOptions = {},
  verifier = create(),
): Promise<{ readonly status: number; readonly headers: object; readonly body: string }> {
  const response = await protectedResourceMetadata(verifier, options)(new Request(url, { method }))
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
}

async function documentOf(options: ResourceMetadataOptions, verifier = create(), url = WELL_KNOWN): Promise<unknown> {
  return JSON.parse((await answerOf('GET', url, options, verifier)).body)
}

describe('protectedResourceMetadata', () => {
  it('RFC 9728 3.2: answers GET with the whole document as JSON', async () => {
    expect(await answerOf('GET')).toEqual({
      status: 200,
      headers: {
        'access-control-allow-origin': '*',
        'cache-control': 'public, max-age=300',
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        resource: AUDIENCE,
        authorization_servers: [ISSUER],
        bearer_methods_supported: ['header'],
      }),
    })
  })

  it('RFC 9728 2: says what it is told of scopes, name and documentation', async () => {
    const options = { scopes: ['a', 'b'], name: 'Orders', documentation: 'https://docs.example/' }
    expect(await documentOf(options)).toEqual({
      resource: AUDIENCE,
      authorization_servers: [ISSUER],
      scopes_supported: ['a', 'b'],
      bearer_methods_supported: ['header'],
      resource_name: 'Orders',
      resource_documentation: 'https://docs.example/',
    })
  })

  it('RFC 9449 5.1: says which proofs are taken, and whether a token must be bound', async () => {
    const withMode = (mode: 'required' | 'allowed'): Verifier =>
      create({ dpop: { mode, algorithms: ['ES256', 'EdDSA'] }, replayStore: memoryReplayStore() })
    const proofs = { dpop_signing_alg_values_supported: ['ES256', 'EdDSA'] }
    expect(await documentOf({}, withMode('required'))).toMatchObject({
      ...proofs,
      dpop_bound_access_tokens_required: true,
    })
    const allowed = await documentOf({}, withMode('allowed'))
    expect(allowed).toMatchObject(proofs)
    expect(allowed).not.toHaveProperty('dpop_bound_access_tokens_required')
  })

  it('says what is missing where the verifier has no public URL', () => {
    const bare = createVerifier(toOptions())
    expect(() => protectedResourceMetadata(bare)).toThrow(
      'Option "publicUrl": got nothing, wants where clients reach this API. Clients compare the document with the URL that they called.',
    )
  })

  it('stands with and without the slash that its identifier ends in', async () => {
    for (const end of ['', '/']) {
      const verifier = create({ publicUrl: `${AUDIENCE}/v1/` })
      expect(await answerOf('GET', `${WELL_KNOWN}/v1${end}`, {}, verifier)).toMatchObject({ status: 200 })
      expect(
        await answerOf('GET', `${WELL_KNOWN}/v1${end}`, {}, create({ publicUrl: `${AUDIENCE}/v1` })),
      ).toMatchObject({
        status: end === '' ? 200 : 404,
      })
    }
  })

  it('stands without that slash below a path of several steps, and below none', async () => {
    const deep = create({ publicUrl: `${AUDIENCE}/v1/orders` })
    for (const [end, status] of [
      ['', 200],
      ['/', 404],
    ] as const) {
      expect(await answerOf('GET', `${WELL_KNOWN}/v1/orders${end}`, {}, deep)).toMatchObject({ status })
      expect(await answerOf('GET', `${WELL_KNOWN}${end}`)).toMatchObject({ status })
    }
  })

  it('RFC 9728 2: names every listed issuer that is a URL, no template and no bare name', async () => {
    const keys = { jwks: { keys: [key.publicJwk] } }
    const verifier = create({
      issuers: [ISSUER, 'https://b.example', { issuer: 'acme', keys }, { issuer: 'https://c.example/{tid}', keys }],
    })
    expect(await documentOf({}, verifier)).toMatchObject({ authorization_servers: [ISSUER, 'https://b.example'] })
  })

  it('RFC 9728 3.2: leaves out a list that would be empty', async () => {
    const verifier = create({ issuers: [{ issuer: 'acme', keys: { jwks: { keys: [key.publicJwk] } } }] })
    expect(Object.keys((await documentOf({}, verifier)) as object)).toEqual(['resource', 'bearer_methods_supported'])
  })

  it('answers HEAD like GET, without the document', async () => {
    const { headers } = await answerOf('GET')
    expect(await answerOf('HEAD')).toEqual({ status: 200, headers, body: '' })
  })

  it('answers preflights, for browsers of any origin', async () => {
    expect(await answerOf('OPTIONS')).toEqual({
      status: 204,
      headers: {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': '*',
        'access-control-max-age': '86400',
      },
      body: '',
    })
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('refuses %s', async (method) => {
    expect(await answerOf(method)).toEqual({
      status: 405,
      headers: { 'access-control-allow-origin': '*', allow: 'GET, HEAD, OPTIONS' },
      body: '',
    })
  })

  it.each([
    'https://api.example.com/',
    `${WELL_KNOWN}/other`,
    'https://api.example.com/.well-known/openid-configuration',
    'https://api.example.com/.WELL-KNOWN/oauth-protected-resource',
  ])('stands at its own path alone: not at %s', async (url) => {
    expect(await answerOf('GET', url)).toMatchObject({ status: 404, body: '' })
  })

  it('says nothing that the request chose: host and query change nothing', async () => {
    const plain = await answerOf('GET')
    expect(await answerOf('GET', `${WELL_KNOWN.replace('api.example.com', 'evil.example')}?resource=x`)).toEqual(plain)
  })

  it('wants a publicUrl, because clients compare the document with the URL that they called', () => {
    const error = errorOf(() => protectedResourceMetadata(createVerifier(toOptions())))
    expect([error.reason, error.detail]).toEqual(['ERR_CONFIG_MISSING', { option: 'publicUrl' }])
  })

  it.each([
    [{ scope: ['a'] }, 'ERR_CONFIG_UNKNOWN'],
    [{ scopes: 'a b' }, 'ERR_CONFIG_INVALID'],
    [{ scopes: [1] }, 'ERR_CONFIG_INVALID'],
    [{ name: 1 }, 'ERR_CONFIG_INVALID'],
    [{ documentation: {} }, 'ERR_CONFIG_INVALID'],
  ] as [object, string][])('refuses %o as options', (options, reason) => {
    expect(errorOf(() => protectedResourceMetadata(create(), options)).reason).toBe(reason)
  })

  it('RFC 9728 5.1: is named in challenges from then on, and not before', () => {
    const verifier = create({ publicUrl: 'https://api.example.com/v1' })
    const missing = new AuthenticationError('ERR_CREDENTIALS_MISSING')
    const challengeOf = (): string | undefined => verifier.refuse(missing).headers['WWW-Authenticate']
    expect(challengeOf()).toBe('Bearer realm="api"')
    protectedResourceMetadata(verifier)
    expect(challengeOf()).toBe(`Bearer realm="api", resource_metadata="${WELL_KNOWN}/v1"`)
  })
})

describe('RFC 9728 3.1: the well-known path', () => {
  it.each([
    ['https://api.example.com', WELL_KNOWN],
    ['https://api.example.com/', WELL_KNOWN],
    ['https://api.example.com/v1', `${WELL_KNOWN}/v1`],
    ['https://api.example.com/v1/', `${WELL_KNOWN}/v1`],
    ['https://api.example.com/a/b', `${WELL_KNOWN}/a/b`],
    ['https://api.example.com:8443/v1', 'https://api.example.com:8443/.well-known/oauth-protected-resource/v1'],
  ])('of %s is %s', (publicUrl, url) => {
    expect(toMetadataUrl(publicUrl)).toBe(url)
  })

  it('serves the document of a resource with a path there', async () => {
    const verifier = create({ publicUrl: 'https://api.example.com/v1' })
    const document = await documentOf({}, verifier, `${WELL_KNOWN}/v1`)
    expect(document).toMatchObject({ resource: 'https://api.example.com/v1' })
    expect(await answerOf('GET', WELL_KNOWN, {}, verifier)).toMatchObject({ status: 404 })
  })

  it('belongs to the first of several public URLs', async () => {
    const verifier = create({ publicUrl: ['https://api.example.com', 'https://internal.example'] })
    expect(await documentOf({}, verifier)).toMatchObject({ resource: AUDIENCE })
  })
})
