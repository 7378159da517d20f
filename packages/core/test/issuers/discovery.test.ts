import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createTestClock } from '@countersign/testing'
import type { TestClock } from '@countersign/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CHANNELS } from '../../src/diagnostics.js'
import { UpstreamError } from '../../src/errors.js'
import type { FetchRequest, FetchResponse } from '../../src/http/fetch-request.js'
import type { NamedHosts } from '../../src/http/fetch-url.js'
import { createDiscovery } from '../../src/issuers/discovery.js'
import type { Discovery } from '../../src/issuers/discovery.js'
import { toMetadataUrls } from '../../src/issuers/well-known.js'
import { createKeepingLogger, keyCache } from '../keys/scripted.js'
import type { Line } from '../keys/scripted.js'

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What each URL answers; a URL that is not there is 404, an error is thrown. */
type Site = Record<string, Answer | UpstreamError>

interface Discovering {
  readonly discovery: Discovery
  readonly asked: FetchRequest[]
  readonly lines: readonly Line[]
  readonly clock: TestClock
  find(): Promise<string>
}

const ISSUER = 'https://login.example/t1'
const OIDC = 'https://login.example/t1/.well-known/openid-configuration'
const RFC8414 = 'https://login.example/.well-known/oauth-authorization-server/t1'
const INSERTED = 'https://login.example/.well-known/openid-configuration/t1'
const JWKS = 'https://login.example/t1/keys'
const good: Answer = { body: { issuer: ISSUER, jwks_uri: JWKS } }

function discover(
  site: Site,
  { issuer = ISSUER, url, minAgeMs = 60_000 }: { issuer?: string; url?: string; minAgeMs?: number } = {},
): Discovering {
  const asked: FetchRequest[] = []
  const clock = createTestClock()
  const logger = createKeepingLogger()
  const fetch = async (request: FetchRequest): Promise<FetchResponse> => {
    asked.push(request)
    const answer = site[request.url] ?? new UpstreamError('ERR_UPSTREAM_STATUS', { detail: { status: 404 } })
    if (answer instanceof UpstreamError) throw answer
    const { status = 200, headers = { 'content-type': 'application/json' }, body } = answer
    if (!(request.statuses ?? [200]).includes(status))
      throw new UpstreamError('ERR_UPSTREAM_STATUS', { detail: { status } })
    return {
      status,
      header: (name) => headers[name],
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? {})),
    }
  }
  const runtime = { ...clock, fetch: undefined }
  const context = { keyCache: { ...keyCache, minAgeMs }, runtime, logger }
  const discovery = createDiscovery(issuer, url, NAMED, fetch, context)
  const { signal } = new AbortController()
  return { discovery, asked, clock, lines: logger.lines, find: () => discovery.findJwksUri(signal) }
}

function urls(asked: readonly FetchRequest[]): string[] {
  return asked.map(({ url }) => url)
}

const NAMED: NamedHosts = new Map([['login.example:443', 'any']])

