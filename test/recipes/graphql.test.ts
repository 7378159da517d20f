import { describe, expect, it } from 'vitest'
import { createPageVerifier, runCode, runServer } from './code.js'

const FORBIDDEN = 'The request requires higher privileges than the access token provides'

async function start() {
  const { acme, verifier } = await createPageVerifier()
  const { url } = await runServer(() => runCode('graphql.js', {}, verifier))
  const ask = async (query: string, token?: string) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const headers = { 'content-type': 'application/json', ...authorization }
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
    const text = await answer.text()
    return { status: answer.status, body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text }
  }
  return { acme, ask }
}

describe('guards in resolvers', () => {
  it('open what anybody may ask, and close the rest', async () => {
    const { ask } = await start()
    expect(await ask('{ version orders { id } }')).toEqual({
      status: 200,
      body: {
        data: { version: '1', orders: null },
        errors: [
          { message: 'Authentication is required', path: ['orders'], extensions: { code: 'ERR_UNAUTHENTICATED' } },
        ],
      },
    })
  })

  it('decide field by field', async () => {
    const { acme, ask } = await start()
    const reader = await acme.token({ scope: 'orders:read' })
    expect(await ask('{ orders { id margin } }', reader)).toEqual({
      status: 200,
      body: {
        data: { orders: [{ id: '7', margin: null }] },
        errors: [{ message: FORBIDDEN, path: ['orders', 0, 'margin'], extensions: { code: 'ERR_INSUFFICIENT_SCOPE' } }],
      },
    })
    const accountant = await acme.token({ scope: 'orders:read', roles: ['accounting'] })
    expect(await ask('{ orders { id margin } }', accountant)).toEqual({
      status: 200,
      body: { data: { orders: [{ id: '7', margin: 0.3 }] } },
    })
  })

  it('are never reached by a bad token', async () => {
    const { acme, ask } = await start()
    const expired = await acme.token({ scope: 'orders:read' }, { expiresInSeconds: -60 })
    expect(await ask('{ version }', expired)).toEqual({
      status: 401,
      body: { error: 'invalid_token', error_description: 'The access token is invalid or expired' },
    })
  })
})
