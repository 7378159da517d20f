import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CHANNELS } from '../../src/diagnostics.js'
import type { KeysEvent } from '../../src/diagnostics.js'
import { createKeySource } from '../../src/keys/key-source.js'
import type { KeysLocation } from '../../src/keys/key-source.js'
import type { KeySource } from '../../src/ports.js'
import type { NetworkRules } from '../../src/rules.js'
import { systemRuntime } from '../../src/runtime.js'
import type { Logger, Runtime } from '../../src/runtime.js'
import { network } from '../http/fetching.js'
import { startOrigin } from '../http/origin.js'
import type { Origin } from '../http/origin.js'
import { makePair, toJwks } from './jwks.js'
import { createKeepingLogger, keyCache } from './scripted.js'

interface Options {
  readonly network?: Partial<NetworkRules>
  readonly runtime?: Partial<Runtime>
  readonly logger?: Logger
}

function create(issuer: string, location: KeysLocation, options: Options = {}): KeySource {
  const source = createKeySource(issuer, location, {
    network: { ...network, ...options.network },
    keyCache,
    runtime: { ...systemRuntime, ...options.runtime },
    logger: options.logger ?? createKeepingLogger(),
  })
  onTestFinished(() => source.close())
  return source
}

const pair = makePair('P-256', 'one')
const one = { kid: 'one', algorithm: 'ES256' } as const

/** An issuer that answers by path; what is not there is 404. */
function startIssuer(paths: (self: { url: string }) => Readonly<Record<string, unknown>>): Promise<Origin> {
  return startOrigin((request, response) => {
    const self = { url: `http://${request.headers.host}` }
    const answer = paths(self)[new URL(request.url ?? '', self.url).pathname]
    if (answer === undefined) response.statusCode = 404
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer ?? {}))
  })
}

