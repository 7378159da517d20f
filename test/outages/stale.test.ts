import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { CHANNELS } from '@countersign/core'
import type { KeysEvent } from '@countersign/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LIES, OUTAGES, toTitle } from './kinds.js'
import { LIFETIME_MS, measure, SLACK_MS, STALE_MS, startWorld, TIMEOUT_MS } from './world.js'

const accepted = { subject: expect.any(String) }

function listen(): KeysEvent[] {
  const events: KeysEvent[] = []
  const listener = (event: unknown): void => void events.push(event as KeysEvent)
  subscribe(CHANNELS.keys, listener)
  onTestFinished(() => void unsubscribe(CHANNELS.keys, listener))
  return events
}

describe('section 4, key server down: an issuer that fails after its keys were read', () => {
  const outages = [...OUTAGES, ...LIES].map((outage) => [toTitle(outage), outage] as const)

  it.each(outages)(
    '%s: tokens pass for the stale hour without waiting, then 503 at once; the old set stays and an event tells',
    async (_title, { kind, options, ends }) => {
      const events = listen()
      const { clock, issuer, judge, verifier } = await startWorld({ timeoutMs: TIMEOUT_MS })
      expect(await verifier.ready()).toMatchObject({ ok: true })
      await issuer.outage(kind, options)

      clock.advance(LIFETIME_MS)
      const long = await issuer.token({}, { expiresInSeconds: 2 * STALE_MS })
      const passMs = await measure(async () =>
        expect([await judge(await issuer.token()), await judge(long)]).toEqual([accepted, accepted]),
      )
      if (ends === 'at the deadline') expect(passMs).toBeLessThan(TIMEOUT_MS)
      await expect
        .poll(() => events.at(-1), { timeout: TIMEOUT_MS + SLACK_MS })
        .toMatchObject({ type: 'failed', issuer: issuer.issuer, usable: true, failures: 1 })
      expect(verifier.health()).toMatchObject([{ state: 'stale', keyCount: 1 }])

      clock.advance(STALE_MS - 1)
      expect(await judge(await issuer.token())).toEqual(accepted)
      // What is wrong with a token is as wrong as ever.
      expect(await judge(await issuer.token({}, { expiresInSeconds: -100 }))).toMatchObject({
        reason: 'ERR_TOKEN_EXPIRED',
        status: 401,
      })
      expect(await judge(`${(await issuer.token()).slice(0, -9)}AAAAAAAAA`)).toMatchObject({
        reason: expect.stringMatching(/^ERR_TOKEN_(SIGNATURE|ENCODING)$/),
        status: 401,
      })
      await expect
        .poll(() => events.at(-1), { timeout: TIMEOUT_MS + SLACK_MS })
        .toMatchObject({ type: 'failed', failures: 2 })

      clock.advance(1)
      const refuseMs = await measure(async () =>
        expect(await judge(await issuer.token())).toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE', status: 503 }),
      )
      if (ends === 'at the deadline') expect(refuseMs).toBeLessThan(TIMEOUT_MS)
      // The cached verdict of a token that passed a moment ago is worth no more.
      expect(await judge(long)).toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE', status: 503 })
      expect(verifier.health()).toMatchObject([{ state: 'unavailable' }])

      await issuer.recover()
      clock.advance(60_000)
      await judge(long)
      await expect.poll(() => verifier.health()[0]?.state).toBe('fresh')
      expect(await judge(long)).toEqual(accepted)
    },
  )
})

describe('section 4, malformed set and weak RSA, e=1, wrong use', () => {
  it('a key beside broken ones serves as ever', async () => {
    const events = listen()
    const { clock, issuer, judge, verifier } = await startWorld({ timeoutMs: TIMEOUT_MS })
    await verifier.ready()
    issuer.publish({ kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'short' })
    issuer.publish({ kty: 'RSA', n: `${'_'.repeat(341)}8`, e: 'AQ', kid: 'exponent-1' })
    issuer.publish({ ...issuer.jwks.keys[0], kid: 'encryption', use: 'enc' })
    issuer.publish({ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'off-curve' })
    issuer.publish({ kty: 'oct', k: 'c2VjcmV0', kid: 'secret' })
    clock.advance(LIFETIME_MS)
    expect(await judge(await issuer.token())).toEqual(accepted)
    await expect
      .poll(() => events.at(-1))
      .toMatchObject({ type: 'read', keyCount: 1, dropped: { weak: 2, use: 1, 'off-curve': 1, symmetric: 1 } })
    expect(await judge(await issuer.token())).toEqual(accepted)
  })
})
