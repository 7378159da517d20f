import { afterEach, expect, it, vi } from 'vitest'
import { createPageVerifier, runCode, runServer } from './code.js'

afterEach(() => vi.restoreAllMocks())

it('docs/errors.md tells the log why, and the client no more than that', async () => {
  const info = vi.spyOn(console, 'info').mockImplementation(() => {})
  const { acme, verifier } = await createPageVerifier()
  const { url } = await runServer(() => runCode('errors.js', {}, verifier))
  const call = async (authorization: string) => {
    const answer = await fetch(`${url}/orders`, { headers: { authorization } })
    return [answer.status, await answer.json()]
  }
  const token = await acme.token()
  expect(await call(`Bearer ${token}`)).toEqual([200, []])
  expect(info).not.toHaveBeenCalled()

  expect(await call(token)).toMatchObject([401, { error_description: 'Authentication is required' }])
  expect(await call(`Bearer ${await acme.token({ aud: 'another' })}`)).toMatchObject([401, { error: 'invalid_token' }])
  expect(info.mock.calls).toEqual([
    ['refused', { reason: 'ERR_CREDENTIALS_SCHEME', detail: undefined }],
    ['refused', { reason: 'ERR_TOKEN_AUDIENCE', detail: expect.any(Object) as object }],
  ])
})
