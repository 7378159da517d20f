import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fetchDocument } from '../../src/http/fetch-document.js'
import type { FetchedDocument } from '../../src/http/fetch-document.js'
import { parseFetchedJson } from '../../src/http/fetch-json.js'
import type { FetchRequest, FetchResponse } from '../../src/http/fetch-request.js'

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const url = 'https://login.example/jwks'
const TYPES = ['application/json', 'application/jwk-set+json']

async function fetchAnswer(
  { status = 200, headers = {}, body = '{}' }: Answer,
  etag?: string,
): Promise<FetchedDocument & { asked: FetchRequest }> {
  let asked: FetchRequest | undefined
  const fetch = async (request: FetchRequest): Promise<FetchResponse> => {
    asked = request
    return { status, header: (name) => headers[name], body: Buffer.from(body) }
  }
  const signal = new AbortController().signal
  const request = {
    issuer: 'https://login.example',
    url: 'https://login.example/jwks',
    named: new Map(),
    headers: { authorization: 'a' },
    signal,
  }
  const document = await fetchDocument(fetch, request, TYPES, etag)
  return { ...document, asked: asked as FetchRequest }
}

describe('fetchDocument', () => {
  it('DM-3: asks for the types it expects', async () => {
    const { asked } = await fetchAnswer({})
    expect(asked).toMatchObject({ headers: { accept: TYPES.join(', '), authorization: 'a' }, statuses: [200] })
    expect(asked.headers).not.toHaveProperty('if-none-match')
  })

  it.each(['application/json', 'application/jwk-set+json', 'Application/JSON ; charset=utf-8'])(
    'C.3 rule 4: takes the content type %s',
    async (type) => {
      expect(await fetchAnswer({ headers: { 'content-type': type } })).toMatchObject({ oddType: undefined })
    },
  )

  it.each([
    ['text/plain; charset=utf-8', 'text/plain'],
    ['application/octet-stream', 'application/octet-stream'],
    ['', 'none'],
    ['a stranger’s\u202etext', 'none'],
    ['text/plain text', 'none'],
    ['text text/plain', 'none'],
  ])('tolerates the content type %j once the body parses, and reports it', async (type, oddType) => {
    expect(await fetchAnswer({ headers: { 'content-type': type } })).toMatchObject({ unchanged: false, oddType })
  })

  it('revalidates with a validator, and takes 304 for an answer only then', async () => {
    const { asked, ...document } = await fetchAnswer({ status: 304, headers: { etag: '"2"' } }, '"1"')
    expect(asked).toMatchObject({ headers: { 'if-none-match': '"1"' }, statuses: [200, 304] })
    expect(document).toMatchObject({ unchanged: true, etag: '"2"' })
    expect(await fetchAnswer({ status: 304 }, '"1"')).toMatchObject({ unchanged: true, etag: '"1"' })
  })

  it.each([
    ['"a"', '"a"'],
    ['W/"a"', 'W/"a"'],
    ['""', '""'],
    ['"abc"', '"abc"'],
    [`"${'a'.repeat(254)}"`, `"${'a'.repeat(254)}"`],
    [`"${'a'.repeat(255)}"`, undefined],
    ['a', undefined],
    ['"a", "b"', undefined],
    [`"${'a'.repeat(300)}"`, undefined],
    [undefined, undefined],
  ])('keeps the validator %j as %j', async (etag, kept) => {
    expect((await fetchAnswer({ headers: etag === undefined ? {} : { etag } })).etag).toBe(kept)
  })

  it.each(['', ' ', '[]', 'null', '"keys"', '1', '{', '{"keys":[', "{'keys':[]}", '{"a":1,}', '<html>', '{} {}'])(
    'refuses the body %j',
    async (body) => {
      const detail = { wants: 'a JSON object', url }
      await expect(fetchAnswer({ body })).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_CONTENT', detail })
    },
  )
})

describe('parseFetchedJson', () => {
  it('takes 16 levels and refuses 17, wherever the brackets are', () => {
    const nest = (levels: number): Buffer => Buffer.from(`{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`)
    expect(parseFetchedJson(nest(16), url)).toHaveProperty('a')
    expect(() => parseFetchedJson(nest(17), url)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_CONTENT' }))
    expect(() => parseFetchedJson(nest(100_000), url)).toThrow(
      expect.objectContaining({ reason: 'ERR_UPSTREAM_CONTENT' }),
    )
  })

  it('counts levels and nothing else: not what stands between brackets, nor what was closed before', () => {
    const spaced = (levels: number): Buffer =>
      Buffer.from(`{"a":${'[ 0,'.repeat(levels - 1)} 0 ${']'.repeat(levels - 1)}}`)
    expect(parseFetchedJson(spaced(16), url)).toHaveProperty('a')
    expect(() => parseFetchedJson(spaced(17), url)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_CONTENT' }))
    const flat = JSON.stringify({ a: Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? [] : {})) })
    expect(parseFetchedJson(Buffer.from(flat), url)).toHaveProperty('a.length', 40)
  })

  it('takes 30,000 brackets, colons and commas and refuses more: what they make would stop the event loop', () => {
    const list = (values: number): Buffer => Buffer.from(`{"a":[${Array.from({ length: values }, () => 0).join(',')}]}`)
    const objects = (count: number): Buffer =>
      Buffer.from(`{"a":[${Array.from({ length: count }, () => '{}').join(',')}]}`)
    expect(parseFetchedJson(list(29_998), url)).toHaveProperty('a.length', 29_998)
    expect(parseFetchedJson(objects(14_999), url)).toHaveProperty('a.length', 14_999)
    const members = Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: 15_001 }, (_, at) => [at, 0]))))
    for (const body of [list(29_999), objects(15_000), members]) {
      expect(() => parseFetchedJson(body, url)).toThrow(expect.objectContaining({ reason: 'ERR_UPSTREAM_CONTENT' }))
    }
  })

  it('does not count brackets inside strings', () => {
    const text = `{"a":"${'['.repeat(100)}\\"${'{'.repeat(100)}"}`
    expect(parseFetchedJson(Buffer.from(text), url)).toEqual({ a: `${'['.repeat(100)}"${'{'.repeat(100)}` })
  })

  it.each([
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from('{"secret":"'), Buffer.from([0xff]), Buffer.from('"}')])],
    ['a text that breaks off', Buffer.from('{"secret')],
  ])('refuses %s and repeats nothing of them', (_name, body) => {
    let thrown: unknown
    try {
      parseFetchedJson(body, url)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ reason: 'ERR_UPSTREAM_CONTENT' })
    expect(inspect(thrown, { showHidden: true, depth: 5 })).not.toContain('secret')
  })
})