describe('keys at a jwks_uri', () => {
  it('are fetched from there, with the headers of the configuration', async () => {
    const origin = await startIssuer(() => ({ '/keys': toJwks(pair) }))
    const source = create('urn:any', {
      kind: 'jwks-uri',
      url: `${origin.url}/keys`,
      headers: { Authorization: 'Bearer k8s' },
    })
    expect((await source.find(one)).map((key) => key.kid)).toEqual(['one'])
    expect(origin.requests).toMatchObject([
      {
        method: 'GET',
        url: '/keys',
        headers: { authorization: 'Bearer k8s', accept: 'application/json, application/jwk-set+json' },
      },
    ])
  })

  it('MX-2: are found inside this issuer’s set alone, although another issuer names its key alike', async () => {
    const other = makePair('P-256', 'one')
    const ours = await startIssuer(() => ({ '/keys': toJwks(pair) }))
    const theirs = await startIssuer(() => ({ '/keys': toJwks(other) }))
    const [source, foreign] = [ours, theirs].map(({ url }) =>
      create(url, { kind: 'jwks-uri', url: `${url}/keys`, headers: undefined }),
    )
    const found = (await source?.find(one))?.[0]
    const strange = (await foreign?.find(one))?.[0]
    expect(found?.keyObject.export({ format: 'jwk' }).x).toBe(pair.jwk.x)
    expect(strange?.keyObject.export({ format: 'jwk' }).x).toBe(other.jwk.x)
    expect([found && foreign?.holds(found), strange && source?.holds(strange)]).toEqual([false, false])
  })

  it('MX-1: are held apart for two issuers that share one jwks_uri', async () => {
    const origin = await startIssuer(() => ({ '/keys': toJwks(pair) }))
    const location = { kind: 'jwks-uri', url: `${origin.url}/keys`, headers: undefined } as const
    const [a, b] = [create('https://a.example', location), create('https://b.example', location)]
    const key = (await a.find(one))[0]
    await b.load()
    expect([key && a.holds(key), key && b.holds(key)]).toEqual([true, false])
  })

  it('are revalidated by their ETag', async () => {
    const origin = await startOrigin((request, response) => {
      response.setHeader('etag', '"1"').setHeader('cache-control', 'max-age=600')
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end()
      else response.end(JSON.stringify(toJwks(pair)))
    })
    const source = create('https://a.example', { kind: 'jwks-uri', url: origin.url, headers: undefined })
    const key = (await source.find(one))[0]
    await expect(Promise.resolve(source.find({ ...one, kid: 'none' }))).rejects.toMatchObject({
      reason: 'ERR_KEY_NOT_FOUND',
    })
    expect(origin.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"'])
    expect(key && source.holds(key)).toBe(true)
  })

  it('fail with what went wrong as the cause, and keep no address of a private host from the answer', async () => {
    const origin = await startOrigin((_request, response) => response.end('<html>'))
    const source = create('https://a.example', { kind: 'jwks-uri', url: origin.url, headers: undefined })
    await expect(Promise.resolve(source.find(one))).rejects.toMatchObject({
      reason: 'ERR_KEYS_UNAVAILABLE',
      status: 503,
      cause: { reason: 'ERR_UPSTREAM_CONTENT' },
    })
  })

  it('C.3 rule 4: are taken under an odd content type, which is reported once', async () => {
    const logger = createKeepingLogger()
    const origin = await startOrigin((_request, response) =>
      response.setHeader('content-type', 'text/plain').end(JSON.stringify(toJwks(pair))),
    )
    const source = create('https://a.example', { kind: 'jwks-uri', url: origin.url, headers: undefined }, { logger })
    await source.find(one)
    await expect(Promise.resolve(source.find({ ...one, kid: 'none' }))).rejects.toMatchObject({
      reason: 'ERR_KEY_NOT_FOUND',
    })
    expect(origin.requests).toHaveLength(2)
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'A key set has an unexpected content type',
        detail: { issuer: 'https://a.example', contentType: 'text/plain', wants: expect.any(Array) },
      },
    ])
  })

  it('are fetched with an injected fetch where there is one', async () => {
    const asked: string[] = []
    const fetch = async (url: string): Promise<Response> => {
      asked.push(url)
      return Response.json(toJwks(pair))
    }
    const source = create(
      'https://a.example',
      { kind: 'jwks-uri', url: 'https://a.example/keys', headers: undefined },
      { runtime: { fetch } },
    )
    expect((await source.find(one)).map((key) => key.kid)).toEqual(['one'])
    expect(asked).toEqual(['https://a.example/keys'])
  })
})

