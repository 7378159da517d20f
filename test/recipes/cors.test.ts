import { describe, expect, it } from 'vitest'
import { createPageVerifier, runCode, runServer } from './code.js'

const origin = 'https://shop.example'

describe.each(['cors-express.js', 'cors-fastify.js'])('CORS, as in %s', (name) => {
  async function start() {
    const { acme, verifier } = await createPageVerifier()
    const { url } = await runServer(() => runCode(name, {}, verifier))
    return { acme, call: (init: RequestInit) => fetch(`${url}/orders`, init) }
  }

  it('answers preflights before anybody is asked for a token', async () => {
    const { call } = await start()
    const preflight = { 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'authorization,dpop' }
    const answer = await call({ method: 'OPTIONS', headers: { Origin: origin, ...preflight } })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
    expect(answer.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization')
    expect(answer.headers.has('www-authenticate')).toBe(false)

    const elsewhere = await call({ method: 'OPTIONS', headers: { Origin: 'https://evil.example', ...preflight } })
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('lets scripts of the page read answers, refusals and their challenges', async () => {
    const { acme, call } = await start()
    const authorization = `Bearer ${await acme.token({ scope: 'orders:read' })}`
    const good = await call({ headers: { Origin: origin, authorization } })
    expect([good.status, await good.json()]).toEqual([200, { for: 'user-1' }])

    const refused = await call({ headers: { Origin: origin } })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="api"')
    expect(refused.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(JSON.stringify(await refused.json())).toContain('Authentication is required')
    for (const answer of [good, refused]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      expect(answer.headers.get('access-control-expose-headers')?.replaceAll(' ', '')).toBe(
        'WWW-Authenticate,Retry-After,DPoP-Nonce',
      )
    }
  })
})
