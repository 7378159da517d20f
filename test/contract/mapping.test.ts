import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CountersignError, createVerifier } from '@countersign/core'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import type { TestIssuer } from '@countersign/testing'
import { hosts } from './hosts/all.js'
import type { RunningHost } from './hosts/host.js'
import { mappingTable, toIssuerOptions } from './mapping-table.js'
import type { MappedPrincipal } from './mapping-table.js'
import { createWorld, describeMapping } from './world.js'

const clock = createTestClock()
const issuers = await Promise.all(
  mappingTable.map((_, index) => createTestIssuer({ issuer: `https://issuer-${index}.example`, clock })),
)
const entries = mappingTable.map((row, index) => ({ row, issuer: issuers[index] as TestIssuer }))
const onDemand = new Map(
  entries.filter(({ row }) => row.onDemand === true).map((entry) => [entry.issuer.issuer, entry]),
)

/** One verifier that trusts them all: what one issuer says must stay its own. */
const api = createVerifier({
  audience: 'https://api.example.com',
  issuers: entries
    .filter(({ issuer }) => !onDemand.has(issuer.issuer))
    .map(({ row, issuer }) => toIssuerOptions(issuer.issuer, row)),
  resolveIssuer(issuer) {
    const entry = onDemand.get(issuer)
    return entry && toIssuerOptions(issuer, entry.row)
  },
  runtime: testRuntime(...(issuers as [TestIssuer])),
})
const world = { ...(await createWorld()), api }
afterAll(() => Promise.all([world.close(), api.close()]))

const lost: unknown[] = []
const remember = (reason: unknown) => void lost.push(reason)
beforeAll(() => void process.on('unhandledRejection', remember))
afterAll(() => void process.off('unhandledRejection', remember))

const calls = await Promise.all(
  entries.flatMap(({ row, issuer }) =>
    row.cases.map(async ({ claims, outcome }) => {
      const said = typeof claims === 'string' ? claims : JSON.stringify(claims)
      const title = `${row.title}: ${said.replace(',"STANDARD":0', '').slice(0, 120)}`
      return { title, outcome, issuer: issuer.issuer, token: await toToken(issuer, claims) }
    }),
  ),
)

/** Claims as text join the ordinary ones in the text itself. */
async function toToken(issuer: TestIssuer, claims: Readonly<Record<string, unknown>> | string): Promise<string> {
  if (typeof claims !== 'string') return issuer.token(claims)
  const now = Math.floor(clock.now() / 1_000)
  const standard = {
    iss: issuer.issuer,
    sub: 'user-1',
    client_id: 'client-1',
    aud: 'https://api.example.com',
    iat: now,
  }
  const members = JSON.stringify({ ...standard, exp: now + 300 }).slice(1, -1)
  const header = { alg: 'ES256', kid: issuer.keys[0]?.kid, typ: 'at+jwt' }
  return issuer.signRaw({ header, payload: claims.replace('"STANDARD":0', members) })
}

/** The fields that a row speaks of, and the issuer, which no claim changes. */
function pick(found: object, outcome: MappedPrincipal): object {
  const names = ['issuer', ...Object.keys(outcome)]
  return Object.fromEntries(names.map((name) => [name, (found as Record<string, unknown>)[name]]))
}

describe('a principal', () => {
  it.each(calls)('$title', async ({ token, outcome, issuer }) => {
    try {
      const principal = await api.verify(token)
      expect(outcome).not.toBeTypeOf('string')
      expect(pick(describeMapping(principal), outcome as MappedPrincipal)).toEqual({ issuer, ...(outcome as object) })
      expect(Object.isFrozen(principal.roles) && Object.isFrozen(principal.attributes)).toBe(true)
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
      expect([error.status, error.reason]).toEqual([401, outcome])
    }
  })
})

describe.each(hosts)('a principal on $name', ({ start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(world, 'default')
  })
  afterAll(() => host.close())

  it.each(calls)('$title', async ({ token, outcome, issuer }) => {
    const fields = [['Authorization', `Bearer ${token}`]] as const
    const { status, body } = await host.send({ method: 'GET', path: '/mapping', fields })
    if (typeof outcome === 'string') return expect(status).toBe(401)
    expect(status).toBe(200)
    expect(pick(JSON.parse(body) as object, outcome)).toEqual({ issuer, ...outcome })
  })

  it('loses no rejection', () => {
    expect(lost).toEqual([])
  })
})
