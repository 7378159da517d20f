import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenError } from '../../src/errors.js'
import { readForm } from '../../src/http/form.js'
import { createWorld } from '../endpoints/world.js'

const toRequest = (body: Uint8Array<ArrayBuffer> | string): Request =>
  new Request('https://sts.example/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body,
  })

/** Text that is made of what forms are made of, so that a good part of it is one. */
const formText = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'b', '=', '&', '%', '+', '4', '1', 'F', '%41', '%C3%BC', 'resource'),
    maxLength: 40,
  }),
  fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 8 }).map((all) => new URLSearchParams(all).toString()),
)

describe('a form of a stranger', () => {
  it('is what the URL standard reads, but for what is empty, or it is none', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(formText, async (text) => {
        let form
        try {
          form = await readForm(toRequest(text))
        } catch (error) {
          expect(error).toBeInstanceOf(TokenError)
          return
        }
        accepted++
        const expected = new Map<string, string[]>()
        for (const [name, value] of new URLSearchParams(text)) {
          if (value !== '') expected.set(name, [...(expected.get(name) ?? []), value])
        }
        expect(form).toEqual(expected)
      }),
      { numRuns: 2_000 },
    )
    // A property of nothing would hold as well.
    expect(accepted).toBeGreaterThan(400)
  })

  it('says no parameter twice that may stand once', async () => {
    await fc.assert(
      fc.asyncProperty(formText, async (text) => {
        const names = [...new URLSearchParams(text).keys()].filter((name) => !/^(resource|audience)$/.test(name))
        const form = await readForm(toRequest(text)).catch(() => undefined)
        expect(form === undefined || new Set(names).size === names.length).toBe(true)
      }),
    )
  })
})

describe('whatever anybody sends', () => {
  const names = [
    'grant_type',
    'client_id',
    'client_secret',
    'client_assertion',
    'client_assertion_type',
    'token',
    'scope',
  ]
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc
      .dictionary(fc.constantFrom(...names, '__proto__', 'audience'), fc.string({ maxLength: 60 }))
      .map((all) => Buffer.from(new URLSearchParams(Object.entries(all)).toString())),
  )
  const visible = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })

  it('gets an OAuth error, and nobody a token', async () => {
    const world = await createWorld()
    const paths = fc.constantFrom('/tenant/token', '/tenant/introspect', '/tenant/revoke')
    const field = fc.option(
      fc.oneof(
        visible,
        visible.map((text) => `Basic ${Buffer.from(text).toString('base64')}`),
      ),
    )
    await fc.assert(
      fc.asyncProperty(paths, body, field, fc.option(visible), async (path, bytes, authorization, proof) => {
        const headers = new Headers({ 'Content-Type': 'application/x-www-form-urlencoded' })
        if (authorization !== null) headers.set('Authorization', authorization)
        if (proof !== null) headers.set('DPoP', proof)
        const response = await world.get(path, { method: 'POST', headers, body: new Uint8Array(bytes) })
        expect([400, 401]).toContain(response.status)
        const { error, ...rest } = (await response.json()) as Readonly<Record<string, unknown>>
        expect(error).toMatch(/^invalid_(request|client)$/)
        expect(Object.keys(rest)).toEqual(['error_description'])
      }),
      { numRuns: 500 },
    )
    expect(world.logged).toEqual([])
  })
})