describe('keys by discovery', () => {
  it('are fetched from the jwks_uri of the issuer’s own document', async () => {
    const origin = await startIssuer(({ url }) => ({
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
      '/keys': toJwks(pair),
    }))
    const source = create(origin.url, { kind: 'discovery', url: undefined })
    expect((await source.find(one)).map((key) => key.kid)).toEqual(['one'])
    expect(origin.requests.map(({ url }) => url)).toEqual(['/.well-known/openid-configuration', '/keys'])
  })

  it('C.3 rule 2: are not fetched from a private host, or another port, that a document names', async () => {
    const victim = await startIssuer(() => ({ '/keys': toJwks(pair) }))
    const origin = await startIssuer(({ url }) => ({
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${victim.url}/keys` },
    }))
    const source = create(origin.url, { kind: 'discovery', url: undefined })
    await expect(Promise.resolve(source.find(one))).rejects.toMatchObject({
      reason: 'ERR_KEYS_UNAVAILABLE',
      cause: { reason: 'ERR_UPSTREAM_ADDRESS' },
    })
    expect(victim.requests).toEqual([])
  })

  it('C.1: are found by an explicit discovery URL on another host, both of which may be private', async () => {
    const inside = await startIssuer(({ url }) => ({
      '/meta': { issuer: 'https://login.example', jwks_uri: `${url}/keys` },
      '/keys': toJwks(pair),
    }))
    const source = create('https://login.example', { kind: 'discovery', url: `${inside.url}/meta` })
    expect((await source.find(one)).map((key) => key.kid)).toEqual(['one'])
  })

  it('follow a jwks_uri that moved once the old one fails', async () => {
    let path = '/old'
    const clock = { nowMs: Date.now() }
    const origin = await startIssuer(({ url }) => ({
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: url + path },
      [path]: toJwks(pair),
    }))
    const source = create(origin.url, { kind: 'discovery', url: undefined }, { runtime: { now: () => clock.nowMs } })
    const key = (await source.find(one))[0]
    path = '/new'
    clock.nowMs += 250_000
    await source.find(one)
    await expect.poll(() => origin.requests.length).toBe(3)
    await expect.poll(() => source.health().lastFailureReason).toBe('ERR_UPSTREAM_STATUS')
    clock.nowMs += 3_000
    await source.find(one)
    await expect.poll(() => source.health().keyAgeMs).toBeLessThan(3_000)
    expect(origin.requests.map(({ url }) => url).slice(2)).toEqual([
      '/old',
      '/.well-known/openid-configuration',
      '/new',
    ])
    expect(key && source.holds(key)).toBe(true)
  })
})

describe('keys as they are', () => {
  it('stop the start where none is usable', () => {
    expect(() =>
      create('https://a.example', { kind: 'jwks', jwks: { keys: [] }, option: 'issuers[0].keys.jwks' }),
    ).toThrow(expect.objectContaining({ reason: 'ERR_CONFIG_INVALID' }))
  })
})

describe('countersign:keys', () => {
  it('tells readings, failures and abrupt rotation, without key material', async () => {
    const events: KeysEvent[] = []
    const listener = (event: unknown): void => void events.push(event as KeysEvent)
    subscribe(CHANNELS.keys, listener)
    onTestFinished(() => void unsubscribe(CHANNELS.keys, listener))
    let answer: unknown = { keys: [pair.jwk, { kty: 'oct', k: 'AA' }] }
    const clock = { nowMs: Date.now() }
    const origin = await startIssuer(() => ({ '/keys': answer }))
    const issuer = 'https://a.example'
    const source = create(
      issuer,
      { kind: 'jwks-uri', url: `${origin.url}/keys`, headers: undefined },
      { runtime: { now: () => clock.nowMs } },
    )
    await source.load()
    answer = { keys: [] }
    clock.nowMs += 240_000
    await source.find(one)
    await expect.poll(() => events.length).toBe(2)
    answer = toJwks(makePair('P-256', 'two'))
    clock.nowMs += 3_000
    await source.find(one)
    await expect.poll(() => events.length).toBe(4)
    expect(events).toEqual([
      { type: 'read', issuer, keyCount: 1, dropped: { symmetric: 1 }, unchanged: false, lifetimeMs: 300_000 },
      { type: 'failed', issuer, reason: 'ERR_KEYS_EMPTY', failures: 1, retryInMs: expect.any(Number), usable: true },
      { type: 'read', issuer, keyCount: 1, dropped: {}, unchanged: false, lifetimeMs: 300_000 },
      { type: 'rotated-abruptly', issuer, removed: 1, added: 1 },
    ])
  })

  it('says an issuer’s unusable keys once, and published private keys as an error', async () => {
    const logger = createKeepingLogger()
    const answers = [
      { keys: [pair.jwk, makePair('RSA', 'weak', 1_024).jwk, { ...pair.jwk, use: 'enc' }] },
      { keys: [pair.jwk, makePair('RSA', 'weak', 1_024).jwk] },
      { keys: [pair.jwk, makePair().privateJwk] },
      { keys: [pair.jwk] },
    ]
    const clock = { nowMs: Date.now() }
    let served = 0
    const origin = await startOrigin((_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[served++])),
    )
    const runtime = { now: (): number => clock.nowMs }
    const source = create(
      'https://a.example',
      { kind: 'jwks-uri', url: origin.url, headers: undefined },
      { logger, runtime },
    )
    for (const [index] of answers.entries()) {
      await source.find(one)
      await expect.poll(() => source.health().keyAgeMs).toBeLessThan(10_000)
      expect(served).toBe(index + 1)
      clock.nowMs += 250_000
    }
    expect(logger.lines.map(({ level, detail }) => [level, detail?.['dropped']])).toEqual([
      ['warn', 'weak 1'],
      ['error', 'private 1'],
    ])
  })
})
