import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CountersignError, createVerifier } from '@countersign/core'
import type { IssuerOptions, Verifier, VerifierOptions } from '@countersign/core'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import type { TestClock, TestIssuer } from '@countersign/testing'
import { encode, reasonOf } from '../conformance/party.js'

type Answer = IssuerOptions | undefined
type Resolve = (issuer: string) => Answer | Promise<Answer>

/** A verifier whose application is asked, and everything that it was asked. */
interface Directory {
  readonly clock: TestClock
  readonly listed: TestIssuer
  readonly tenant: TestIssuer
  readonly verifier: Verifier
  readonly asked: string[]
  /** What the application answers from now on. */
  resolve: Resolve
  reason(token: string): Promise<string>
}

async function createDirectory(resolve: Resolve, options: Partial<VerifierOptions> = {}): Promise<Directory> {
  const clock = createTestClock()
  const listed = await createTestIssuer({ issuer: 'https://login.acme.example', clock })
  const tenant = await createTestIssuer({ issuer: 'https://tenant.example', clock })
  const asked: string[] = []
  const directory: Directory = {
    clock,
    listed,
    tenant,
    asked,
    resolve,
    verifier: createVerifier({
      audience: 'https://api.example.com',
      issuers: [listed.issuer],
      resolveIssuer(issuer) {
        asked.push(issuer)
        return directory.resolve(issuer)
      },
      runtime: testRuntime(listed, tenant),
      ...options,
    }),
    reason: (token) => reasonOf(directory.verifier.verify(token)),
  }
  return directory
}

/** Nobody has signed it: the issuer is looked up before that matters. */
function namesIssuer(iss: unknown): string {
  return `${encode({ alg: 'ES256' })}.${encode({ iss, exp: 9_999_999_999 })}.AAAA`
}

const trusts: Resolve = (issuer) => ({ issuer })
const knowsTenant: Resolve = (issuer) => (issuer === 'https://tenant.example' ? { issuer } : undefined)

async function errorOf(judging: Promise<unknown>): Promise<CountersignError> {
  const error = await judging.then(
    () => new Error('accepted'),
    (reason: unknown) => reason,
  )
  if (error instanceof CountersignError) return error
  throw error
}