describe('C.1: well-known URLs', () => {
  it.each([
    [
      'https://h.example/t1',
      '/t1/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/t1',
      '/.well-known/openid-configuration/t1',
    ],
    [
      'https://h.example/t1/',
      '/t1/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/t1',
      '/.well-known/openid-configuration/t1',
    ],
    [
      'https://h.example/a/b',
      '/a/b/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/a/b',
      '/.well-known/openid-configuration/a/b',
    ],
    ['https://h.example', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
    ['https://h.example/', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
  ])('of %s are: OpenID Connect appended, RFC 8414 inserted, OpenID Connect inserted', (issuer, ...paths) => {
    expect(toMetadataUrls(issuer)).toEqual(paths.map((path) => `https://h.example${path}`))
  })

  it('keep the port', () => {
    expect(toMetadataUrls('https://h.example:8443/t1')[0]).toBe(
      'https://h.example:8443/t1/.well-known/openid-configuration',
    )
  })
})

describe('C.1: the order of discovery', () => {
  it('stops at OpenID Connect’s own place where that answers', async () => {
    const { asked, find } = discover({ [OIDC]: good, [RFC8414]: good })
    expect(await find()).toBe(JWKS)
    expect(urls(asked)).toEqual([OIDC])
    expect(asked[0]).toMatchObject({ headers: { accept: 'application/json' }, named: NAMED })
  })

  it('goes on to RFC 8414, then to OpenID Connect inserted', async () => {
    const second = discover({ [RFC8414]: good, [INSERTED]: good })
    const third = discover({ [INSERTED]: good })
    expect([await second.find(), await third.find()]).toEqual([JWKS, JWKS])
    expect(urls(second.asked)).toEqual([OIDC, RFC8414])
    expect(urls(third.asked)).toEqual([OIDC, RFC8414, INSERTED])
  })

  it.each([
    ['a page that answers everything', { body: '<html>' }],
    ['JSON that is no metadata', { body: { hello: 'world' } }],
    ['metadata without jwks_uri', { body: { issuer: ISSUER } }],
    ['metadata with a jwks_uri that is no text', { body: { issuer: ISSUER, jwks_uri: [JWKS] } }],
    ['a server error', { status: 503 }],
    ['a redirect', new UpstreamError('ERR_UPSTREAM_REDIRECT', { detail: { status: 302 } })],
    ['a body that is too large', new UpstreamError('ERR_UPSTREAM_TOO_LARGE')],
  ])('goes on after %s', async (_name, answer) => {
    const { asked, find } = discover({ [OIDC]: answer, [RFC8414]: good })
    expect(await find()).toBe(JWKS)
    expect(urls(asked)).toEqual([OIDC, RFC8414])
  })

  it.each(['ERR_UPSTREAM_NETWORK', 'ERR_UPSTREAM_TIMEOUT', 'ERR_UPSTREAM_ADDRESS', 'ERR_UPSTREAM_URL'] as const)(
    'does not go on after %s, because the host is the same',
    async (reason) => {
      const { asked, find } = discover({ [OIDC]: new UpstreamError(reason), [RFC8414]: good })
      await expect(find()).rejects.toMatchObject({ reason })
      expect(urls(asked)).toEqual([OIDC])
    },
  )

  it('says ERR_DISCOVERY_NOT_FOUND where there is nothing anywhere, and what it tried', async () => {
    await expect(discover({}).find()).rejects.toMatchObject({
      reason: 'ERR_DISCOVERY_NOT_FOUND',
      status: 503,
      detail: { tried: [OIDC, RFC8414, INSERTED] },
    })
  })

  it('says what was wrong where something was there', async () => {
    await expect(discover({ [RFC8414]: { status: 500 } }).find()).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_STATUS',
      detail: { status: 500 },
    })
    await expect(discover({ [OIDC]: { body: {} } }).find()).rejects.toMatchObject({
      reason: 'ERR_DISCOVERY_MALFORMED',
      detail: { member: 'issuer' },
    })
  })

  it('asks an explicit discovery URL and no other', async () => {
    const url = 'https://login.example/oauth2/default/.well-known/oauth-authorization-server'
    const found = discover({ [url]: good, [OIDC]: good }, { url })
    expect(await found.find()).toBe(JWKS)
    expect(urls(found.asked)).toEqual([url])
    const lost = discover({ [OIDC]: good }, { url })
    await expect(lost.find()).rejects.toMatchObject({ reason: 'ERR_DISCOVERY_NOT_FOUND' })
    expect(urls(lost.asked)).toEqual([url])
  })
})

