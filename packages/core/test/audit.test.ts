import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '../src/audit-event.js'
import type { IncomingRequest } from '../src/auth-request.js'
import { createVerifier } from '../src/create-verifier.js'
import { requireScopes } from '../src/guards/scopes.js'
import { requireThat } from '../src/guards/that.js'
import { authenticateRequest, checkGuard } from '../src/http/attachment.js'
import type { VerifierOptions } from '../src/options/options.js'
import type { AuditRecorder } from '../src/ports.js'
import { silentLogger } from '../src/runtime.js'
import { memoryReplayStore } from '../src/stores/memory-replay-store.js'
import type { Verifier } from '../src/verifier.js'
import { claims, ISSUER, NOW_SECONDS, toOptions, toSigned } from './parts.js'
import { clientKey, toAth, toJkt, toProof, withDpop } from './proofs.js'
import { reasonOfAsync } from './refusals.js'

/** A trail that keeps what it is told, and fails where a test wants it to. */
interface TestTrail extends AuditRecorder {
  readonly entries: AuditEntry[]
}

function createTrail(more: Partial<AuditRecorder> = {}): TestTrail {
  const entries: AuditEntry[] = []
  return {
    entries,
    record: async (entry) => void entries.push(entry),
    fingerprint: (token) => `hmac256:test:${token.length}`,
    ...more,
  }
}

const create = (audit: AuditRecorder, more: Partial<VerifierOptions> = {}): Verifier =>
  createVerifier({ ...toOptions({}, { publicUrl: 'https://api.example.com', ...more }), audit })

const toRaw = (token: string | undefined): IncomingRequest => ({
  method: 'GET',
  url: '/orders/7?code=secret',
  headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  socket: { remoteAddress: '192.0.2.7' },
})
const request = { method: 'GET', route: '/orders/7', ip: '192.0.2.7' }
const verdicts = ({ entries }: TestTrail): AuditEntry[] => entries.filter(({ type }) => type !== 'trust.changed')

