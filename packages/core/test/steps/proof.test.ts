import { generateKeyPairSync } from 'node:crypto'
import { createTestKey } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import type { AuthRequest } from '../../src/auth-request.js'
import { createProofKeys } from '../../src/keys/proof-keys.js'
import type { DpopOptions, VerifierOptions } from '../../src/options/options.js'
import { checkProof } from '../../src/steps/proof.js'
import { toReplayId } from '../../src/stores/replay-id.js'
import { AUDIENCE, NOW_SECONDS, stillRuntime, toParts } from '../parts.js'
import {
  clientKey,
  createRecordingStore,
  ORDERS,
  otherKey,
  PROOF_CLAIMS,
  PROOF_HEADER,
  signText,
  toJkt,
  toProof,
  toProofOf,
  toProvenRequest,
  toPublicJwk,
  TOKEN,
  withDpop,
} from '../proofs.js'
import { errorOfAsync, reasonOfAsync } from '../refusals.js'

interface Situation {
  readonly dpop?: readonly string[]
  readonly request?: Partial<AuthRequest>
  readonly options?: Partial<DpopOptions>
  readonly verifier?: Partial<VerifierOptions>
  readonly thumbprint?: string
  readonly token?: string
}

/** A verifier's proof step, with a store that writes down what it is asked. */
function create(options?: Partial<DpopOptions>, verifier?: Partial<VerifierOptions>, store = createRecordingStore()) {
  const { rules } = toParts({}, { ...withDpop(store, options), ...verifier })
  const { dpop } = rules
  if (dpop === undefined) throw new Error('There is no DPoP')
  const proofKeys = createProofKeys()
  const check = ({ dpop: fields = [toProof()], request = {}, thumbprint, token = TOKEN }: Situation = {}) => {
    const proven = toProvenRequest(fields, request)
    const credentials = { scheme: 'DPoP', token, request: proven } as const
    return checkProof(thumbprint ?? toJkt(clientKey), credentials, proven, { rules, dpop, proofKeys })
  }
  return { store, dpop, check }
}

async function reason({ options, verifier, ...situation }: Situation = {}): Promise<string> {
  const { check, store } = create(options, verifier)
  const outcome = await reasonOfAsync(() => check(situation))
  // D13: only who passed every other check may write into the store.
  expect(store.asked).toHaveLength(outcome === 'accepted' ? 1 : 0)
  return outcome
}

const withClaims = (claims: Readonly<Record<string, unknown>>) => reason({ dpop: [toProof(claims)] })
const withHeader = (header: Readonly<Record<string, unknown>>) => reason({ dpop: [toProof({}, header)] })