describe('DM-1: the document names the issuer it was asked for', () => {
  it.each([
    ['https://login.example/t1/', 'trailing slash'],
    ['https://LOGIN.example/t1', 'case'],
    ['http://login.example/t1', 'scheme'],
    ['https://login.example/t2', undefined],
    ['https://evil.example', undefined],
    ['https://login.example/%741', undefined],
    ['', undefined],
  ])('refuses %j and looks nowhere else', async (issuer, nearMiss) => {
    const { asked, find } = discover({ [OIDC]: { body: { issuer, jwks_uri: JWKS } }, [RFC8414]: good })
    await expect(find()).rejects.toMatchObject({
      reason: 'ERR_DISCOVERY_ISSUER',
      status: 503,
      detail: { wants: ISSUER, nearMiss },
    })
    expect(urls(asked)).toEqual([OIDC])
  })

  it('P3: holds for an explicit discovery URL too', async () => {
    const url = 'https://inside.example/meta'
    await expect(
      discover({ [url]: { body: { issuer: 'https://inside.example', jwks_uri: JWKS } } }, { url }).find(),
    ).rejects.toMatchObject({
      reason: 'ERR_DISCOVERY_ISSUER',
    })
  })

  it('takes an issuer with a slash where the document has it too', async () => {
    const issuer = 'https://login.example/t1/'
    expect(await discover({ [OIDC]: { body: { issuer, jwks_uri: JWKS } } }, { issuer }).find()).toBe(JWKS)
  })
})

describe('DM-3: the document', () => {
  it('may have members that nobody knows', async () => {
    expect(
      await discover({ [OIDC]: { body: { ...(good.body as object), signed_metadata: 'x', 'x-vendor': {} } } }).find(),
    ).toBe(JWKS)
  })

  it('is taken under an odd content type, which is reported once', async () => {
    const { clock, find, lines } = discover({ [OIDC]: { ...good, headers: { 'content-type': 'text/plain' } } })
    await find()
    clock.advance(400_000)
    await find()
    expect(lines).toMatchObject([{ level: 'warn', detail: { contentType: 'text/plain' } }])
  })
})

