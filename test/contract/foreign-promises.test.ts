import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createVerifier } from '@countersign/core'
import { createTestIssuer, testRuntime } from '@countersign/testing'
import { bareApps, serve } from './hosts/bare.js'
import { sendRaw } from './raw-client.js'

const acme = await createTestIssuer({ issuer: 'https://login.acme.example' })
const verifier = createVerifier({
  audience: 'https://api.example.com',
  issuers: [acme.issuer],
  runtime: testRuntime(acme),
})
afterAll(() => verifier.close())

const native = globalThis.Promise
afterEach(() => {
  globalThis.Promise = native
})

// Libraries that follow contexts put a class of their own there, of which what an async function returns is no instance.
describe.each(bareApps)('on $name, under a global Promise of somebody else,', ({ create }) => {
  it('invariant 1: nobody gets in before the verdict is there', async () => {
    const { port, close } = await serve(await create(verifier))
    const [good, other] = [await acme.token(), await acme.token()]
    const forged = good.slice(0, good.lastIndexOf('.')) + other.slice(other.lastIndexOf('.'))
    const send = (token: string) =>
      sendRaw(port, { method: 'GET', path: '/', fields: [['Authorization', `Bearer ${token}`]] })
    globalThis.Promise = class Foreign<T> extends native<T> {} as PromiseConstructor
    const answers = [await send(forged), await send(good)]
    globalThis.Promise = native
    expect(answers.map(({ status }) => status)).toEqual([401, 200])
    close()
  })
})
