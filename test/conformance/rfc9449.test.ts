import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { CHANNELS, createVerifier, memoryReplayStore, toAuthRequest } from '@countersign/core'
import type { VerdictEvent, Verifier, VerifierOptions } from '@countersign/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendRaw } from '../contract/raw-client.js'
import { areVectorsHere, readVectors } from '../vectors/folder.js'
import { AUDIENCE, createParty, ISSUER, NOW_SECONDS, reasonOf } from './party.js'
import type { Party } from './party.js'
import { createProofClient, toAth } from './proofs.js'
import type { ProofClient, ProofOptions } from './proofs.js'
import { startApi } from './server.js'
import type { Api } from './server.js'

type Field = readonly [name: string, value: string]

const ORDERS = `${AUDIENCE}/orders`
const ALGS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519 EdDSA'
const INVALID_TOKEN = 'error="invalid_token", error_description="The access token is invalid or expired"'
const INVALID_PROOF = 'error="invalid_dpop_proof", error_description="The DPoP proof is invalid"'
const INVALID_REQUEST = 'error="invalid_request", error_description="The request is malformed"'
const USE_NONCE = 'error="use_dpop_nonce", error_description="A DPoP proof with the nonce of this response is required"'
const blaming = (error: string) => `DPoP realm="api", ${error}, algs="${ALGS}", Bearer realm="api"`

let nowSeconds = NOW_SECONDS
let party: Party
let client: ProofClient
let stranger: ProofClient
let api: Api
let token: string
let verdict: VerdictEvent | undefined
const hear = (event: unknown) => void (verdict = event as VerdictEvent)

beforeAll(async () => {
  party = await createParty()
  const target = { url: ORDERS, nowSeconds: () => nowSeconds }
  client = await createProofClient(party.issuer, target)
  stranger = await createProofClient(party.issuer, target)
  token = await bind(client)
  api = await startApi(toVerifier())
  subscribe(CHANNELS.verdict, hear)
})
afterAll(async () => {
  unsubscribe(CHANNELS.verdict, hear)
  await api.close()
})

/** A verifier that takes proofs, and remembers them by itself. */
function toVerifier(options: Partial<VerifierOptions> = {}, mode: 'required' | 'allowed' = 'allowed'): Verifier {
  return party.verifier(
    {},
    {
      publicUrl: AUDIENCE,
      replayStore: memoryReplayStore(),
      dpop: { mode },
      runtime: { now: () => nowSeconds * 1_000 },
      ...options,
    },
  )
}

/** A token that is bound to the key of a client, alive for an hour on both sides of now. */
function bind({ confirmation }: Pick<ProofClient, 'confirmation'>, claims: object = {}): Promise<string> {
  const times = { iat: NOW_SECONDS - 10, exp: NOW_SECONDS + 7_200 }
  return party.issuer.token({ cnf: confirmation, scope: 'orders:read', ...times, ...claims })
}

const field = (value: string, scheme = 'DPoP'): Field => ['Authorization', `${scheme} ${value}`]

interface Answer {
  readonly status: number
  readonly challenge: string | undefined
  readonly nonce: string | undefined
  /** What the operator's log says. The client never learns it. */
  readonly reason: string
}

async function ask(fields: readonly Field[], method = 'GET', path = '/orders', to = api): Promise<Answer> {
  const answer = await sendRaw(Number(new URL(to.url).port), { method, path, fields })
  const [challenge, ...others] = answer.fields['www-authenticate'] ?? []
  expect(others).toEqual([])
  const reason = verdict?.outcome === 'refused' ? verdict.reason : 'accepted'
  return { status: answer.status, challenge, nonce: answer.fields['dpop-nonce']?.[0], reason }
}

/** Sends the token with an ordinary proof but for these changes. */
async function askWith(options: ProofOptions = {}, method = 'GET', path = '/orders', to = api): Promise<Answer> {
  return ask([field(token), ['DPoP', await client.proof(token, options)]], method, path, to)
}

const accepted = { status: 200, challenge: undefined, reason: 'accepted' }

