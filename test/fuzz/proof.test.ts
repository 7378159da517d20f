import { hash, sign } from 'node:crypto'
import { CountersignError } from '@countersign/core'
import type { ReplayStore } from '@countersign/core'
import { createTestKey } from '@countersign/testing'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createParty, encode, NOW_SECONDS } from '../conformance/party.js'
import { LEAST_RUNS, TIMEOUT_MS, tryForAsync } from './minutes.js'
import { mutated } from './texts.js'

const party = await createParty(['ES256'])
const client = await createTestKey('ES256')
const { kid: _kid, alg: _alg, use: _use, ...jwk } = client.publicJwk
const token = await party.issuer.token({ cnf: { jkt: await calculateJwkThumbprint(client.publicJwk) } })

const header = { typ: 'dpop+jwt', alg: 'ES256', jwk }
const payload = {
  jti: 'proof-1',
  htm: 'GET',
  htu: `${AUDIENCE}/orders`,
  iat: NOW_SECONDS,
  ath: hash('sha256', token, 'base64url'),
}

function toProof(changed: string): string {
  const input = `${encode(header)}.${encode(changed)}`
  return `${input}.${encode(sign('sha256', Buffer.from(input), { key: client.privateKey, dsaEncoding: 'ieee-p1363' }))}`
}

const claimed: string[] = []
const replayStore: ReplayStore = {
  shared: false,
  claim(id) {
    claimed.push(id)
    return { fresh: true }
  },
}
const verifier = party.verifier({}, { dpop: { mode: 'allowed' }, replayStore, publicUrl: AUDIENCE })

async function judge(proof: string): Promise<string> {
  claimed.length = 0
  const headers = { authorization: `DPoP ${token}`, dpop: proof }
  try {
    await verifier.authenticate({ method: 'GET', url: '/orders', headers })
    return 'accepted'
  } catch (error) {
    if (error instanceof CountersignError) return error.reason
    throw error
  }
}

describe('the reader of proofs, fuzzed', () => {
  it(
    'takes no text but the proof itself, and writes nothing into the store for any other',
    { timeout: TIMEOUT_MS },
    async () => {
      const good = toProof(JSON.stringify(payload))
      const seeds = [good, `${encode(header)}.${encode(payload)}.AAAA`, token, `${good}.${good}`, '']
      const pieces = [
        '.',
        '=',
        ' ',
        ',',
        '\0',
        'e30',
        encode('{"alg":"none"}'),
        encode({ ...header, alg: 'none' }),
        '\u0141',
        good.slice(0, 40),
      ]
      const runs = await tryForAsync('proof decoder', mutated(seeds, pieces), async (text) => {
        const reason = await judge(text)
        expect(reason === 'accepted').toBe(text === good)
        expect(claimed.length).toBe(text === good ? 1 : 0)
        if (text !== good) expect(reason).toMatch(/^ERR_PROOF_/)
      })
      expect(runs).toBeGreaterThan(LEAST_RUNS)
    },
  )

  it('takes of what the client signed only what says the same', { timeout: TIMEOUT_MS }, async () => {
    const text = JSON.stringify(payload)
    const pieces = [
      '"',
      ',',
      ':',
      '{',
      '}',
      ' ',
      '"htm":"GET"',
      '"exp":1',
      '"nbf":9999999999',
      '"jti":"x"',
      '1e3',
      '-',
      '.',
      '/',
      '?',
      '#',
      '%2e',
      '\\u0041',
      'null',
      '9',
    ]
    let accepted = 0
    const runs = await tryForAsync('signed proofs', mutated([text], pieces), async (changed) => {
      const reason = await judge(toProof(changed))
      expect(claimed.length).toBe(reason === 'accepted' ? 1 : 0)
      if (reason !== 'accepted') return expect(reason).toMatch(/^ERR_PROOF_/)
      accepted++
      const said = JSON.parse(changed) as Readonly<Record<string, unknown>>
      expect([said['htm'], said['ath']]).toEqual(['GET', payload.ath])
      expect(new URL(String(said['htu'])).href.replace(/[?#].*$/, '')).toBe(payload.htu)
      expect(Math.abs(Number(said['iat']) - NOW_SECONDS)).toBeLessThanOrEqual(300)
    })
    expect(runs).toBeGreaterThan(LEAST_RUNS)
    expect(accepted).toBeGreaterThan(0)
  })
})
