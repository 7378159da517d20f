import { toAuthRequest } from '@countersign/core'
import type { UpstreamError } from '@countersign/core'
import { replayStore } from '@countersign/redis'
import { createTestClock } from '@countersign/testing'
import { createClient } from '@redis/client'
import { expect, it, onTestFinished } from 'vitest'
import { noServer, startServer } from '../../packages/redis/test/servers.js'
import { createProofClient } from '../conformance/proofs.js'
import { startWorld } from './world.js'

const url = 'https://api.example.com/orders'

it.skipIf(noServer !== '')(
  `a new Redis says from when on proofs are taken, and from then on they are (RFC 9449 section 11.1)${noServer}`,
  async () => {
    const server = await startServer()
    const client = createClient({ url: server.url, disableOfflineQueue: true })
    client.on('error', () => {})
    await client.connect()
    onTestFinished(async () => {
      client.destroy()
      await server.stop()
    })
    const clock = createTestClock()
    const runtime = { now: () => clock.now(), monotonicNow: () => clock.monotonicNow() }
    const store = replayStore(client, { deadlineMs: 1_000, runtime })
    const { acceptsFromMs, warnings } = await store.ready()
    expect(warnings).toEqual(['new-memory'])
    const beganMs = clock.now()
    expect((acceptsFromMs ?? 0) - beganMs).toBeLessThanOrEqual(16_000)

    const { verifier, issuer } = await startWorld({
      clock,
      verifier: { publicUrl: 'https://api.example.com', dpop: { mode: 'required' }, replayStore: store },
    })
    const holder = await createProofClient(issuer, { url, nowSeconds: () => Math.floor(clock.now() / 1_000) })
    const token = await issuer.token({ cnf: holder.confirmation, exp: Math.floor(beganMs / 1_000) + 3_600 })
    /** `undefined` for a proof that is taken; what is wrong, for any other. */
    const send = async (): Promise<UpstreamError | undefined> => {
      const headers = { authorization: `DPoP ${token}`, dpop: await holder.proof(token) }
      return verifier.authenticate(toAuthRequest('GET', url, headers)).then(
        () => undefined,
        (error: unknown) => error as UpstreamError,
      )
    }
    const first = await send()
    expect(first).toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE', status: 503 })
    // Whoever waits as long as the answer says is served.
    const waitMs = Number(first?.headers['Retry-After']) * 1_000
    expect(beganMs + waitMs).toBeGreaterThanOrEqual(acceptsFromMs ?? Infinity)
    clock.advance((acceptsFromMs ?? 0) - 1 - clock.now())
    expect(await send()).toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE' })
    clock.advance(1)
    expect(await send()).toBeUndefined()
    expect((await store.ready()).warnings).toEqual([])
  },
)
