import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { CHANNELS } from '@countersign/core'
import type { UpstreamEvent } from '@countersign/core'
import { createTestClock } from '@countersign/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startIssuer, startWorld } from './world.js'

describe('section 4, SSRF: hosts that a document names', () => {
  it('another service on this machine is not asked, although the issuer itself may be on it', async () => {
    const clock = createTestClock()
    const victim = await startIssuer(clock)
    const { issuer, judge } = await startWorld({ clock })
    issuer.metadata = { jwks_uri: victim.jwksUri }
    expect(await judge(await issuer.token())).toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE', status: 503 })
    expect(victim.requests).toEqual([])
  })

  it.each([
    ['a name that resolves to loopback', 'https://localhost/jwks', 'ERR_UPSTREAM_ADDRESS'],
    ['a loopback literal', 'https://127.0.0.1/jwks', 'ERR_UPSTREAM_ADDRESS'],
    ['a loopback literal in disguise', 'https://2130706433/jwks', 'ERR_UPSTREAM_ADDRESS'],
    ['the metadata service of a cloud', 'https://169.254.169.254/latest/meta-data', 'ERR_UPSTREAM_ADDRESS'],
    ['plain http to it', 'http://169.254.169.254/latest/meta-data', 'ERR_UPSTREAM_URL'],
    ['a port of this machine', 'http://127.0.0.1:6379/', 'ERR_UPSTREAM_ADDRESS'],
    ['a file', 'file:///etc/passwd', 'ERR_UPSTREAM_URL'],
    ['inline keys', 'data:application/json,{"keys":[]}', 'ERR_UPSTREAM_URL'],
  ])('%s is not asked', async (_name, jwksUri, reason) => {
    const events: UpstreamEvent[] = []
    const listener = (event: unknown): void => void events.push(event as UpstreamEvent)
    subscribe(CHANNELS.upstream, listener)
    onTestFinished(() => void unsubscribe(CHANNELS.upstream, listener))
    const { issuer, judge } = await startWorld()
    issuer.metadata = { jwks_uri: jwksUri }
    expect(await judge(await issuer.token())).toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE', status: 503 })
    expect(events.at(-1)).toMatchObject({
      issuer: issuer.issuer,
      outcome: reason,
      address: undefined,
      status: undefined,
    })
  })

  it('DM-1: a document that names another issuer is an error, and its keys are not asked for', async () => {
    const { issuer, judge } = await startWorld()
    await issuer.outage('lying-issuer', { issuer: `${issuer.issuer}/` })
    expect(await judge(await issuer.token())).toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE', status: 503 })
    expect(issuer.requests.map(({ endpoint }) => endpoint)).toEqual(['discovery'])
  })

  it('C.3 rule 8: URLs in a document that only inform are never asked', async () => {
    const clock = createTestClock()
    const victim = await startIssuer(clock)
    const { issuer, judge } = await startWorld({ clock })
    const names = [
      'logo_uri',
      'op_policy_uri',
      'op_tos_uri',
      'service_documentation',
      'check_session_iframe',
      'signed_jwks_uri',
    ]
    issuer.metadata = Object.fromEntries(names.map((name) => [name, victim.jwksUri]))
    expect(await judge(await issuer.token())).toEqual({ subject: expect.any(String) })
    expect([victim.requests.length, issuer.requests.length]).toEqual([0, 2])
  })

  it('C.3 rule 10: endpoints of distributed claims in a token are never asked', async () => {
    const clock = createTestClock()
    const victim = await startIssuer(clock)
    const { issuer, judge } = await startWorld({ clock })
    const claims = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: victim.jwksUri, access_token: 'a' } },
    }
    expect(await judge(await issuer.token(claims))).toEqual({ subject: expect.any(String) })
    expect(victim.requests).toEqual([])
  })

  it('C.3 rule 7: an unknown issuer is not asked for anything', async () => {
    const clock = createTestClock()
    const stranger = await startIssuer(clock)
    const { judge } = await startWorld({ clock })
    expect(await judge(await stranger.token())).toMatchObject({ reason: 'ERR_ISSUER_UNTRUSTED', status: 401 })
    expect(stranger.requests).toEqual([])
  })

  it('MX-2: keys and URLs in a token’s header are not asked for', async () => {
    const clock = createTestClock()
    const stranger = await startIssuer(clock)
    const { issuer, judge } = await startWorld({ clock })
    const header = { jku: stranger.jwksUri, x5u: stranger.jwksUri, jwk: stranger.jwks.keys[0] }
    expect(await judge(await issuer.token({}, { header, key: stranger.keys[0] }))).toMatchObject({
      reason: 'ERR_TOKEN_SIGNATURE',
      status: 401,
    })
    expect(stranger.requests).toEqual([])
  })
})
