import { describe, expect, it } from 'vitest'
import { createPageVerifier, runCode } from './code.js'

interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
type Handler = (event: object, context: object) => Promise<Answer>

const BARE = 'Bearer realm="api"'

/** An event of API Gateway, in its second format. */
const toEvent = (authorization?: string) => ({
  version: '2.0',
  rawPath: '/orders',
  rawQueryString: '',
  headers: authorization === undefined ? {} : { authorization },
  requestContext: { http: { method: 'GET', path: '/orders', sourceIp: '192.0.2.1' } },
  isBase64Encoded: false,
})

describe('a function behind API Gateway', () => {
  it('has read the keys before its first event, and judges each as a server does', async () => {
    const { acme, verifier } = await createPageVerifier()
    const { handler } = await runCode<{ handler: Handler }>('serverless.js', {}, verifier)
    expect(acme.requests.map(({ endpoint }) => endpoint)).toEqual(['discovery', 'jwks'])

    const good = await handler(toEvent(`Bearer ${await acme.token({ scope: 'orders:read' })}`), {})
    expect(good).toMatchObject({ statusCode: 200, body: '{"for":"user-1"}' })
    const nobody = await handler(toEvent(), {})
    expect(nobody).toMatchObject({ statusCode: 401, headers: { 'www-authenticate': BARE } })
    const narrow = await handler(toEvent(`Bearer ${await acme.token({ scope: 'orders:write' })}`), {})
    expect(narrow).toMatchObject({ statusCode: 403 })
    expect(JSON.parse(narrow.body)).toMatchObject({ error: 'insufficient_scope' })
    expect(acme.requests).toHaveLength(2)
  })

  it('starts while the issuer is away, and answers 503 until it is back', async () => {
    const { acme, verifier } = await createPageVerifier()
    await acme.outage('down')
    const { handler } = await runCode<{ handler: Handler }>('serverless.js', {}, verifier)
    const event = toEvent(`Bearer ${await acme.token({ scope: 'orders:read' })}`)
    expect(await handler(event, {})).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    })
  })
})