/** The untouched token still works: what was refused before was refused for the reason that is meant. */
async function expectUntouchedToWork(): Promise<void> {
  expect(await askWith()).toMatchObject(accepted)
}

describe('RFC 9449, what a resource server must refuse', () => {
  const proof = (options: ProofOptions) => async (): Promise<readonly Field[]> => [
    field(token),
    ['DPoP', await client.proof(token, options)],
  ]
  const reshaped = (change: (proof: string) => string) => async (): Promise<readonly Field[]> => [
    field(token),
    ['DPoP', change(await client.proof(token))],
  ]

  it.each<[string, () => Promise<readonly Field[]>, string]>([
    [
      'D1 two DPoP fields',
      async () => [field(token), ['DPoP', await client.proof(token)], ['DPoP', await client.proof(token)]],
      'ERR_PROOF_MULTIPLE',
    ],
    [
      'D1 two proofs in one field',
      async () => [field(token), ['DPoP', `${await client.proof(token)}, ${await client.proof(token)}`]],
      'ERR_PROOF_MALFORMED',
    ],
    ['D1 two segments', reshaped((text) => text.split('.').slice(0, 2).join('.')), 'ERR_PROOF_MALFORMED'],
    ['D1 not a JWT', reshaped(() => 'proof'), 'ERR_PROOF_MALFORMED'],
    ['D1 an empty field', reshaped(() => ''), 'ERR_PROOF_MALFORMED'],
    ['D3 typ missing', proof({ header: { typ: undefined } }), 'ERR_PROOF_MALFORMED'],
    ['D3 typ with something behind it', proof({ header: { typ: 'dpop+jwt+wrong' } }), 'ERR_PROOF_MALFORMED'],
    ['D3 typ of an access token', proof({ header: { typ: 'at+jwt' } }), 'ERR_PROOF_MALFORMED'],
    ['D4 alg missing', proof({ header: { alg: undefined } }), 'ERR_PROOF_MALFORMED'],
    ['D4 alg none, and its signature there', proof({ header: { alg: 'none' } }), 'ERR_PROOF_MALFORMED'],
    ['D4 alg of a shared secret', proof({ header: { alg: 'HS256' } }), 'ERR_PROOF_MALFORMED'],
    ['D2 jwk missing', proof({ header: { jwk: undefined } }), 'ERR_PROOF_KEY'],
    ['D2 jti missing', proof({ claims: { jti: undefined } }), 'ERR_PROOF_CLAIM'],
    ['D2 jti blank', proof({ claims: { jti: '  ' } }), 'ERR_PROOF_CLAIM'],
    ['D2 htm missing', proof({ claims: { htm: undefined } }), 'ERR_PROOF_METHOD'],
    ['D2 htu missing', proof({ claims: { htu: undefined } }), 'ERR_PROOF_URL'],
    ['D2 iat missing', proof({ claims: { iat: undefined } }), 'ERR_PROOF_CLAIM'],
    ['D2 ath missing', proof({ claims: { ath: undefined } }), 'ERR_PROOF_TOKEN'],
    ['D5 a signature of another proof', reshaped((text) => `${text.slice(0, -10)}AAAAAAAAAA`), 'ERR_PROOF_SIGNATURE'],
    [
      'D5 a signature of another key',
      async () => [field(token), ['DPoP', await client.proof(token, { key: stranger.key })]],
      'ERR_PROOF_SIGNATURE',
    ],
    [
      'D6 the private key in the header',
      async () => {
        const jwk = client.key.privateKey.export({ format: 'jwk' })
        return [field(token), ['DPoP', await client.proof(token, { header: { jwk } })]]
      },
      'ERR_PROOF_KEY',
    ],
    ['D7 htm of another method', proof({ claims: { htm: 'PUT' } }), 'ERR_PROOF_METHOD'],
    ['D7 htm in lower case', proof({ claims: { htm: 'get' } }), 'ERR_PROOF_METHOD'],
    ['D8 htu of another path', proof({ claims: { htu: `${AUDIENCE}/other` } }), 'ERR_PROOF_URL'],
    ['D8 htu of another host', proof({ claims: { htu: 'https://evil.example/orders' } }), 'ERR_PROOF_URL'],
    ['D8 htu of plain http', proof({ claims: { htu: ORDERS.replace('https', 'http') } }), 'ERR_PROOF_URL'],
    ['D10 iat an hour ago', proof({ claims: { iat: NOW_SECONDS - 3_600 } }), 'ERR_PROOF_TIME'],
    ['D10 iat an hour ahead', proof({ claims: { iat: NOW_SECONDS + 3_600 } }), 'ERR_PROOF_TIME'],
    ['D10 iat as text', proof({ claims: { iat: String(NOW_SECONDS) } }), 'ERR_PROOF_CLAIM'],
    ['D11 ath of another token', proof({ claims: { ath: toAth('another') } }), 'ERR_PROOF_TOKEN'],
    [
      'D12 a good proof of another key',
      async () => [field(token), ['DPoP', await stranger.proof(token)]],
      'ERR_PROOF_BINDING',
    ],
    ['D1 no proof', async () => [field(token)], 'ERR_PROOF_MISSING'],
    ['D14 no proof, and the scheme Bearer', async () => [field(token, 'Bearer')], 'ERR_PROOF_REQUIRED'],
    [
      'D14 a proof, and the scheme Bearer',
      async () => [field(token, 'Bearer'), ['DPoP', await client.proof(token)]],
      'ERR_PROOF_REQUIRED',
    ],
    [
      'D15 a token that is bound to nothing, under the scheme DPoP',
      async () => {
        const unbound = await bind(client, { cnf: undefined })
        return [field(unbound), ['DPoP', await client.proof(unbound)]]
      },
      'ERR_PROOF_UNBOUND',
    ],
    [
      'D17 a confirmation of which nothing is understood',
      async () => {
        const odd = await bind(client, { cnf: { kid: 'any' } })
        return [field(odd), ['DPoP', await client.proof(odd)]]
      },
      'ERR_TOKEN_CONFIRMATION',
    ],
  ])('%s; and the untouched token still works', async (_, toFields, reason) => {
    const answer = await ask(await toFields())
    expect(answer).toMatchObject({ status: 401, reason })
    expect(answer.challenge).toMatch(/error="(invalid_dpop_proof|invalid_token)"/)
    await expectUntouchedToWork()
  })

  it('D4 RS256, where the profile knows PS256, ES256 and EdDSA alone; and the untouched token still works', async () => {
    const strict = await startApi(
      toVerifier({ dpop: { mode: 'required', algorithms: ['PS256', 'ES256', 'EdDSA'] } }, 'required'),
    )
    const target = { url: ORDERS, nowSeconds: () => nowSeconds }
    const rsa = await createProofClient(party.issuer, target, 'RS256')
    const own = await bind(rsa)
    const refused = await ask([field(own), ['DPoP', await rsa.proof(own)]], 'GET', '/orders', strict)
    expect(refused).toMatchObject({ status: 401, reason: 'ERR_PROOF_MALFORMED' })
    expect(refused.challenge).toBe(`DPoP realm="api", ${INVALID_PROOF}, algs="PS256 ES256 EdDSA"`)
    expect(await askWith({}, 'GET', '/orders', strict)).toMatchObject(accepted)
    expect(await ask([field(own), ['DPoP', await rsa.proof(own)]])).toMatchObject(accepted)
    await strict.close()
  })

  it('D13 a second use of a proof, and of its jti in another one; and the untouched token still works', async () => {
    const proof = await client.proof(token, { claims: { jti: 'once' } })
    expect(await ask([field(token), ['DPoP', proof]])).toMatchObject(accepted)
    const again = { status: 401, challenge: blaming(INVALID_PROOF), reason: 'ERR_PROOF_REPLAYED' }
    expect(await ask([field(token), ['DPoP', proof]])).toMatchObject(again)
    expect(await askWith({ claims: { jti: 'once' } })).toMatchObject(again)
    await expectUntouchedToWork()
  })
})

