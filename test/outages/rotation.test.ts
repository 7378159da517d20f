import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { CHANNELS } from '@countersign/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { COOLDOWN_MS, countRequests, LIFETIME_MS, startWorld } from './world.js'

const accepted = { subject: expect.any(String) }

describe('keys that rotate', () => {
  it('a new key is accepted with the first token that names it, while the old one goes on', async () => {
    const { issuer, judge, verifier } = await startWorld()
    await verifier.ready()
    const old = await issuer.token()
    await issuer.rotate()
    expect(await judge(await issuer.token())).toEqual(accepted)
    expect(await judge(old)).toEqual(accepted)
    expect(countRequests(issuer, 'jwks')).toBe(2)
  })

  it('invariant 7: a removed key is refused as soon as the set without it was read, a verdict about it too, and never accepted meanwhile', async () => {
    const { clock, issuer, judge, verifier } = await startWorld()
    await verifier.ready()
    const old = await issuer.token({}, { expiresInSeconds: 7_200 })
    expect(await judge(old)).toEqual(accepted)
    await issuer.rotate({ keep: false })
    expect(await judge(await issuer.token())).toEqual(accepted)
    // That set was asked for before this request came: only the next one can tell for certain, a cooldown later.
    expect(await judge(old)).toMatchObject({
      reason: 'ERR_KEY_UNCONFIRMED',
      status: 503,
      headers: { 'Retry-After': '5' },
    })
    clock.advance(1_000)
    expect(await judge(old)).toMatchObject({
      reason: 'ERR_KEY_UNCONFIRMED',
      status: 503,
      headers: { 'Retry-After': '4' },
    })
    await issuer.outage('down')
    clock.advance(COOLDOWN_MS)
    expect(await judge(old)).toMatchObject({
      reason: 'ERR_KEY_UNCONFIRMED',
      status: 503,
      headers: { 'Retry-After': '5' },
    })
    await issuer.recover()
    clock.advance(COOLDOWN_MS)
    expect(await judge(old)).toMatchObject({ reason: 'ERR_KEY_NOT_FOUND', status: 401 })
  })

  it('an abrupt rotation, with no key in common, is reported', async () => {
    const events: unknown[] = []
    const listener = (event: unknown): void => void events.push(event)
    subscribe(CHANNELS.keys, listener)
    onTestFinished(() => void unsubscribe(CHANNELS.keys, listener))
    const { issuer, judge, verifier } = await startWorld()
    await verifier.ready()
    await issuer.rotate({ keep: false })
    expect(await judge(await issuer.token())).toEqual(accepted)
    expect(events.at(-1)).toEqual({ type: 'rotated-abruptly', issuer: issuer.issuer, removed: 1, added: 1 })
  })

  it('keys that moved to another URL of the issuer are followed', async () => {
    const { clock, issuer, judge, verifier } = await startWorld()
    await verifier.ready()
    issuer.configure({ jwksUri: `${issuer.issuer}/moved` })
    await issuer.rotate()
    clock.advance(LIFETIME_MS)
    expect(await judge(await issuer.token())).toEqual(accepted)
    expect(issuer.requests.map(({ url }) => new URL(url).pathname).slice(2)).toEqual([
      '/.well-known/openid-configuration',
      '/moved',
    ])
  })

  it('duplicates of one kid are refused, and the other keys of the set are not', async () => {
    const { issuer, judge } = await startWorld()
    const [first] = issuer.jwks.keys
    await issuer.rotate()
    const [, second] = issuer.jwks.keys
    issuer.publish({ ...first, kid: second?.kid })
    expect(await judge(await issuer.token())).toMatchObject({ reason: 'ERR_KEY_AMBIGUOUS', status: 401 })
    expect(await judge(await issuer.token({}, { kid: first?.kid }))).toEqual(accepted)
  })

  it('tokens without a kid are tried with the few keys that fit', async () => {
    const { issuer, judge } = await startWorld({ issuer: { algorithms: ['ES256', 'RS256'] } })
    await issuer.rotate()
    expect(await judge(await issuer.token({}, { kid: null }))).toEqual(accepted)
    for (let generation = 0; generation < 3; generation++) await issuer.rotate()
    const { judge: judgeFresh } = await startWorld({ clock: issuer.clock as never, others: [issuer] })
    expect(await judgeFresh(await issuer.token({}, { kid: null }))).toMatchObject({
      reason: 'ERR_KEY_AMBIGUOUS',
      status: 401,
    })
  })
})