describe('a verifier with an audit trail', () => {
  it('records who was accepted, by which token, without the token', async () => {
    const trail = createTrail()
    const token = toSigned(claims({ sid: 's-1', act: { sub: 'gateway' }, acr: 'mfa', amr: ['otp'], auth_time: 5 }))
    await authenticateRequest(create(trail), toRaw(token))
    expect(verdicts(trail)).toEqual([
      {
        type: 'authn.success',
        outcome: 'success',
        subject: { iss: ISSUER, sub: 'user-1', sid: 's-1', acr: 'mfa', amr: ['otp'], authTime: 5 },
        actor: [{ iss: ISSUER, sub: 'gateway' }],
        client: { id: 'client-1' },
        tokens: {
          subject: {
            fp: `hmac256:test:${token.length}`,
            jti: 'id-1',
            iss: ISSUER,
            kid: 'k1',
            alg: 'ES256',
            iat: NOW_SECONDS - 10,
            exp: NOW_SECONDS + 300,
            cnf: undefined,
          },
        },
        request,
        durationMs: expect.any(Number) as number,
        sampled: undefined,
      },
    ])
    expect(JSON.stringify(trail.entries)).not.toContain(token)
  })

  it.each([
    ['a token that is no good', toRaw(toSigned(claims({ exp: 5 }))), 'ERR_TOKEN_EXPIRED'],
    ['no credentials at all', { ...toRaw(''), headers: {} }, 'ERR_CREDENTIALS_MISSING'],
    ['a field that is malformed', { ...toRaw(''), headers: { authorization: 'Bearer' } }, 'ERR_CREDENTIALS_MALFORMED'],
  ])('records a refusal with its reason and its address, and nothing of %s', async (_, raw, reason) => {
    for (const judge of [
      authenticateRequest,
      (verifier: Verifier, seen: IncomingRequest) => verifier.authenticate(seen),
    ]) {
      const trail = createTrail()
      expect(await reasonOfAsync(async () => judge(create(trail), raw))).toBe(reason)
      const durationMs = expect.any(Number) as number
      expect(verdicts(trail)).toEqual([{ type: 'authn.failure', outcome: 'failure', reason, request, durationMs }])
    }
  })

  it('lets the trail make the event of an acceptance later, and reads the request at once', async () => {
    const deferred: (() => AuditEntry)[] = []
    const trail = createTrail({ defer: (toEntry) => void deferred.push(toEntry) })
    const raw = { ...toRaw(toSigned(claims())) }
    await authenticateRequest(create(trail), raw)
    Object.assign(raw, { method: 'POST', url: '/elsewhere', socket: undefined })
    expect(verdicts(trail)).toEqual([])
    expect(deferred.map((toEntry) => toEntry())).toMatchObject([{ type: 'authn.success', request }])
  })

  it('takes no harm from a trail that cannot defer', async () => {
    const defer = (): never => {
      throw new Error('no')
    }
    const principal = await create(createTrail({ defer })).verify(toSigned(claims()))
    expect(principal.subject).toBe('user-1')
  })

  it('records a bare token without a request', async () => {
    const trail = createTrail()
    await create(trail).verify(toSigned(claims()))
    expect(verdicts(trail)[0]).toMatchObject({ type: 'authn.success', request: undefined })
  })

  it('records how a token is bound, also where that was left to the caller', async () => {
    const trail = createTrail()
    const verifier = create(trail)
    for (const cnf of [{ jkt: toJkt(clientKey) }, { 'x5t#S256': 'A'.repeat(43) }])
      await verifier.verify(toSigned(claims({ cnf })), { dangerouslySkipBinding: true })
    expect(verdicts(trail)).toMatchObject([
      { tokens: { subject: { cnf: 'dpop' } } },
      { tokens: { subject: { cnf: 'mtls' } } },
    ])
  })

  it('records a proof that was replayed as such', async () => {
    const trail = createTrail()
    const bound = toSigned(claims({ cnf: { jkt: toJkt(clientKey) } }))
    const raw = (): IncomingRequest => ({
      ...toRaw(''),
      url: '/orders',
      headers: { authorization: `DPoP ${bound}`, dpop: toProof({ jti: 'once', ath: toAth(bound) }) },
    })
    const verifier = createVerifier({ ...toOptions({}, withDpop(memoryReplayStore())), audit: trail })
    await authenticateRequest(verifier, raw())
    await reasonOfAsync(async () => authenticateRequest(verifier, raw()))
    expect(verdicts(trail)).toMatchObject([
      { type: 'authn.success', tokens: { subject: { cnf: 'dpop' } } },
      { type: 'replay.detected', outcome: 'denied', reason: 'ERR_PROOF_REPLAYED' },
    ])
  })

  it('records what a guard refused, to whom; and a guard that failed, as an error', async () => {
    const trail = createTrail()
    const verifier = create(trail)
    const raw = toRaw(toSigned(claims({ scope: 'orders:read' })))
    await authenticateRequest(verifier, raw)
    expect(() => checkGuard(raw, requireScopes('orders:read'), raw)).not.toThrow()
    expect(() => checkGuard(raw, requireScopes('orders:write'), raw)).toThrow('higher privileges')
    await expect(
      checkGuard(
        raw,
        requireThat(() => false),
        raw,
      ),
    ).rejects.toThrow('higher privileges')
    await expect(
      checkGuard(
        raw,
        requireThat(() => {
          throw new Error('mine')
        }),
        raw,
      ),
    ).rejects.toThrow('could not be processed')
    const who = { subject: { iss: ISSUER, sub: 'user-1' }, client: { id: 'client-1' }, request }
    expect(verdicts(trail).slice(1)).toMatchObject([
      { type: 'authz.denied', outcome: 'denied', reason: 'ERR_SCOPE_INSUFFICIENT', ...who },
      { type: 'authz.denied', outcome: 'denied', reason: 'ERR_ACCESS_DENIED', ...who },
      { type: 'authz.denied', outcome: 'error', reason: 'ERR_GUARD_FAILED', ...who },
    ])
  })

  it('records, and logs, that a guard refused a request that came with nothing and was let pass', async () => {
    const trail = createTrail()
    const told: unknown[] = []
    const logger = { ...silentLogger, debug: (_: string, detail?: object) => void told.push(detail) }
    const verifier = create(trail, { logger })
    const raw = toRaw(undefined)
    await authenticateRequest(verifier, raw, { optional: true })
    expect(verdicts(trail)).toEqual([])
    expect(() => checkGuard(raw, requireScopes('orders:read'), raw)).toThrow('Authentication is required')
    const reason = 'ERR_CREDENTIALS_MISSING'
    expect(verdicts(trail)).toMatchObject([{ type: 'authn.failure', outcome: 'failure', reason, request }])
    expect(told).toMatchObject([{ status: 401, reason }])
  })

  it('records a refusal of a guard with the address of a client that has left meanwhile', async () => {
    const trail = createTrail()
    const verifier = create(trail)
    const raw = { ...toRaw(toSigned(claims())) }
    await authenticateRequest(verifier, raw)
    // As Node does where the stream of an HTTP/2 request was reset.
    const gone = requireThat(() => {
      Object.assign(raw, { socket: undefined })
      return false
    })
    await expect(checkGuard(raw, gone, raw)).rejects.toThrow('higher privileges')
    expect(verdicts(trail)[1]).toMatchObject({ type: 'authz.denied', request })
  })

  it('leaves out what the trail does not want to hear, says so, and never a refusal', async () => {
    const trail = createTrail({ sampleRate: (type) => (type === 'authn.success' ? 0.1 : 1) })
    const verifier = create(trail)
    const token = toSigned(claims())
    for (let index = 0; index < 1_000; index++) await authenticateRequest(verifier, toRaw(token))
    for (let index = 0; index < 20; index++) await reasonOfAsync(() => verifier.verify('no.token.at-all'))
    const accepted = verdicts(trail).filter(({ type }) => type === 'authn.success')
    expect(accepted.length).toBeGreaterThan(40)
    expect(accepted.length).toBeLessThan(200)
    expect(accepted.every(({ sampled }) => sampled?.rate === 0.1)).toBe(true)
    expect(verdicts(trail).length - accepted.length).toBe(20)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('full'))],
    [
      'throws',
      () => {
        throw new Error('full')
      },
    ],
  ])('judges the same where the trail %s', async (_, record) => {
    const verifier = create(createTrail({ record }))
    expect((await authenticateRequest(verifier, toRaw(toSigned(claims()))))?.subject).toBe('user-1')
    expect(await reasonOfAsync(() => verifier.verify('no.token.at-all'))).toBe('ERR_TOKEN_ENCODING')
  })

  it('records the policy that holds, by a digest that changes with it', () => {
    const [one, same, other] = [{}, {}, { clockToleranceSeconds: 7 }].map((more) => {
      const trail = createTrail()
      create(trail, more)
      return trail.entries[0]
    })
    expect(one).toMatchObject({
      type: 'trust.changed',
      outcome: 'success',
      policy: { id: 'verifier:api', mode: 'enforce' },
    })
    expect(one?.policy?.hash).toMatch(/^sha256:[\w-]{43}$/)
    expect(same?.policy?.hash).toBe(one?.policy?.hash)
    expect(other?.policy?.hash).not.toBe(one?.policy?.hash)
  })

  it('records what becomes of key sets', async () => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const acme = await createTestIssuer({ issuer: ISSUER, clock })
    const trail = createTrail()
    const runtime = testRuntime(acme)
    const verifier = createVerifier({ audience: 'https://api.example.com', issuers: [ISSUER], runtime, audit: trail })
    await verifier.ready()
    await acme.rotate({ keep: false })
    clock.advance(400_000)
    expect(await reasonOfAsync(async () => verifier.verify(await acme.token()))).toBe('accepted')
    acme.withdraw('es256-2')
    clock.advance(400_000)
    await reasonOfAsync(async () => verifier.verify(await acme.token({}, { kid: 'es256-2' })))
    await expect.poll(() => trail.entries.length).toBe(7)
    const issuer = ISSUER
    expect(trail.entries.filter(({ type }) => type.startsWith('jwks'))).toEqual([
      { type: 'jwks.refreshed', outcome: 'success', keySet: { issuer, keyCount: 1, added: 1, removed: 0 } },
      { type: 'jwks.refreshed', outcome: 'success', keySet: { issuer, keyCount: 1, added: 1, removed: 1 } },
      { type: 'jwks.abrupt_rotation', outcome: 'success', keySet: { issuer, keyCount: 1, added: 1, removed: 1 } },
      {
        type: 'jwks.failed',
        outcome: 'error',
        reason: 'ERR_KEYS_EMPTY',
        keySet: { issuer, failures: 1, usable: true },
      },
    ])
    await verifier.close()
  })

  it('takes nothing for a trail that cannot record', () => {
    expect(() => create({ record: 'yes' } as never)).toThrow('Option "audit": got an object, wants an audit trail')
  })
})
