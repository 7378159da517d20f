import { describe, expect, it } from 'vitest'

// Imported inside the tests: a file that throws while it is loaded would take a suite with it, and say of no test that it failed.
describe('what is made once, while a file is loaded', () => {
  it('is the registry of special-purpose addresses, of both families', async () => {
    const { isLoopbackAddress, isPublicAddress } = await import('../../src/http/address-registry.js')
    expect(['10.0.0.1', '192.168.0.1', '240.0.0.1', 'fc00::1', 'ff02::1', '::1'].filter(isPublicAddress)).toEqual([])
    expect(['8.8.8.8', '2606:4700:4700::1111'].filter((address) => !isPublicAddress(address))).toEqual([])
    expect(['127.0.0.1', '::1'].filter((address) => !isLoopbackAddress(address))).toEqual([])
  })

  it('is the table of what may be said of an API, with a limit for each text', async () => {
    const { protectedResourceMetadata } = await import('../../src/http/resource-metadata.js')
    const { createVerifier } = await import('../../src/create-verifier.js')
    const { AUDIENCE, toOptions } = await import('../parts.js')
    const verifier = createVerifier({ ...toOptions(), publicUrl: AUDIENCE })
    for (const [options, wants] of [
      [{ scopes: 'a' }, 'Option "scopes": got "a", wants a list of scopes'],
      [{ scopes: [1] }, 'Option "scopes[0]": got 1, wants a scope'],
      [{ name: 1 }, 'Option "name": got 1, wants a name for people'],
      [{ documentation: 1 }, 'Option "documentation": got 1, wants the URL of a document'],
    ] as const) {
      expect(() => protectedResourceMetadata(verifier, options as never)).toThrow(wants)
    }
  })
})