/** Lets promises settle that wait for nothing but each other. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('resolveIssuer', () => {
  it('lets a tenant in that the application knows, with its own keys', async () => {
    const { reason, tenant, asked } = await createDirectory(knowsTenant)
    expect(await reason(await tenant.token())).toBe('accepted')
    expect(await reason(namesIssuer('https://stranger.example'))).toBe('ERR_ISSUER_UNTRUSTED')
    expect(asked).toEqual(['https://tenant.example', 'https://stranger.example'])
  })

  it('is never asked about a listed issuer', async () => {
    const { reason, listed, asked } = await createDirectory(() => {
      throw new Error('asked')
    })
    expect(await reason(await listed.token())).toBe('accepted')
    expect(asked).toEqual([])
  })

  it.each([
    'http://tenant.example',
    'HTTPS://tenant.example',
    'tenant.example',
    '//tenant.example',
    'https://',
    'https:///x',
    'https://login.acme.example@evil.example/',
    'https://login.acme.example:x@evil.example/',
    'https://evil.example\\@login.acme.example/',
    'https://tenant.example/\\..',
    'https://tenant.example/?a=1',
    'https://tenant.example/#a',
    'https://tenant.example/ x',
    'https://tenant.example/\n',
    'https://{tid}.example/',
    'https://tenant.example/{tid}',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'constructor',
    `https://tenant.example/${'x'.repeat(2_049 - 23)}`,
    '',
    1,
    null,
    ['https://tenant.example'],
    { toString: 'https://tenant.example' },
  ])('is never asked about %j', async (iss) => {
    const { reason, asked } = await createDirectory(trusts)
    expect(await reason(namesIssuer(iss))).toMatch(/^ERR_(ISSUER_UNTRUSTED|TOKEN_ISSUER)$/)
    expect(asked).toEqual([])
  })

  it('is asked about https URLs of up to 2,048 characters', async () => {
    const { reason, asked } = await createDirectory(() => undefined)
    const longest = `https://tenant.example/${'x'.repeat(2_048 - 23)}`
    expect(await reason(namesIssuer(longest))).toBe('ERR_ISSUER_UNTRUSTED')
    expect(asked).toEqual([longest])
  })

  it('causes no request for an issuer that it denies', async () => {
    const { reason, tenant } = await createDirectory(() => undefined)
    expect(await reason(await tenant.token())).toBe('ERR_ISSUER_UNTRUSTED')
    expect(tenant.requests).toEqual([])
  })

  it.each<readonly [string, (issuer: string) => unknown]>([
    ['another issuer', () => ({ issuer: 'https://login.acme.example' })],
    ['the same with a slash', (issuer) => ({ issuer: `${issuer}/` })],
    ['an option that there is not', (issuer) => ({ issuer, audiences: ['x'] })],
    ['an option of a wrong type', (issuer) => ({ issuer, algorithms: ['none'] })],
    ['a tenant that a token names', (issuer) => ({ issuer, mapping: { tenant: { claim: ['org'] } } })],
    ['text', (issuer) => issuer],
    ['true', () => true],
    ['a list', (issuer) => [{ issuer }]],
  ])('answering with %s is a mistake of the application (500), and lets nobody in', async (_, answer) => {
    const { verifier, tenant } = await createDirectory(answer as Resolve)
    const error = await errorOf(verifier.verify(await tenant.token()))
    expect([error.reason, error.status, verifier.refuse(error).status]).toEqual(['ERR_UNEXPECTED', 500, 500])
    expect(tenant.requests).toEqual([])
  })

  it.each([undefined, null])('answering with %s denies', async (answer) => {
    const { reason, tenant } = await createDirectory(() => answer as undefined)
    expect(await reason(await tenant.token())).toBe('ERR_ISSUER_UNTRUSTED')
  })

  it.each<readonly [string, Resolve]>([
    [
      'throws',
      () => {
        throw new TypeError('x')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the database is down'))],
    ['rejects with nothing', () => Promise.reject(undefined as unknown as Error)],
    ['hangs', () => new Promise<Answer>(() => {})],
  ])('that %s is an outage (503), for that tenant alone', async (_, resolve) => {
    const { verifier, tenant, listed, reason } = await createDirectory(resolve)
    const error = await errorOf(verifier.verify(await tenant.token()))
    expect(error).toMatchObject({ reason: 'ERR_ISSUER_UNAVAILABLE', status: 503, headers: { 'Retry-After': '1' } })
    expect(await reason(await listed.token())).toBe('accepted')
  })

  it('is asked again right after an outage: that was no answer', async () => {
    const directory = await createDirectory(() => Promise.reject(new Error('down')))
    const token = await directory.tenant.token()
    expect(await directory.reason(token)).toBe('ERR_ISSUER_UNAVAILABLE')
    directory.resolve = knowsTenant
    expect(await directory.reason(token)).toBe('accepted')
  })

  it('is asked once for any number of requests at once', async () => {
    const { reason, tenant, asked } = await createDirectory(async (issuer) => {
      await settled()
      return { issuer }
    })
    const token = await tenant.token()
    const reasons = await Promise.all(Array.from({ length: 50 }, () => reason(token)))
    expect([new Set(reasons), asked.length]).toEqual([new Set(['accepted']), 1])
  })

  it('runs eight times at once and no more; the others wait their turn', async () => {
    const releases: (() => void)[] = []
    let running = 0
    let most = 0
    const { reason, asked } = await createDirectory(async () => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => releases.push(resolve))
      running--
      return undefined
    })
    const judging = Array.from({ length: 20 }, (_, index) => reason(namesIssuer(`https://t-${index}.example`)))
    await settled()
    expect(asked).toHaveLength(8)
    while (releases.length > 0) {
      releases.splice(0, 1)[0]?.()
      await settled()
    }
    expect(new Set(await Promise.all(judging))).toEqual(new Set(['ERR_ISSUER_UNTRUSTED']))
    expect([most, asked.length]).toEqual([8, 20])
  })

  it('has a budget of 500 calls in ten seconds; beyond it is 503 until they are over', async () => {
    const { reason, verifier, clock, asked, listed } = await createDirectory(() => undefined)
    const flood = async (from: number, count: number): Promise<void> => {
      for (let index = from; index < from + count; index++) await reason(namesIssuer(`https://t-${index}.example`))
    }
    await flood(0, 500)
    clock.advance(4_000)
    const error = await errorOf(verifier.verify(namesIssuer('https://one-more.example')))
    expect(error).toMatchObject({ reason: 'ERR_ISSUER_UNAVAILABLE', headers: { 'Retry-After': '6' } })
    expect(asked).toHaveLength(500)
    expect(await reason(await listed.token())).toBe('accepted')
    clock.advance(6_000)
    expect(await reason(namesIssuer('https://one-more.example'))).toBe('ERR_ISSUER_UNTRUSTED')
  })

  it('holds an answer for a minute, then asks again behind the request', async () => {
    const { reason, tenant, clock, asked } = await createDirectory(knowsTenant)
    const token = () => tenant.token()
    await reason(await token())
    clock.advance(59_999)
    expect(await reason(await token())).toBe('accepted')
    expect(asked).toHaveLength(1)
    clock.advance(1)
    expect(await reason(await token())).toBe('accepted')
    expect(asked).toHaveLength(2)
  })

  it('holds a denial for half a minute', async () => {
    const { reason, clock, asked } = await createDirectory(() => undefined)
    const token = namesIssuer('https://stranger.example')
    await reason(token)
    clock.advance(29_999)
    await reason(token)
    expect(asked).toHaveLength(1)
    clock.advance(1)
    await reason(token)
    expect(asked).toHaveLength(2)
  })

  it('holds tenants apart from made-up names: a flood of those pushes out no tenant', async () => {
    const { reason, tenant, clock, asked } = await createDirectory(knowsTenant)
    await reason(await tenant.token())
    for (let index = 0; index < 2_000; index++) {
      if (index % 400 === 0) clock.advance(10_000)
      await reason(namesIssuer(`https://t-${index}.example`))
    }
    const before = asked.length
    expect(await reason(await tenant.token())).toBe('accepted')
    expect(asked).toHaveLength(before)
  })

  it('removes a tenant within a minute, for tokens that were accepted before too', async () => {
    const directory = await createDirectory(knowsTenant)
    const token = await directory.tenant.token()
    expect(await directory.reason(token)).toBe('accepted')
    directory.resolve = () => undefined
    directory.clock.advance(60_000)
    await directory.reason(token)
    await settled()
    expect(await directory.reason(token)).toBe('ERR_ISSUER_UNTRUSTED')
  })

  it('removes a tenant after five minutes at the latest, where the application cannot be asked', async () => {
    const directory = await createDirectory(knowsTenant)
    const token = () => directory.tenant.token()
    await directory.reason(await token())
    directory.resolve = () => Promise.reject(new Error('down'))
    for (let minute = 1; minute < 5; minute++) {
      directory.clock.advance(60_000)
      expect(await directory.reason(await token())).toBe('accepted')
      await settled()
    }
    directory.clock.advance(60_000)
    expect(await directory.reason(await token())).toBe('ERR_ISSUER_UNAVAILABLE')
  })

  it('counts by the clock that never goes back', async () => {
    const directory = await createDirectory(knowsTenant)
    await directory.reason(await directory.tenant.token())
    directory.resolve = () => undefined
    directory.clock.advanceWall(-3_600_000)
    directory.clock.advance(300_000)
    expect(await directory.reason(await directory.tenant.token())).toBe('ERR_ISSUER_UNTRUSTED')
  })

  it('keeps the keys where its answer is the same, or differs in other things', async () => {
    const directory = await createDirectory(knowsTenant)
    const ask = async (): Promise<string> => {
      directory.clock.advance(60_000)
      await directory.reason(await directory.tenant.token())
      await settled()
      return directory.reason(await directory.tenant.token())
    }
    await directory.reason(await directory.tenant.token())
    const requests = directory.tenant.requests.length
    expect(await ask()).toBe('accepted')
    directory.resolve = (issuer) => ({ issuer, grants: { scopes: ['a'] } })
    expect(await ask()).toBe('accepted')
    expect(directory.tenant.requests).toHaveLength(requests)
  })

  it('says what a tenant may do from the answer on, for tokens that were accepted before too', async () => {
    const directory = await createDirectory((issuer) => ({ issuer, grants: { roles: ['user', 'admin'] } }))
    const token = await directory.tenant.token({ roles: ['user', 'admin'] })
    const roles = async () => (await directory.verifier.verify(token)).roles
    expect(await roles()).toEqual(['user', 'admin'])
    directory.resolve = (issuer) => ({ issuer, grants: { roles: ['user'] }, mapping: { tenant: { constant: 't' } } })
    directory.clock.advance(60_000)
    await roles()
    await settled()
    expect(await roles()).toEqual(['user'])
    expect((await directory.verifier.verify(token)).tenant).toBe('t')
  })

  it('takes keys from where the answer says from then on', async () => {
    const directory = await createDirectory(knowsTenant)
    const token = await directory.tenant.token()
    await directory.reason(token)
    directory.resolve = (issuer) => ({ issuer, keys: { jwks: directory.listed.jwks } })
    directory.clock.advance(60_000)
    await directory.reason(token)
    await settled()
    // Under the same name there is another key.
    expect(await directory.reason(token)).toBe('ERR_TOKEN_SIGNATURE')
  })
})

/** Something on this machine that hangs up on whoever connects: where it listens, and how many came. */
async function startNeighbour(): Promise<{ readonly port: number; readonly callers: () => number }> {
  let callers = 0
  const server = createServer((socket) => {
    callers++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, callers: () => callers }
}

describe('a host that resolveIssuer names', () => {
  const hosts = ['127.0.0.1', 'localhost', 'tenant.localhost']
  const places: readonly (readonly [string, (url: string) => Answer])[] = [
    ['the issuer itself', (url) => ({ issuer: url })],
    ['a jwksUri', (url) => ({ issuer: url, keys: { jwksUri: `${url}/jwks` } })],
    ['a discoveryUrl', (url) => ({ issuer: url, keys: { discoveryUrl: `${url}/.well-known/openid-configuration` } })],
  ]
  const audience = 'https://api.example.com'

  it.each(places)('gets no connection inside the network, where it is that of %s', async (_where, answer) => {
    const { port, callers } = await startNeighbour()
    const verifier = createVerifier({ audience, issuers: [], resolveIssuer: answer })
    for (const host of hosts)
      expect(await reasonOf(verifier.verify(namesIssuer(`https://${host}:${port}`)))).toBe('ERR_KEYS_UNAVAILABLE')
    expect(callers()).toBe(0)
  })

  it.each(places)('gets one under dangerouslyTrustResolvedHosts, where it is that of %s', async (_where, answer) => {
    const { port, callers } = await startNeighbour()
    const options = { audience, issuers: [], dangerouslyTrustResolvedHosts: true }
    const verifier = createVerifier({ ...options, resolveIssuer: answer })
    await reasonOf(verifier.verify(namesIssuer(`https://127.0.0.1:${port}`)))
    expect(callers()).toBeGreaterThan(0)
  })

  it('gets one where it is listed', async () => {
    const { port, callers } = await startNeighbour()
    const issuer = `https://127.0.0.1:${port}`
    const verifier = createVerifier({ audience, issuers: [issuer], resolveIssuer: () => undefined })
    await reasonOf(verifier.verify(namesIssuer(issuer)))
    expect(callers()).toBeGreaterThan(0)
  })

  it('gets none at a host that may be asked over plain http for the issuers that are listed', async () => {
    const { port, callers } = await startNeighbour()
    const reach = async (trust: boolean): Promise<unknown> => {
      const verifier = createVerifier({
        audience,
        issuers: [],
        network: { dangerouslyAllowHttpHosts: [`127.0.0.1:${port}`] },
        dangerouslyTrustResolvedHosts: trust,
        resolveIssuer: (issuer) => ({ issuer, keys: { jwksUri: `http://127.0.0.1:${port}/jwks` } }),
      })
      return reasonOf(verifier.verify(namesIssuer('https://tenant.example')))
    }
    await reach(false)
    expect(callers()).toBe(0)
    await reach(true)
    expect(callers()).toBeGreaterThan(0)
  })

  it('gets one over plain http where the configuration excepts it, as a development machine does', async () => {
    const { port, callers } = await startNeighbour()
    const options = { audience, issuers: [], network: { allowInsecureLoopback: true } }
    const keys = { jwksUri: `http://127.0.0.1:${port}/jwks` }
    const verifier = createVerifier({ ...options, resolveIssuer: (issuer) => ({ issuer, keys }) })
    await reasonOf(verifier.verify(namesIssuer('https://tenant.example')))
    expect(callers()).toBeGreaterThan(0)
  })
})