describe('a proof', () => {
  it('D1 to D13: that is good in every way is taken, and its id is claimed', async () => {
    const { check, store } = create()
    await check()
    expect(store.asked.map(({ id }) => id)).toEqual([toReplayId('dpop', toJkt(clientKey), ORDERS, 'proof-1')])
  })

  it('may say more than it has to', async () => {
    expect(await withClaims({ other: { deep: [1] }, aud: 'any', iss: 'any' })).toBe('accepted')
    expect(await withHeader({ kid: 'any', x5c: ['any'], jku: 'https://evil.example/jwks', other: 1 })).toBe('accepted')
    expect(await withHeader({ typ: 'DPoP+JWT' })).toBe('accepted')
  })

  it.each(['RS256', 'RS512', 'PS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const)(
    'D4, D5: is taken under %s',
    async (alg) => {
      const key = await createTestKey(alg)
      expect(await reason({ dpop: [await toProofOf(alg, key)], thumbprint: toJkt(key) })).toBe('accepted')
    },
  )
})

describe('the DPoP field', () => {
  it('D1: is wanted, once', async () => {
    expect(await reason({ dpop: [] })).toBe('ERR_PROOF_MISSING')
    expect(await reason({ dpop: [toProof(), toProof({ jti: 'other' })] })).toBe('ERR_PROOF_MULTIPLE')
    expect(await reason({ dpop: [toProof(), toProof()] })).toBe('ERR_PROOF_MULTIPLE')
    expect(await reason({ dpop: [toProof(), ''] })).toBe('ERR_PROOF_MULTIPLE')
  })

  it.each([
    '',
    'x',
    'a.b',
    toProof().split('.').slice(0, 2).join('.'),
    `${toProof()}.`,
    `${toProof()}=`,
    `${toProof()}, ${toProof()}`,
    `DPoP ${toProof()}`,
    ` ${toProof()}`,
    signText('{"typ":"dpop+jwt","typ":"dpop+jwt","alg":"ES256"}', PROOF_CLAIMS),
    signText('[]', PROOF_CLAIMS),
    signText(PROOF_HEADER, '[]'),
    signText(PROOF_HEADER, '{"jti":"a","jti":"b"}'),
    signText(PROOF_HEADER, 'null'),
    signText(PROOF_HEADER, Buffer.from([0xff])),
    toProof({ padding: 'x'.repeat(8_192) }),
    toProof({}, { padding: 'x'.repeat(2_048) }),
    toProof({ deep: JSON.parse('['.repeat(20) + ']'.repeat(20)) as unknown }),
  ])('D1: holds one JWT and nothing else: not %#', async (field) => {
    expect(await reason({ dpop: [field] })).toBe('ERR_PROOF_MALFORMED')
  })

  it('says in the detail, and there alone, what is wrong with its form', async () => {
    const error = await errorOfAsync(() => create().check({ dpop: ['a.b'] }))
    expect(error).toMatchObject({ message: 'The DPoP proof is invalid', status: 401, oauthError: 'invalid_dpop_proof' })
    expect(error.detail).toEqual({ why: 'ERR_TOKEN_MALFORMED' })
  })
})

describe('the header of a proof', () => {
  it.each([undefined, null, '', 'JWT', 'at+jwt', 'dpop', 'dpop+jwt+wrong', 'application/dpop+jwt', 'dpop+jwt ', 1])(
    'D3: with typ %j is refused',
    async (typ) => {
      expect(await withHeader({ typ })).toBe('ERR_PROOF_MALFORMED')
    },
  )

  it.each([undefined, null, '', 'none', 'None', 'HS256', 'es256', 'ES256K', 'RSA1_5', 'dir', 1])(
    'D4: with alg %j is refused',
    async (alg) => {
      expect(await withHeader({ alg })).toBe('ERR_PROOF_MALFORMED')
    },
  )

  it('D4: with an algorithm that the options leave out is refused', async () => {
    const options = { algorithms: ['PS256', 'EdDSA'] } as const
    expect(await reason({ options })).toBe('ERR_PROOF_MALFORMED')
    const key = await createTestKey('PS256')
    const situation = { options, thumbprint: toJkt(key) }
    expect(await reason({ ...situation, dpop: [await toProofOf('PS256', key)] })).toBe('accepted')
    expect(await reason({ ...situation, dpop: [await toProofOf('RS256', key)] })).toBe('ERR_PROOF_MALFORMED')
  })

  it('with crit is refused: nothing that could be critical is understood', async () => {
    expect(await withHeader({ crit: ['exp'], exp: 1 })).toBe('ERR_PROOF_MALFORMED')
    expect(await withHeader({ b64: false })).toBe('ERR_PROOF_MALFORMED')
  })

  it.each([undefined, null, 'jwk', [], {}, { kty: 'oct', k: 'c2VjcmV0' }, { ...PROOF_HEADER.jwk, y: undefined }])(
    'D2, D4: with jwk %j is refused',
    async (jwk) => {
      expect(await withHeader({ jwk })).toBe('ERR_PROOF_KEY')
    },
  )

  it('D6: with a private key is refused', async () => {
    expect(await withHeader({ jwk: clientKey.privateKey.export({ format: 'jwk' }) })).toBe('ERR_PROOF_KEY')
  })

  it('D2: gives no key by any other member', async () => {
    const key = toPublicJwk(clientKey)
    const header = { jwk: undefined, jwks: { keys: [key] }, x5c: [], jku: 'data:,', ['__proto__']: { jwk: key } }
    expect(await withHeader(header)).toBe('ERR_PROOF_KEY')
    const { jwk, ...rest } = PROOF_HEADER
    const inherited = `${JSON.stringify(rest).slice(0, -1)},"__proto__":{"jwk":${JSON.stringify(jwk)}}}`
    expect(await reason({ dpop: [signText(inherited, PROOF_CLAIMS)] })).toBe('ERR_PROOF_KEY')
  })
})

describe('the signature of a proof', () => {
  it('D5: must be that of the key it brings', async () => {
    const [header, payload, signature = ''] = toProof().split('.')
    expect(await reason({ dpop: [toProof({}, {}, otherKey.privateKey)] })).toBe('ERR_PROOF_SIGNATURE')
    expect(await reason({ dpop: [`${header}.${payload}.${toProof({ jti: 'x' }).split('.')[2]}`] })).toBe(
      'ERR_PROOF_SIGNATURE',
    )
    expect(await reason({ dpop: [`${header}.${payload}.${signature.slice(0, 40)}`] })).toBe('ERR_PROOF_SIGNATURE')
    expect(await reason({ dpop: [`${header}.${payload}.`] })).toBe('ERR_PROOF_MALFORMED')
  })

  it('D5: under an algorithm of another family than the key is refused', async () => {
    expect(await withHeader({ alg: 'ES384' })).toBe('ERR_PROOF_SIGNATURE')
    expect(await withHeader({ alg: 'RS256' })).toBe('ERR_PROOF_SIGNATURE')
    expect(await withHeader({ alg: 'EdDSA' })).toBe('ERR_PROOF_SIGNATURE')
  })

  it('D12: of a key that the token is not bound to is refused, the token and not the proof being to blame', async () => {
    const foreign = toProof({}, { jwk: toPublicJwk(otherKey) }, otherKey.privateKey)
    expect(await reason({ dpop: [foreign] })).toBe('ERR_PROOF_BINDING')
    const error = await errorOfAsync(() => create().check({ dpop: [foreign] }))
    expect(error).toMatchObject({ oauthError: 'invalid_token', status: 401 })
    for (const thumbprint of ['', 'x', `${toJkt(clientKey)}=`, toJkt(clientKey).toLowerCase()]) {
      expect(await reason({ thumbprint })).toBe('ERR_PROOF_BINDING')
    }
  })

  it('D12: is compared with the bound key by the same name after it was remembered', async () => {
    const { check } = create()
    await check()
    expect(await reasonOfAsync(() => check({ dpop: [toProof({}, {}, otherKey.privateKey)] }))).toBe(
      'ERR_PROOF_SIGNATURE',
    )
    const foreign = toProof({ jti: 'b' }, { jwk: toPublicJwk(otherKey) }, otherKey.privateKey)
    expect(await reasonOfAsync(() => check({ dpop: [foreign] }))).toBe('ERR_PROOF_BINDING')
    expect(await reasonOfAsync(() => check({ dpop: [toProof({ jti: 'c' })] }))).toBe('accepted')
  })
})

describe('the claims of a proof', () => {
  it.each([undefined, null, '', ' ', '\t\n', 1, true, [], ['proof-1'], {}, 'x'.repeat(257)])(
    'D2: with jti %j is refused',
    async (jti) => {
      expect(await withClaims({ jti })).toBe('ERR_PROOF_CLAIM')
    },
  )

  it('D2: may have a jti of 256 characters of any kind', async () => {
    expect(await withClaims({ jti: 'é'.repeat(256) })).toBe('accepted')
    expect(await withClaims({ jti: '../../"\u0000' })).toBe('accepted')
  })

  it.each([undefined, null, '', 'get', 'Get', 'PUT', 'GET ', 'HEAD', ['GET'], 1])(
    'D7: with htm %j is refused for a GET',
    async (htm) => {
      expect(await withClaims({ htm })).toBe('ERR_PROOF_METHOD')
    },
  )

  it('D7: name the method that was sent, for HEAD too', async () => {
    expect(await reason({ request: { method: 'HEAD' } })).toBe('ERR_PROOF_METHOD')
    expect(await reason({ request: { method: 'HEAD' }, dpop: [toProof({ htm: 'HEAD' })] })).toBe('accepted')
    expect(await reason({ request: { method: 'PURGE' }, dpop: [toProof({ htm: 'PURGE' })] })).toBe('accepted')
  })

  it.each([
    ORDERS,
    `${ORDERS}?page=2`,
    `${ORDERS}#top`,
    'HTTPS://API.EXAMPLE.COM/orders',
    'https://api.example.com:443/orders',
    'https://api.example.com/a/../orders',
    'https://api.example.com/%6Frders',
  ])('D8: may name the URL as %s', async (htu) => {
    expect(await withClaims({ htu })).toBe('accepted')
    expect(await reason({ dpop: [toProof({ htu })], request: { url: `${ORDERS}?page=1` } })).toBe('accepted')
  })

  it.each([
    undefined,
    null,
    '',
    1,
    [ORDERS],
    { url: ORDERS },
    '/orders',
    '//api.example.com/orders',
    'http://api.example.com/orders',
    'https://api.example.com:8443/orders',
    'https://api.example.com/',
    'https://api.example.com/orders/',
    'https://api.example.com/Orders',
    'https://api.example.com/orders/1',
    'https://api.example.com//orders',
    'https://evil.example/orders',
    'https://api.example.com@evil.example/orders',
    'https://evil.example?https://api.example.com/orders',
    'https:\\\\api.example.com/orders',
    'https://api.exa\tmple.com/orders',
    'https://user@api.example.com/orders',
  ])('D8: with htu %j are refused', async (htu) => {
    expect(await withClaims({ htu })).toBe('ERR_PROOF_URL')
  })

  it('D8: match nothing where the URL of the request is not known, or below no public URL', async () => {
    for (const url of [undefined, '', 'nonsense', '/orders', 'https://evil.example/orders']) {
      expect(await reason({ request: { url }, dpop: [toProof({ htu: url })] })).toBe('ERR_PROOF_URL')
      expect(await reason({ request: { url } })).toBe('ERR_PROOF_URL')
    }
  })

  it('D8: may name the request below any public URL, and are used up below each by themselves', async () => {
    const publicUrl = [`${AUDIENCE}/v1`, 'https://api.example.net']
    const request = { url: `${AUDIENCE}/v1/orders` }
    const { check, store } = create({}, { publicUrl })
    for (const htu of [
      `${AUDIENCE}/v1/orders`,
      'https://api.example.net/orders',
      'HTTPS://api.example.NET:443/orders',
    ]) {
      await check({ request, dpop: [toProof({ htu })] })
    }
    const [first, second, third] = store.asked.map(({ id }) => id)
    expect(second).not.toBe(first)
    // Another spelling is no other URL.
    expect(third).toBe(second)
    for (const htu of [ORDERS, 'https://api.example.net/v1/orders']) {
      expect(await reason({ verifier: { publicUrl }, request, dpop: [toProof({ htu })] })).toBe('ERR_PROOF_URL')
    }
  })

  it('D8: for another API do not hold for a target that climbs out of the stripped prefix', async () => {
    const situation = { verifier: { publicUrl: `${AUDIENCE}/v1` }, request: { url: `${AUDIENCE}/v1/../v2/orders` } }
    expect(await reason({ ...situation, dpop: [toProof({ htu: `${AUDIENCE}/v2/orders` })] })).toBe('ERR_PROOF_URL')
  })

  it.each([
    undefined,
    null,
    '',
    'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    `${PROOF_CLAIMS.ath}=`,
    [PROOF_CLAIMS.ath],
    1,
  ])('D11: with ath %j are refused', async (ath) => {
    expect(await withClaims({ ath })).toBe('ERR_PROOF_TOKEN')
  })

  it('D11: are good for one token alone', async () => {
    expect(await reason({ token: 'other.b.c' })).toBe('ERR_PROOF_TOKEN')
  })
})

describe('the time of a proof', () => {
  it.each([undefined, null, '', `${NOW_SECONDS}`, [NOW_SECONDS], true, 1e300, -1e300])(
    'D2: with iat %j is refused',
    async (iat) => {
      expect(await withClaims({ iat })).toBe('ERR_PROOF_CLAIM')
    },
  )

  it.each([
    [0, 'accepted'],
    [10, 'accepted'],
    [10.001, 'ERR_PROOF_TIME'],
    [11, 'ERR_PROOF_TIME'],
    [3_600, 'ERR_PROOF_TIME'],
    [Number.MAX_SAFE_INTEGER - NOW_SECONDS, 'ERR_PROOF_TIME'],
    [Number.MAX_SAFE_INTEGER + 1 - NOW_SECONDS, 'ERR_PROOF_CLAIM'],
    [-10, 'accepted'],
    [-300, 'accepted'],
    [-300.001, 'ERR_PROOF_TIME'],
    [-3_600, 'ERR_PROOF_TIME'],
  ])('D10: %d s from now is %s', async (seconds, outcome) => {
    expect(await withClaims({ iat: NOW_SECONDS + seconds })).toBe(outcome)
  })

  it('D10: is judged by the options', async () => {
    const options = { maxAgeSeconds: 20, futureSkewSeconds: 0 }
    const at = (seconds: number) => reason({ options, dpop: [toProof({ iat: NOW_SECONDS + seconds })] })
    expect([await at(-20), await at(-21), await at(0), await at(1)]).toEqual([
      'accepted',
      'ERR_PROOF_TIME',
      'accepted',
      'ERR_PROOF_TIME',
    ])
  })

  it('D10: holds by exp and nbf too, where a client sets them', async () => {
    expect(await withClaims({ nbf: NOW_SECONDS, exp: NOW_SECONDS + 300 })).toBe('accepted')
    expect(await withClaims({ nbf: NOW_SECONDS + 10 })).toBe('accepted')
    for (const exp of [NOW_SECONDS, NOW_SECONDS - 1, null, '9999999999', Infinity]) {
      expect(await withClaims({ exp })).toBe('ERR_PROOF_TIME')
    }
    for (const nbf of [NOW_SECONDS + 11, null, '0']) expect(await withClaims({ nbf })).toBe('ERR_PROOF_TIME')
  })

  it('D13: is remembered for as long as any instance takes it, and a minute for clocks that disagree or are set back', async () => {
    const { check, store } = create()
    for (const iat of [NOW_SECONDS, NOW_SECONDS + 10, NOW_SECONDS - 300]) await check({ dpop: [toProof({ iat })] })
    expect(store.asked.map(({ ttlMs }) => ttlMs)).toEqual([360_000, 370_000, 60_000])
    // Nothing that the client says makes us remember longer.
    await check({ dpop: [toProof({ exp: NOW_SECONDS + 1e9 })] })
    expect(store.asked.at(-1)?.ttlMs).toBe(360_000)
  })
})

describe('a proof for a store with a gap in its memory', () => {
  const NOW_MS = NOW_SECONDS * 1_000
  const since = (memorySinceMs: number, options?: Partial<DpopOptions>) =>
    create(
      options,
      {},
      createRecordingStore(() => ({ fresh: true, memorySinceMs })),
    )

  it('D13: counts as made before it for as long as any clock, the client’s or an instance’s, may be ahead', async () => {
    const proof = toProof({ iat: NOW_SECONDS + 10 })
    expect(await reasonOfAsync(() => since(NOW_MS - 5_000).check({ dpop: [proof] }))).toBe('accepted')
    expect(await reasonOfAsync(() => since(NOW_MS - 4_999).check({ dpop: [proof] }))).toBe('ERR_STORE_UNAVAILABLE')
    expect(await reasonOfAsync(() => since(NOW_MS - 15_000).check())).toBe('accepted')
    expect(await reasonOfAsync(() => since(NOW_MS - 14_999).check())).toBe('ERR_STORE_UNAVAILABLE')
  })

  it('D9, D13: counts by its nonce where there is one, whatever the client’s clock says', async () => {
    const { dpop } = create({ nonce: {} })
    const startedAtMs = dpop.nonces?.check(dpop.nonces.issue(NOW_MS), NOW_MS)?.startedAtMs ?? 0
    for (const [memorySinceMs, outcome] of [
      [startedAtMs, 'accepted'],
      [startedAtMs + 1, 'ERR_STORE_UNAVAILABLE'],
    ] as const) {
      const { check, dpop: own } = since(memorySinceMs, { nonce: {} })
      const proof = toProof({ iat: NOW_SECONDS + 3_600, nonce: own.nonces?.issue(NOW_MS) })
      expect(await reasonOfAsync(() => check({ dpop: [proof] }))).toBe(outcome)
    }
  })
})

describe('the nonce of a proof', () => {
  const nonce = { slotSeconds: 60 }
  const NOW_MS = NOW_SECONDS * 1_000

  it('D9: is demanded where nonces are given, and no other is taken', async () => {
    const { check, dpop } = create({ nonce })
    const issued = dpop.nonces?.issue(NOW_MS)
    expect(await reasonOfAsync(() => check({ dpop: [toProof({ nonce: issued })] }))).toBe('accepted')
    for (const other of [undefined, null, '', 'x', [issued], 1, dpop.nonces?.issue(NOW_MS - 120_000)]) {
      const error = await errorOfAsync(() => check({ dpop: [toProof({ nonce: other })] }))
      expect(error).toMatchObject({ reason: 'ERR_PROOF_NONCE', oauthError: 'use_dpop_nonce', status: 401 })
    }
  })

  it('D9: is not looked at where none are given', async () => {
    expect(await withClaims({ nonce: 'any' })).toBe('accepted')
  })

  it('D10: tells our own time, so that a client whose clock is an hour off gets through', async () => {
    const { check, dpop } = create({ nonce })
    const issued = dpop.nonces?.issue(NOW_MS)
    for (const seconds of [-3_600, 3_600]) {
      const proof = toProof({ iat: NOW_SECONDS + seconds, nonce: issued })
      expect(await reasonOfAsync(() => check({ dpop: [proof] }))).toBe('accepted')
    }
    expect(await reasonOfAsync(() => check({ dpop: [toProof({ iat: null, nonce: issued })] }))).toBe('ERR_PROOF_CLAIM')
  })

  it('D9, D13: bounds how long a proof is remembered', async () => {
    const { check, dpop, store } = create({ nonce })
    const slot = dpop.nonces?.check(dpop.nonces.issue(NOW_MS), NOW_MS)
    await check({ dpop: [toProof({ nonce: dpop.nonces?.issue(NOW_MS) })] })
    expect(store.asked).toMatchObject([{ ttlMs: (slot?.endsAtMs ?? 0) - NOW_MS + 60_000 }])
  })
})

describe('a flood of proofs', () => {
  it('D13: that are unsigned, wrongly signed or for something else writes nothing into the store', async () => {
    const { check, store } = create()
    const forged = [
      toProof({}, {}, otherKey.privateKey),
      `${toProof().split('.').slice(0, 2).join('.')}.c2ln`,
      toProof({ htm: 'PUT' }),
      toProof({ htu: AUDIENCE }),
      toProof({ iat: 0 }),
      toProof({ ath: 'x' }),
    ]
    for (let count = 0; count < 600; count++) {
      const proof = forged[count % forged.length] ?? ''
      expect(await reasonOfAsync(() => check({ dpop: [proof] }))).not.toBe('accepted')
    }
    expect(store.asked).toEqual([])
  })

  it('of the largest RSA keys is refused for the key, before anything is computed with it', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const jwk = { ...publicKey.export({ format: 'jwk' }), n: Buffer.alloc(1_024, 255).toString('base64url') }
    expect(await withHeader({ alg: 'RS256', jwk })).toBe('ERR_PROOF_BINDING')
  })

  it('is judged by the clock that is passed in', async () => {
    const later = { ...stillRuntime, now: () => (NOW_SECONDS + 301) * 1_000 }
    expect(await reason({ verifier: { runtime: later } })).toBe('ERR_PROOF_TIME')
  })
})
