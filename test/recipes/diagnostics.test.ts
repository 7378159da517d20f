import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '@countersign/core'
import { createTestClock, createTestIssuer } from '@countersign/testing'
import { runCode } from './code.js'

const page = readFileSync(new URL('../../docs/diagnostics.md', import.meta.url), 'utf8')
const source = readFileSync(new URL('../../packages/core/src/diagnostics.ts', import.meta.url), 'utf8')

interface Code {
  readonly counters: ReadonlyMap<string, number>
  readonly alarms: readonly string[]
}

const issuer = 'https://login.acme.example'
const toPlain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

async function start() {
  const clock = createTestClock()
  const acme = await createTestIssuer({ issuer, clock })
  const warnings: unknown[] = []
  const verifier = createVerifier({
    audience: 'https://api.example.com',
    issuers: [issuer],
    runtime: acme.runtime,
    logger: { debug() {}, info() {}, error() {}, warn: (_message, detail) => void warnings.push(detail) },
  })
  return { clock, acme, verifier, warnings }
}

describe('the subscriber of docs/diagnostics.md', () => {
  it('counts verdicts and requests, and raises alarms', async () => {
    const { counters, alarms } = await runCode<Code>('diagnostics.js')
    const { clock, acme, verifier } = await start()
    await acme.outage('error-500', { endpoint: 'jwks' })
    await expect(verifier.verify(await acme.token())).rejects.toMatchObject({ status: 503 })
    await acme.recover()
    clock.advance(60_000)
    await verifier.verify(await acme.token())
    await expect(verifier.verify(await acme.token({ aud: 'another' }))).rejects.toMatchObject({ status: 401 })

    acme.configure({ jwksUri: 'https://login.acme.example/keys' })
    await acme.rotate()
    acme.withdraw('es256-1')
    clock.advance(3_600_000 * 3)
    await verifier.verify(await acme.token())

    expect(Object.fromEntries(counters)).toMatchObject({
      'refused ERR_KEYS_UNAVAILABLE': 1,
      'refused ERR_TOKEN_AUDIENCE': 1,
      [`accepted ${issuer}`]: 2,
      'fetched ERR_UPSTREAM_STATUS': 1,
      'fetched ok': acme.requests.length - 1,
      bytes: expect.any(Number),
    })
    expect(alarms).toEqual([
      `No keys of ${issuer}: ERR_UPSTREAM_STATUS`,
      `${issuer} moved its keys to ${issuer}/keys`,
      `${issuer} replaced all its keys at once`,
    ])
    await verifier.close()
  })
})

describe('docs/diagnostics.md', () => {
  it('has the members of every event', () => {
    const declared = source
      .split(/^(?:\/\*\*.*\n)?(?=export )/m)
      .filter((text) => /^export (?:type|interface) \w+Event\b/.test(text))
    expect(declared).toHaveLength(5)
    const events = declared.flatMap((text) => (text.includes('\n  | ') ? text.split(/^ {2}\|/m).slice(1) : [text]))
    // A member of one word alone tells the events of a channel apart, and stands before the members.
    const expected = events.map((text) =>
      [...text.matchAll(/readonly (\w+):(?! '[\w-]+'(?:;|$))/gm)].map(([, member = '']) => member),
    )
    const rows = [...page.matchAll(/^\| (?:`countersign:\w+` )?\| .+? \| (`.+`) \|$/gm)].map(([, members = '']) =>
      members.replaceAll('`', '').split(' '),
    )
    expect(rows).toEqual(expected)
  })

  it('says what ready() and health() say', async () => {
    const { acme, verifier } = await start()
    await acme.outage('down')
    const url = `${issuer}/.well-known/openid-configuration`
    const detail = { issuer, failures: 1, cause: 'ERR_UPSTREAM_NETWORK', url }
    expect(toPlain(await verifier.ready())).toEqual({
      ok: false,
      issuers: [{ issuer, ok: false, reason: 'ERR_KEYS_UNAVAILABLE', detail }],
    })
    for (const member of Object.keys(verifier.health()[0] ?? {}))
      if (member !== 'issuer') expect(page).toContain(`\`${member}\``)
    await verifier.close()
  })

  it('says what explain() prints of a token', async () => {
    const { acme, verifier } = await start()
    const token = await acme.token({ aud: 'another' })
    const { accepted, checks } = await verifier.explain(token)
    expect(accepted).toBe(false)
    expect(page.replaceAll(/\s+/g, ' ')).toContain(checks.map(({ check }) => check).join(', '))
    expect(checks.filter(({ result }) => result === 'refused')).toMatchObject([{ reason: 'ERR_TOKEN_AUDIENCE' }])
    await verifier.close()
  })

  it('says what the logger hears of a near miss, once a minute', async () => {
    const { clock, acme, verifier, warnings } = await start()
    const slashed = () => acme.token({ iss: `${issuer}/` })
    for (const minutes of [0, 0.5, 1]) {
      clock.advance(minutes * 60_000)
      await expect(verifier.verify(await slashed())).rejects.toMatchObject({ reason: 'ERR_ISSUER_UNTRUSTED' })
    }
    const told = { claim: 'iss', configured: issuer, difference: 'trailing slash' }
    expect(warnings).toEqual([told, told])
    expect(page).toContain("{ claim: 'iss', configured: 'https://login.acme.example', difference: 'trailing slash' }")
    await verifier.close()
  })
})
