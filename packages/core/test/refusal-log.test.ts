import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createTestClock } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import type { IncomingRequest } from '../src/auth-request.js'
import { createVerifier } from '../src/create-verifier.js'
import { requireScopes } from '../src/guards/scopes.js'
import { requireThat } from '../src/guards/that.js'
import { authenticateRequest, checkGuard } from '../src/http/attachment.js'
import type { VerifierOptions } from '../src/options/options.js'
import type { Logger } from '../src/runtime.js'
import type { Verifier } from '../src/verifier.js'
import { claims, ISSUER, NOW_SECONDS, stillRuntime, toOptions, toSigned } from './parts.js'
import { errorOfAsync, reasonOfAsync } from './refusals.js'

type Line = readonly [keyof Logger, string, Readonly<Record<string, unknown>> | undefined]

function create(more: Partial<VerifierOptions> = {}): { readonly verifier: Verifier; readonly lines: Line[] } {
  const lines: Line[] = []
  const to =
    (level: keyof Logger): Logger['debug'] =>
    (message, detail) =>
      void lines.push([level, message, detail])
  const logger = { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') }
  return { verifier: createVerifier({ ...toOptions(), logger, ...more }), lines }
}

const toRaw = (token: string): IncomingRequest => ({ headers: { authorization: `Bearer ${token}` } })

const NO_FAULT = 'Requests are refused for no fault of theirs'

/** This file, with the line and the column that something was thrown at. */
const here = expect.stringMatching(/refusal-log\.test\.ts:\d+:\d+$/) as string

describe('the logger', () => {
  it('is told, as debug, why each request and each bare token was refused; nothing of one that was accepted', async () => {
    const { verifier, lines } = create()
    await verifier.verify(toSigned(claims()))
    await reasonOfAsync(() => verifier.verify(toSigned(claims({ exp: 5 }))))
    await reasonOfAsync(async () => authenticateRequest(verifier, toRaw(toSigned(claims({ aud: 'other' })))))
    await reasonOfAsync(async () => authenticateRequest(verifier, { headers: {} }))
    expect(lines).toMatchObject([
      ['debug', 'A request was refused', { status: 401, reason: 'ERR_TOKEN_EXPIRED' }],
      ['debug', 'A request was refused', { status: 401, reason: 'ERR_TOKEN_AUDIENCE', claim: 'aud' }],
      ['debug', 'A request was refused', { status: 401, reason: 'ERR_CREDENTIALS_MISSING' }],
    ])
  })

  it('is told what a guard refused', async () => {
    const { verifier, lines } = create()
    const raw = toRaw(toSigned(claims({ scope: 'orders:read' })))
    await authenticateRequest(verifier, raw)
    expect(() => checkGuard(raw, requireScopes('orders:write'), raw)).toThrow('higher privileges')
    expect(lines).toMatchObject([['debug', 'A request was refused', { status: 403, reason: 'ERR_SCOPE_INSUFFICIENT' }]])
  })

  it('is warned once a minute, for each reason, of what no caller can help', async () => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    let away = true
    const revocationStore = {
      isRevoked: () => (away ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' })) : false),
    }
    const mapping = { roles: { claim: ['roles'] } }
    const { verifier, lines } = create({
      ...toOptions({ mapping }),
      revocationStore,
      runtime: { ...stillRuntime, ...clock },
    })
    const warnings = (): number => lines.filter(([level]) => level === 'warn').length
    const ask = async (changes = {}): Promise<string> =>
      reasonOfAsync(() => verifier.verify(toSigned(claims({ exp: NOW_SECONDS + 3_600, ...changes }))))
    for (let index = 0; index < 3; index++) expect(await ask()).toBe('ERR_STATUS_UNAVAILABLE')
    expect(warnings()).toBe(1)
    expect(lines).toContainEqual(['warn', NO_FAULT, expect.objectContaining({ status: 503, code: 'ECONNRESET' })])
    clock.advance(59_999)
    await ask()
    expect(warnings()).toBe(1)
    clock.advance(1)
    await ask()
    expect(warnings()).toBe(2)
    away = false
    clock.advance(60_000)
    expect(await ask()).toBe('accepted')
    expect(await ask({ aud: 'other' })).toBe('ERR_TOKEN_AUDIENCE')
    expect(warnings()).toBe(2)
  })

  it('is told, as an error or a warning, where a function of the application threw, and none of its text', async () => {
    const fail = (): never => {
      throw new TypeError('the secret\n    at (/etc/passwd:1:1)')
    }
    const { verifier, lines } = create()
    const raw = toRaw(toSigned(claims()))
    await authenticateRequest(verifier, raw)
    await reasonOfAsync(async () => checkGuard(raw, requireThat(fail), raw))
    const { verifier: mapping, lines: said } = create(toOptions({ mapping: fail }))
    await reasonOfAsync(() => mapping.verify(toSigned(claims())))
    const { verifier: asking, lines: asked } = create({ revocationStore: { isRevoked: fail } })
    await reasonOfAsync(() => asking.verify(toSigned(claims())))
    const thrown = { cause: 'TypeError', at: here }
    expect(lines).toMatchObject([['error', 'A request failed', { status: 500, reason: 'ERR_GUARD_FAILED', ...thrown }]])
    const unmapped = { status: 401, reason: 'ERR_TOKEN_MAPPING', ...thrown }
    const unknown = { status: 503, reason: 'ERR_STATUS_UNAVAILABLE', ...thrown }
    expect([said, asked]).toMatchObject([
      [
        ['debug', 'A request was refused', unmapped],
        ['warn', NO_FAULT, unmapped],
      ],
      [
        ['debug', 'A request was refused', unknown],
        ['warn', NO_FAULT, unknown],
      ],
    ])
    expect(JSON.stringify([lines, said, asked])).not.toMatch(/secret|passwd/)
  })

  it('stops no request where it throws', async () => {
    const debug = (): never => {
      throw new Error('full')
    }
    const { verifier } = create({ logger: { debug, info: debug, warn: debug, error: debug } })
    expect(await reasonOfAsync(() => verifier.verify(toSigned(claims({ exp: 5 }))))).toBe('ERR_TOKEN_EXPIRED')
  })
})

describe('an issuer that cannot be reached', () => {
  it('is told with the code of the system: in the log, by ready(), by health() and in the error', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    const url = `http://127.0.0.1:${port}/jwks`
    const { verifier, lines } = create({
      issuers: [{ issuer: ISSUER, keys: { jwksUri: url } }],
      network: { allowInsecureLoopback: true },
      runtime: undefined,
    })
    const why = { url, code: 'ECONNREFUSED' }
    const detail = { ...why, cause: 'ERR_UPSTREAM_NETWORK' }
    expect(await verifier.ready()).toMatchObject({ issuers: [{ ok: false, reason: 'ERR_KEYS_UNAVAILABLE', detail }] })
    expect(verifier.health()).toMatchObject([{ lastFailureReason: 'ERR_UPSTREAM_NETWORK', lastFailureDetail: why }])
    const error = await errorOfAsync(() => verifier.verify(toSigned(claims())))
    expect(error.cause).toMatchObject({ reason: 'ERR_UPSTREAM_NETWORK', detail: why })
    expect(lines).toMatchObject([
      ['warn', 'The keys of an issuer could not be read', why],
      ['debug', 'A request was refused', { reason: 'ERR_KEYS_UNAVAILABLE', ...detail }],
      ['warn', NO_FAULT, { reason: 'ERR_KEYS_UNAVAILABLE', ...detail }],
    ])
    await verifier.close()
  })
})