describe('RFC 9449, what a resource server must take', () => {
  it.each<[string, ProofOptions]>([
    ['D8 htu with query and fragment', { claims: { htu: `${ORDERS}?page=1#top` } }],
    ['D8 scheme and host in upper case', { claims: { htu: 'HTTPS://API.EXAMPLE.COM/orders' } }],
    ['D8 the default port', { claims: { htu: 'https://api.example.com:443/orders' } }],
    ['D8 dot segments and escapes that mean nothing', { claims: { htu: 'https://api.example.com/a/..//../%6frders' } }],
    ['D2 further claims', { claims: { extra: 'x', more: { deep: [1, 2] } } }],
    ['D2 further header members', { header: { extra: 'x', kid: 'any' } }],
    ['D10 iat ten seconds ago', { claims: { iat: NOW_SECONDS - 10 } }],
    ['D10 iat five minutes ago', { claims: { iat: NOW_SECONDS - 300 } }],
    ['D10 iat eight seconds ahead', { claims: { iat: NOW_SECONDS + 8 } }],
    ['D10 iat ten seconds ahead', { claims: { iat: NOW_SECONDS + 10 } }],
    ['D10 nbf now and exp in five minutes', { claims: { nbf: NOW_SECONDS, exp: NOW_SECONDS + 300 } }],
  ])('%s', async (_, options) => {
    expect(await askWith(options)).toMatchObject(accepted)
  })

  it('D8 a query on the request that the proof does not know', async () => {
    expect(await askWith({}, 'GET', '/orders?page=1&x=%5C')).toMatchObject(accepted)
    expect(await askWith({ claims: { htu: `${ORDERS}?another` } }, 'GET', '/orders?page=1')).toMatchObject(accepted)
  })

  it.each(['DPOP', 'dpop', 'dPoP', 'DPoP'])(
    'D1 the name of the field and of the scheme in any case: %s',
    async (name) => {
      expect(await ask([field(token, name), [name, await client.proof(token)]])).toMatchObject(accepted)
    },
  )

  it.each(['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'Ed25519', 'EdDSA'] as const)(
    'D5 a key for %s',
    async (alg) => {
      const other = await createProofClient(party.issuer, { url: ORDERS, nowSeconds: () => nowSeconds }, alg)
      const own = await bind(other)
      expect(await ask([field(own), ['DPoP', await other.proof(own)]])).toMatchObject(accepted)
    },
  )

  it('D7 any method, as long as the proof names it', async () => {
    for (const method of ['POST', 'DELETE', 'HEAD', 'OPTIONS']) {
      expect(await askWith({ claims: { htm: method } }, method)).toMatchObject(accepted)
      expect(await askWith({}, method)).toMatchObject({ status: 401, reason: 'ERR_PROOF_METHOD' })
    }
  })

  it('D17 a confirmation with members beside the one that is understood', async () => {
    const own = await bind(client, { cnf: { ...client.confirmation, 'urn:other': true } })
    expect(await ask([field(own), ['DPoP', await client.proof(own)]])).toMatchObject(accepted)
  })
})

describe('RFC 9449 section 6.1, a token that is bound', () => {
  it('D12 a token of another client, stolen together with a fresh proof of the thief, is worth nothing', async () => {
    const stolen = await ask([field(token), ['DPoP', await stranger.proof(token)]])
    expect(stolen).toMatchObject({ status: 401, challenge: blaming(INVALID_TOKEN), reason: 'ERR_PROOF_BINDING' })
  })

  it('D12 is bound by a thumbprint: another spelling of a coordinate is another key', async () => {
    const jwk = { ...client.jwk, x: `${String(client.jwk.x)}=` }
    expect(await askWith({ header: { jwk } })).toMatchObject({ status: 401, reason: 'ERR_PROOF_BINDING' })
  })

  it('D12 is refused outside any request, where nothing can prove possession', async () => {
    expect(await reasonOf(toVerifier().verify(token))).toBe('ERR_PROOF_REQUIRED')
  })

  it('D17 to a certificate as well as to a key is refused while only one of them is looked at', async () => {
    const own = await bind(client, { cnf: { ...client.confirmation, 'x5t#S256': 'A'.repeat(43) } })
    const answer = await ask([field(own), ['DPoP', await client.proof(own)]])
    expect(answer).toMatchObject({ status: 401, reason: 'ERR_PROOF_REQUIRED' })
  })
})

describe('RFC 9449 section 7, the DPoP scheme', () => {
  it('§7.1 answers nobody with the schemes and the algorithms there are', async () => {
    expect(await ask([])).toMatchObject({
      status: 401,
      challenge: `Bearer realm="api", DPoP realm="api", algs="${ALGS}"`,
    })
    const strict = await startApi(toVerifier({}, 'required'))
    expect(await ask([], 'GET', '/', strict)).toMatchObject({ challenge: `DPoP realm="api", algs="${ALGS}"` })
    await strict.close()
  })

  it('§7.1 D12 calls a proof that lacks or fails an invalid proof, and another key an invalid token', async () => {
    expect((await ask([field(token)])).challenge).toBe(blaming(INVALID_PROOF))
    expect((await askWith({ claims: { htm: 'PUT' } })).challenge).toBe(blaming(INVALID_PROOF))
    expect((await ask([field(token), ['DPoP', await stranger.proof(token)]])).challenge).toBe(blaming(INVALID_TOKEN))
  })

  it('§7.1 looks at the token first: a bad one is a bad token, whatever its proof', async () => {
    const expired = await bind(client, { iat: NOW_SECONDS - 600, exp: NOW_SECONDS - 300 })
    for (const fields of [
      [field(expired), ['DPoP', await client.proof(expired)]],
      [field(expired), ['DPoP', 'nonsense']],
      [field(expired)],
    ] as const) {
      expect(await ask(fields)).toMatchObject({ challenge: blaming(INVALID_TOKEN), reason: 'ERR_TOKEN_EXPIRED' })
    }
  })

  it('§7.2 D14 answers the downgrade under Bearer, with a bare DPoP beside it', async () => {
    const challenge = `Bearer realm="api", ${INVALID_TOKEN}, DPoP realm="api", algs="${ALGS}"`
    expect(await ask([field(token, 'Bearer')])).toMatchObject({ status: 401, challenge })
  })

  it('§7.2 D15 answers an unbound token under DPoP, because a client that thinks itself protected must learn it', async () => {
    const unbound = await party.issuer.token()
    const answer = await ask([field(unbound), ['DPoP', await client.proof(unbound)]])
    expect(answer).toMatchObject({ status: 401, challenge: blaming(INVALID_TOKEN) })
    // The same token as Bearer is none of DPoP's business.
    expect(await ask([field(unbound, 'Bearer')])).toMatchObject(accepted)
    expect(await ask([field(unbound, 'Bearer'), ['DPoP', 'ignored']])).toMatchObject(accepted)
  })

  it('§7.2 answers a malformed request under both schemes', async () => {
    const challenge = `Bearer realm="api", ${INVALID_REQUEST}, DPoP realm="api", ${INVALID_REQUEST}, algs="${ALGS}"`
    for (const fields of [[field('a b')], [field(token), field(token)], [field(token), field(token, 'Bearer')]]) {
      expect(await ask(fields)).toMatchObject({ status: 400, challenge })
    }
  })

  it('§7.2 takes both schemes side by side, or DPoP alone, as the verifier says', async () => {
    const unbound = await party.issuer.token()
    const strict = await startApi(toVerifier({}, 'required'))
    const refused = await ask([field(unbound, 'Bearer')], 'GET', '/orders', strict)
    expect(refused).toMatchObject({ status: 401, reason: 'ERR_PROOF_REQUIRED' })
    expect(await askWith({}, 'GET', '/orders', strict)).toMatchObject(accepted)
    await strict.close()
    expect(await ask([field(unbound, 'Bearer')])).toMatchObject(accepted)
  })

  it('§7.2 lacks a scope under the scheme that was used', async () => {
    const answer = await askWith({ claims: { htu: `${AUDIENCE}/write` } }, 'GET', '/write')
    expect(answer.status).toBe(403)
    expect(answer.challenge).toMatch(
      /^DPoP realm="api", error="insufficient_scope", .*, algs="[^"]+", Bearer realm="api"$/,
    )
  })

  it('§7 where proofs are not checked DPoP is a foreign scheme, and a bound token is refused', async () => {
    const plain = await startApi(party.verifier())
    const proof: Field = ['DPoP', await client.proof(token)]
    for (const fields of [
      [field(token), proof],
      [field(token, 'Bearer'), proof],
    ]) {
      const answer = await ask(fields, 'GET', '/orders', plain)
      expect(answer.status).toBe(401)
      expect(answer.challenge).toMatch(/^Bearer realm="api"(?!.*DPoP)/)
    }
    await plain.close()
  })
})