describe('C.3 rule 6: metadata is kept like keys are', () => {
  it('asks once in its lifetime', async () => {
    const { asked, clock, find } = discover({ [OIDC]: { ...good, headers: { 'cache-control': 'max-age=600' } } })
    await find()
    clock.advance(599_999)
    await find()
    expect(asked).toHaveLength(1)
    clock.advance(1)
    await find()
    expect(asked).toHaveLength(2)
  })

  it('asks first where it was found before, with the validator it got there', async () => {
    const site: Site = { [RFC8414]: { ...good, headers: { etag: '"1"' } } }
    const { asked, clock, find } = discover(site)
    await find()
    site[RFC8414] = { status: 304 }
    clock.advance(300_000)
    expect(await find()).toBe(JWKS)
    expect(urls(asked)).toEqual([OIDC, RFC8414, RFC8414])
    expect(asked[2]).toMatchObject({ headers: { 'if-none-match': '"1"' } })
    clock.advance(299_999)
    await find()
    expect(asked).toHaveLength(3)
  })

  it('looks in the other places again where the document is gone from its own', async () => {
    const site: Site = { [RFC8414]: good }
    const { asked, clock, find } = discover(site)
    await find()
    delete site[RFC8414]
    site[INSERTED] = good
    clock.advance(300_000)
    expect(await find()).toBe(JWKS)
    expect(urls(asked).slice(2)).toEqual([RFC8414, OIDC, INSERTED])
  })

  it('follows a jwks_uri that changed, and says so', async () => {
    const site: Site = { [OIDC]: good }
    const { clock, find, lines } = discover(site)
    await find()
    site[OIDC] = { body: { issuer: ISSUER, jwks_uri: 'https://login.example/new?key=secret' } }
    clock.advance(300_000)
    expect(await find()).toBe('https://login.example/new?key=secret')
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'An issuer moved its keys',
        detail: { issuer: ISSUER, url: 'https://login.example/new' },
      },
    ])
  })

  it('keeps the old one for the stale window while it cannot be read, asking once a minute, then fails', async () => {
    const site: Site = { [OIDC]: good }
    const { asked, clock, find, lines } = discover(site)
    await find()
    site[OIDC] = new UpstreamError('ERR_UPSTREAM_TIMEOUT')
    clock.advance(300_000)
    expect([await find(), await find()]).toEqual([JWKS, JWKS])
    expect(asked).toHaveLength(2)
    clock.advance(60_000)
    expect(await find()).toBe(JWKS)
    expect(asked).toHaveLength(3)
    expect(lines).toHaveLength(2)
    clock.advance(3_540_000)
    await expect(find()).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_TIMEOUT' })
    site[OIDC] = good
    expect(await find()).toBe(JWKS)
  })

  it.each([
    { minAgeMs: 0, leftAloneMs: 60_000 },
    { minAgeMs: 1_000, leftAloneMs: 60_000 },
    { minAgeMs: 120_000, leftAloneMs: 120_000 },
  ])(
    'with keyCache.minAgeMs $minAgeMs leaves a host that failed alone for $leftAloneMs ms, so that the keys have their deadline',
    async ({ minAgeMs, leftAloneMs }) => {
      const site: Site = { [OIDC]: good }
      const { asked, clock, find } = discover(site, { minAgeMs })
      await find()
      site[OIDC] = new UpstreamError('ERR_UPSTREAM_TIMEOUT')
      clock.advance(300_000)
      await find()
      clock.advance(leftAloneMs - 1)
      expect(await find()).toBe(JWKS)
      expect(asked).toHaveLength(2)
      clock.advance(1)
      expect(await find()).toBe(JWKS)
      expect(asked).toHaveLength(3)
    },
  )

  it('does not keep the old one against a document that names another issuer', async () => {
    const site: Site = { [OIDC]: good }
    const { clock, find } = discover(site)
    await find()
    site[OIDC] = { body: { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/keys' } }
    clock.advance(300_000)
    await expect(find()).rejects.toMatchObject({ reason: 'ERR_DISCOVERY_ISSUER' })
    await expect(find()).rejects.toMatchObject({ reason: 'ERR_DISCOVERY_ISSUER' })
  })

  it('invariant 13: does not take a document from before a day of sleep for recent', async () => {
    const { asked, clock, find } = discover({ [OIDC]: good })
    await find()
    clock.suspend(86_400_000)
    await find()
    expect(asked).toHaveLength(2)
  })

  it('asks again before its time once it is told to', async () => {
    const { asked, discovery, find } = discover({ [OIDC]: good })
    await find()
    discovery.expire()
    await find()
    await find()
    expect(asked).toHaveLength(2)
  })
})

describe('countersign:discovery', () => {
  it('tells readings, changes and failures', async () => {
    const events: unknown[] = []
    const listener = (event: unknown): void => void events.push(event)
    subscribe(CHANNELS.discovery, listener)
    onTestFinished(() => void unsubscribe(CHANNELS.discovery, listener))
    const site: Site = { [OIDC]: good }
    const { clock, find } = discover(site)
    await find()
    clock.advance(300_000)
    site[OIDC] = { body: { issuer: ISSUER, jwks_uri: `${JWKS}?v=2` } }
    await find()
    clock.advance(300_000)
    site[OIDC] = new UpstreamError('ERR_UPSTREAM_NETWORK')
    await find()
    expect(events).toEqual([
      { type: 'read', issuer: ISSUER, url: OIDC, unchanged: false, lifetimeMs: 300_000 },
      { type: 'read', issuer: ISSUER, url: OIDC, unchanged: false, lifetimeMs: 300_000 },
      { type: 'jwks-uri-changed', issuer: ISSUER, url: JWKS },
      { type: 'failed', issuer: ISSUER, reason: 'ERR_UPSTREAM_NETWORK', usable: true },
    ])
  })
})
