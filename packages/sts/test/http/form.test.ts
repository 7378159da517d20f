import { describe, expect, it } from 'vitest'
import { decodeFormText, readForm } from '../../src/http/form.js'
import { reasonOf } from '../refusals.js'

const FORM = 'application/x-www-form-urlencoded'

interface Sent {
  readonly url?: string
  readonly type?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
}

function toRequest({ url = 'https://sts.example/token', type = FORM, headers = {}, body = 'a=1' }: Sent): Request {
  const fields = new Headers(headers)
  if (type !== undefined) fields.set('Content-Type', type)
  const request = { method: 'POST', headers: fields, body, duplex: 'half' as const }
  return new Request(url, request)
}

const read = async (body: Sent['body'] & {}) => Object.fromEntries(await readForm(toRequest({ body })))
const reason = (sent: Sent) => reasonOf(() => readForm(toRequest(sent)))

/** A body in pieces, one each time that it is asked for; the last one may never come. */
function toStream(...chunks: readonly (string | Promise<string>)[]): ReadableStream<Uint8Array> {
  const left = [...chunks]
  return new ReadableStream(
    {
      async pull(controller) {
        const chunk = left.shift()
        if (chunk === undefined) controller.close()
        else controller.enqueue(Buffer.from(await chunk))
      },
    },
    { highWaterMark: 0 },
  )
}

describe('a form', () => {
  it('is read with every name and value decoded', async () => {
    expect(await read('grant_type=a&scope=b+c%20d&x%3Dy=%C3%BC%26')).toEqual({
      grant_type: ['a'],
      scope: ['b c d'],
      'x=y': ['ü&'],
    })
  })

  it('RFC 6749 section 3.2: has no parameter whose value is empty', async () => {
    expect(await read('a=&b&c=1&&resource=&resource=x')).toEqual({ c: ['1'], resource: ['x'] })
    expect(await read('')).toEqual({})
    expect(Object.fromEntries(await readForm(toRequest({ body: null })))).toEqual({})
  })

  it('RFC 8693 section 2.1: may name several resources and audiences, in order', async () => {
    expect(await read('resource=b&audience=x&resource=a&audience=y')).toEqual({
      resource: ['b', 'a'],
      audience: ['x', 'y'],
    })
  })

  it.each(['a=1&a=2', 'a=1&a=1', 'a=&a=1', 'a=1&a=', 'a&a', 'a=1&%61=2', 'scope=x&scope=y', '=1&=2'])(
    'RFC 6749 section 3.2: names no other parameter twice: %s',
    async (body) => {
      expect(await reason({ body })).toBe('ERR_STS_PARAMETER_REPEATED')
    },
  )

  it('has names that are names, whatever objects have of their own', async () => {
    expect(await readForm(toRequest({ body: '__proto__=1&constructor=2' }))).toEqual(
      new Map([
        ['__proto__', ['1']],
        ['constructor', ['2']],
      ]),
    )
  })

  it.each([
    'a=%',
    'a=%4',
    'a=%zz',
    'a=%u0041',
    '%=1',
    'a=%FF',
    'a=%C3',
    'a=%ED%A0%80',
    'a=%C0%80',
    'a=b c',
    'a=1\r\n',
    'a=ü',
    '\u0000=1',
    new Uint8Array([0x61, 0x3d, 0xff]),
    `${'a&'.repeat(101)}b`,
  ])('RFC 6749 appendix B: is well encoded, or it is none (%#)', async (body) => {
    expect(await reason({ body })).toBe('ERR_STS_BODY_MALFORMED')
  })

  it.each([
    FORM,
    `${FORM};charset=UTF-8`,
    `${FORM}; charset="utf-8"`,
    'Application/X-WWW-Form-Urlencoded ; Charset=utf-8',
  ])('may come as %s', async (type) => {
    expect(await reason({ type })).toBe('accepted')
  })

  it.each([
    undefined,
    '',
    'application/json',
    'multipart/form-data; boundary=x',
    'text/plain',
    `${FORM};charset=iso-8859-1`,
    `${FORM}; charset=utf-16`,
    `${FORM}; boundary=x`,
    `${FORM}, ${FORM}`,
    `${FORM}x`,
  ])('comes as nothing else: %j', async (type) => {
    const body = new Uint8Array(Buffer.from('a=1'))
    const request = toRequest({ type: type ?? 'x', body })
    if (type === undefined) request.headers.delete('content-type')
    expect(await reasonOf(() => readForm(request))).toBe('ERR_STS_CONTENT_TYPE')
  })

  it('comes as it is: nothing is inflated', async () => {
    expect(await reason({ headers: { 'content-encoding': 'gzip' } })).toBe('ERR_STS_CONTENT_TYPE')
    expect(await reason({ headers: { 'content-encoding': 'identity' } })).toBe('accepted')
  })

  it.each(['?a=1', '?x', '?grant_type=a', '?client_secret=x'])('has no part in the URL: %s', async (query) => {
    expect(await reason({ url: `https://sts.example/token${query}` })).toBe('ERR_STS_QUERY')
  })
})

describe('the body', () => {
  it('may hold 64 KiB and no byte more, whatever it says of its length', async () => {
    const full = `a=${'x'.repeat(65_534)}`
    expect(await reason({ body: full })).toBe('accepted')
    expect(await reason({ body: `${full}x` })).toBe('ERR_STS_BODY_SIZE')
    expect(await reason({ body: toStream(full) })).toBe('accepted')
    expect(await reason({ body: toStream(full, 'x') })).toBe('ERR_STS_BODY_SIZE')
  })

  it('is not read at all where it says that it is longer', async () => {
    let reads = 0
    const body = new ReadableStream<Uint8Array>({ pull: () => void reads++ }, { highWaterMark: 0 })
    expect(await reason({ body, headers: { 'content-length': '1000000' } })).toBe('ERR_STS_BODY_SIZE')
    expect(reads).toBe(0)
  })

  it.concurrent('that never ends is given up within seconds, and let go', async ({ expect }) => {
    let canceled = false
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from('a=')),
      cancel: () => void (canceled = true),
    })
    const startedAt = performance.now()
    expect(await reason({ body })).toBe('ERR_STS_BODY_SLOW')
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    expect(canceled).toBe(true)
  })

  it.concurrent('that comes drop by drop is given up as soon: the deadline is for all of it', async ({ expect }) => {
    const drip = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('x'), 400))
    const body = new ReadableStream<Uint8Array>({ pull: async (c) => c.enqueue(Buffer.from(await drip())) })
    expect(await reason({ body })).toBe('ERR_STS_BODY_SLOW')
  })

  it('that breaks off is no form', async () => {
    expect(await reason({ body: toStream('a=1&b', Promise.reject(new Error('ECONNRESET'))) })).toBe(
      'ERR_STS_BODY_MALFORMED',
    )
  })
})

describe('decodeFormText', () => {
  it('decodes what RFC 6749 appendix B encodes', () => {
    expect(decodeFormText('+%25%26%2B%C2%A3%E2%82%AC')).toBe(' %&+£€')
  })

  it.each(['%', '%1', '%GG', '%FF', 'é', '\n', ' '])('gives nothing for %j', (text) => {
    expect(decodeFormText(text)).toBeUndefined()
  })
})