describe('RFC 9449 sections 8 and 9, nonces', () => {
  const secrets = ['a secret of the conformance suite, 46 characters']

  async function withNonces(run: (to: Api) => Promise<void>, options: object = {}): Promise<void> {
    const to = await startApi(toVerifier({ dpop: { mode: 'allowed', nonce: { secrets, ...options } } }))
    const before = nowSeconds
    try {
      await run(to)
    } finally {
      nowSeconds = before
      await to.close()
    }
  }

  it('§9 D9 asks for a nonce, gives it, and takes the proof that has it', async () => {
    await withNonces(async (to) => {
      const asked = await askWith({}, 'GET', '/orders', to)
      expect(asked).toMatchObject({ status: 401, challenge: blaming(USE_NONCE), reason: 'ERR_PROOF_NONCE' })
      expect(asked.nonce).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+$/)
      expect(await askWith({ claims: { nonce: asked.nonce } }, 'GET', '/orders', to)).toMatchObject(accepted)
      for (const nonce of ['', 'x', `${asked.nonce}x`, [asked.nonce]]) {
        expect(await askWith({ claims: { nonce } }, 'GET', '/orders', to)).toMatchObject({ reason: 'ERR_PROOF_NONCE' })
      }
    })
  })

  it('§9 D10 takes a clock that is an hour off, where the nonce tells the time', async () => {
    await withNonces(async (to) => {
      const { nonce } = await askWith({}, 'GET', '/orders', to)
      for (const iat of [NOW_SECONDS - 3_600, NOW_SECONDS + 3_600]) {
        expect(await askWith({ claims: { nonce, iat } }, 'GET', '/orders', to)).toMatchObject(accepted)
      }
      expect(await askWith({ claims: { nonce, iat: undefined } }, 'GET', '/orders', to)).toMatchObject({
        reason: 'ERR_PROOF_CLAIM',
      })
    })
  })

  it('§8.2 D9 gives the next nonce in time, so that a client that listens is never asked', async () => {
    await withNonces(async (to) => {
      let { nonce } = await askWith({}, 'GET', '/orders', to)
      let given = 0
      for (let seconds = 0; seconds < 300; seconds += 5) {
        nowSeconds = NOW_SECONDS + seconds
        const answer = await askWith({ claims: { nonce } }, 'GET', '/orders', to)
        expect([seconds, answer.status]).toEqual([seconds, 200])
        if (answer.nonce !== undefined && answer.nonce !== nonce) given += 1
        nonce = answer.nonce ?? nonce
      }
      expect(given).toBe(4)
    })
  })

  it('§9 D9 refuses a nonce that is two slots old, and gives the present one', async () => {
    await withNonces(async (to) => {
      const { nonce } = await askWith({}, 'GET', '/orders', to)
      nowSeconds += 119
      expect(await askWith({ claims: { nonce } }, 'GET', '/orders', to)).toMatchObject(accepted)
      nowSeconds += 1
      const late = await askWith({ claims: { nonce } }, 'GET', '/orders', to)
      expect(late).toMatchObject({ status: 401, challenge: blaming(USE_NONCE) })
      expect(await askWith({ claims: { nonce: late.nonce } }, 'GET', '/orders', to)).toMatchObject(accepted)
    })
  })

  it('§11.3 D9 D13 uses a proof up although its nonce stays good', async () => {
    await withNonces(async (to) => {
      const { nonce } = await askWith({}, 'GET', '/orders', to)
      const fields: readonly Field[] = [field(token), ['DPoP', await client.proof(token, { claims: { nonce } })]]
      expect(await ask(fields, 'GET', '/orders', to)).toMatchObject(accepted)
      nowSeconds += 100
      expect(await ask(fields, 'GET', '/orders', to)).toMatchObject({ reason: 'ERR_PROOF_REPLAYED' })
    })
  })

  it('§8 gives none with an outage or where none are wanted', async () => {
    expect((await ask([])).nonce).toBeUndefined()
    expect((await askWith()).nonce).toBeUndefined()
    const full = memoryReplayStore({ maxEntries: 1 })
    full.claim('something else', 60_000)
    const outage = await startApi(toVerifier({ replayStore: full }))
    const answer = await askWith({}, 'GET', '/orders', outage)
    expect(answer).toMatchObject({
      status: 503,
      challenge: undefined,
      nonce: undefined,
      reason: 'ERR_STORE_UNAVAILABLE',
    })
    await outage.close()
  })
})

