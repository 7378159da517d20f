import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Issuers } from '../../src/issuers/issuers.js'
import { decode } from '../../src/steps/decode.js'
import { findIssuer } from '../../src/steps/issuer.js'
import { ISSUER, LIMITS, toCredentials, toParts, toText } from '../parts.js'
import { errorOfAsync, reasonOfAsync } from '../refusals.js'

const { issuer, issuers } = toParts({ acceptedIssuers: ['acme:alias'] })

/** The issuers of the verifier, and what they were asked. */
function createSource(): Issuers & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    ...issuers,
    asked,
    find: (name) => {
      asked.push(name)
      return issuers.find(name)
    },
  }
}

function decodeIss(iss: unknown): ReturnType<typeof decode> {
  return decode(toCredentials(toText({ alg: 'ES256' }, { iss })), { limits: LIMITS })
}

describe('findIssuer', () => {
  it('finds an issuer by each of its exact names', async () => {
    expect(await findIssuer(decodeIss(ISSUER), createSource())).toBe(issuer)
    expect(await findIssuer(decodeIss('acme:alias'), createSource())).toBe(issuer)
  })

  it('awaits a source that answers later', async () => {
    const knowing: Issuers = { ...issuers, find: async () => issuer }
    const unknowing: Issuers = { ...issuers, find: async () => undefined }
    expect(await findIssuer(decodeIss('anything'), knowing)).toBe(issuer)
    expect(await reasonOfAsync(() => findIssuer(decodeIss('anything'), unknowing))).toBe('ERR_ISSUER_UNTRUSTED')
  })

  it('awaits a promise that is not our own, of another realm or library', async () => {
    const later = (found: typeof issuer | undefined): Promise<typeof issuer | undefined> =>
      runInNewContext('Promise.resolve(found)', { found }) as Promise<typeof issuer | undefined>
    expect(await findIssuer(decodeIss('anything'), { ...issuers, find: () => later(issuer) })).toBe(issuer)
    const unknowing: Issuers = { ...issuers, find: () => later(undefined) }
    expect(await reasonOfAsync(() => findIssuer(decodeIss('anything'), unknowing))).toBe('ERR_ISSUER_UNTRUSTED')
  })

  it.each([
    `${ISSUER}/`,
    'https://LOGIN.acme.example',
    'https://login.acme.example:443',
    'https://login.acme.example.',
    'https://login.acme.example?',
    'https://login.acme.example#',
    'https://login.acme.example/.',
    'https://x@login.acme.example',
    'https://login.acme.example.evil.example',
    'https://login%2Eacme.example',
    'https://login.аcme.example',
    'http://login.acme.example',
    'HTTPS://login.acme.example',
    ' https://login.acme.example',
    'https://login.acme.example\0',
    'https://login.acme.example, https://evil.example',
    'login.acme.example',
    '__proto__',
    'constructor',
  ])('does not take %j for the issuer it looks like', async (iss) => {
    expect(await reasonOfAsync(() => findIssuer(decodeIss(iss), createSource()))).toBe('ERR_ISSUER_UNTRUSTED')
  })

  it.each([undefined, null, '', 0, true, {}, [ISSUER], [[ISSUER]], { toString: ISSUER }].map((iss) => ({ iss })))(
    'refuses $iss as iss and asks nobody about it',
    async ({ iss }) => {
      const source = createSource()
      expect(await reasonOfAsync(() => findIssuer(decodeIss(iss), source))).toBe('ERR_TOKEN_ISSUER')
      expect(source.asked).toEqual([])
    },
  )

  it('asks nobody about a name of more than 2,048 characters', async () => {
    const source = createSource()
    const longest = `https://${'a'.repeat(2_040)}`
    await reasonOfAsync(() => findIssuer(decodeIss(longest), source))
    expect(source.asked).toEqual([longest])
    expect(await reasonOfAsync(() => findIssuer(decodeIss(`${longest}a`), source))).toBe('ERR_ISSUER_UNTRUSTED')
    expect(source.asked).toEqual([longest])
  })

  it('does not repeat the name that a stranger chose', async () => {
    const error = await errorOfAsync(() => findIssuer(decodeIss('https://evil.example'), createSource()))
    expect(error.detail).toEqual({ claim: 'iss' })
  })

  it('tells an operator which configured name was nearly meant, and the client nothing', async () => {
    const error = await errorOfAsync(() => findIssuer(decodeIss(`${ISSUER}/`), createSource()))
    expect(error.detail).toEqual({ claim: 'iss', configured: ISSUER, difference: 'trailing slash' })
    expect(error.message).toBe('The access token is invalid or expired')
  })
})