describe('RFC 9449 section 11, replay', () => {
  it('§11.1 D13 refuses a proof on the second instance, where both share one memory', async () => {
    const replayStore = memoryReplayStore()
    const [one, other] = await Promise.all([
      startApi(toVerifier({ replayStore })),
      startApi(toVerifier({ replayStore })),
    ])
    const fields: readonly Field[] = [field(token), ['DPoP', await client.proof(token)]]
    expect(await ask(fields, 'GET', '/orders', one)).toMatchObject(accepted)
    for (const to of [other, one]) {
      expect(await ask(fields, 'GET', '/orders', to)).toMatchObject({ status: 401, reason: 'ERR_PROOF_REPLAYED' })
    }
    await Promise.all([one.close(), other.close()])
  })

  it('§11.1 D13 lets a forger burn no jti of somebody else', async () => {
    const jti = 'wanted'
    expect(await askWith({ claims: { jti }, key: stranger.key })).toMatchObject({ reason: 'ERR_PROOF_SIGNATURE' })
    const theirs = await bind(stranger)
    const own: Field = ['DPoP', await stranger.proof(theirs, { claims: { jti } })]
    expect(await ask([field(theirs), own])).toMatchObject(accepted)
    expect(await askWith({ claims: { jti } })).toMatchObject(accepted)
  })

  it('§11.1 D13 knows a jti by its target: the same at another URL is another use', async () => {
    const jti = 'by-target'
    expect(await askWith({ claims: { jti } })).toMatchObject(accepted)
    expect(await askWith({ claims: { jti, htu: `${AUDIENCE}/else` } }, 'GET', '/else')).toMatchObject(accepted)
    expect(await askWith({ claims: { jti, htu: `${ORDERS}?x#y` } })).toMatchObject({ reason: 'ERR_PROOF_REPLAYED' })
  })

  it('§11.1 D2 refuses a jti that is long enough to be an attack', async () => {
    expect(await askWith({ claims: { jti: 'x'.repeat(257) } })).toMatchObject({ reason: 'ERR_PROOF_CLAIM' })
  })

  it('§11.2 takes one proof of many at once, exactly', async () => {
    const verifier = toVerifier()
    const proof = await client.proof(token)
    const reasons = await Promise.all(
      Array.from({ length: 50 }, () =>
        reasonOf(verifier.authenticate(toAuthRequest('GET', ORDERS, { authorization: `DPoP ${token}`, dpop: proof }))),
      ),
    )
    expect(reasons.filter((reason) => reason === 'accepted')).toHaveLength(1)
    expect(new Set(reasons)).toEqual(new Set(['accepted', 'ERR_PROOF_REPLAYED']))
  })
})

interface Vectors {
  readonly accessToken: string
  readonly proofs: readonly {
    readonly proof: string
    readonly claims: { readonly htm: string; readonly htu: string; readonly iat: number; readonly ath?: string }
    readonly jkt: string
  }[]
  readonly challenges: readonly string[]
}

const NO_VECTORS: Vectors = { accessToken: '', proofs: [], challenges: [] }
const examples = areVectorsHere ? [readVectors('rfc-examples/rfc9449.json', NO_VECTORS)] : []

describe.each(examples)("RFC 9449, the RFC's own examples", (vectors) => {
  it.each(vectors.proofs.map((vector) => [vector.claims.htu, vector.claims.iat, vector] as const))(
    'D5 D7 D8 D10 D12 hold for %s at %i, but for the token, which is opaque',
    async (htu, iat, { proof, claims, jkt }) => {
      const verifier = createVerifier({
        audience: AUDIENCE,
        issuers: [{ issuer: ISSUER, keys: { jwks: party.issuer.jwks } }],
        publicUrl: new URL(htu).origin,
        dpop: { mode: 'required' },
        replayStore: memoryReplayStore(),
        runtime: { now: () => iat * 1_000 },
      })
      const judge = async (dpop: string, bound = jkt, method = claims.htm, url = htu) => {
        const own = await party.issuer.token({ cnf: { jkt: bound }, iat, exp: iat + 300 })
        const headers = { authorization: `DPoP ${own}`, dpop }
        return reasonOf(verifier.authenticate(toAuthRequest(method, url, headers)))
      }
      // The last check but one: everything before it held.
      expect(await judge(proof)).toBe('ERR_PROOF_TOKEN')
      const [header, payload, signature = ''] = proof.split('.')
      const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
      expect(await judge(`${header}.${payload}.${flipped}`)).toBe('ERR_PROOF_SIGNATURE')
      expect(await judge(proof, client.confirmation.jkt)).toBe('ERR_PROOF_BINDING')
      expect(await judge(proof, jkt, 'PUT')).toBe('ERR_PROOF_METHOD')
      expect(await judge(proof, jkt, claims.htm, `${htu}/other`)).toBe('ERR_PROOF_URL')
    },
  )

  it('D11 hash the token as we do', () => {
    const hashes = vectors.proofs.flatMap(({ claims }) => claims.ath ?? [])
    expect(hashes).toEqual([toAth(vectors.accessToken)])
  })

  it('§7 challenge with the same schemes, errors and algorithms as we do', async () => {
    const strict = await startApi(toVerifier({ dpop: { mode: 'required', algorithms: ['ES256', 'PS256'] } }))
    const es256 = await startApi(toVerifier({ dpop: { mode: 'required', algorithms: ['ES256'] } }))
    const both = await startApi(toVerifier({ dpop: { mode: 'allowed', algorithms: ['ES256', 'PS256'] } }))
    const nonce = { secrets: ['a secret of the conformance suite, 46 characters'] }
    const nonces = await startApi(toVerifier({ dpop: { mode: 'required', nonce } }))
    const ours = [
      (await ask([], 'GET', '/', strict)).challenge,
      (await ask([field(token), ['DPoP', await stranger.proof(token)]], 'GET', '/orders', es256)).challenge,
      (await ask([], 'GET', '/', both)).challenge,
      (await ask([field(token, 'Bearer')], 'GET', '/', both)).challenge,
      (await askWith({}, 'GET', '/orders', nonces)).challenge,
    ].map((challenge = '') => toSkeleton(challenge))
    const theirs = vectors.challenges.map(toSkeleton)
    // The figure of section 9 leaves its algorithms out.
    theirs[4] = theirs[4]?.map((part) => ({ ...part, algs: ALGS })) ?? []
    expect(ours).toEqual(theirs)
    await Promise.all([strict, es256, both, nonces].map((to) => to.close()))
  })
})

/** Schemes in order, each with what a client acts on: not the realm, and no text that is for people. */
function toSkeleton(challenge: string): { scheme: string; error: string | undefined; algs: string | undefined }[] {
  return challenge.split(/(?:^|, )(?=(?:Bearer|DPoP)\b)/).map((part) => ({
    scheme: /^\w+/.exec(part)?.[0] ?? '',
    error: /\berror="([^"]*)"/.exec(part)?.[1],
    algs: /\balgs="([^"]*)"/.exec(part)?.[1],
  }))
}
