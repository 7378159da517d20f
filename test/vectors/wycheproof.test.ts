import { describe, expect, it } from 'vitest'
import { ALGORITHMS } from '../../packages/core/src/algorithms.js'
import { importJwk, ImportedKey } from '../../packages/core/src/keys/jwk.js'
import { toKeySet } from '../../packages/core/src/keys/key-set.js'
import { areVectorsHere, readVectors } from './folder.js'
import { judge } from './layer.js'
import overrides from './overrides.json' with { type: 'json' }

interface Jwks {
  readonly keys: readonly object[]
}

interface Case {
  readonly tcId: number
  readonly result: 'valid' | 'invalid'
  /** A compact JWS, or something in its place. */
  readonly jws?: unknown
  readonly jwe?: unknown
  readonly msg?: string
  readonly sig?: string
}

interface Group {
  readonly comment: string
  readonly public?: object | Jwks
  readonly private?: object | Jwks
  readonly publicKeyJwk?: object
  readonly tests: readonly Case[]
}

/** What became of one case: what it is labelled, and what we say. */
interface Outcome {
  readonly id: number
  readonly label: Case['result']
  readonly says: string
}

type File = keyof typeof overrides

function readGroups(file: string): readonly Group[] {
  return readVectors<{ testGroups: readonly Group[] }>(file, { testGroups: [] }).testGroups
}

function toJwks(key: object | Jwks = {}): Jwks {
  return 'keys' in key ? key : { keys: [key] }
}

/** The signature cases of a file: the public key where there is one, else what there is. */
function judgeSignatures(file: File): readonly Outcome[] {
  return readGroups(file).flatMap((group) =>
    group.tests
      .filter(({ jws }) => jws !== undefined)
      .map(({ tcId, result, jws }) => {
        return { id: tcId, label: result, says: judge(jws as string, toJwks(group.public ?? group.private)) }
      }),
  )
}

/** Bare signatures: no header, no segments. */
function judgeEd25519(): readonly Outcome[] {
  const algorithm = ALGORITHMS.get('Ed25519')
  return readGroups('wycheproof/ed25519_test.json').flatMap(({ publicKeyJwk = {}, tests }) => {
    const key = importJwk(publicKeyJwk, 'Ed25519')
    return tests.map(({ tcId, result, msg = '', sig = '' }) => {
      const holds =
        key instanceof ImportedKey &&
        algorithm?.verify(Buffer.from(msg, 'hex'), key.keyObject, Buffer.from(sig, 'hex')) === true
      return { id: tcId, label: result, says: holds ? 'accepted' : 'refused' }
    })
  })
}

/** What we refuse although it is labelled valid, as the outcomes have it and as the overrides have it. */
function toRefusals(file: File, outcomes: readonly Outcome[]): readonly [found: object, listed: object] {
  const found = outcomes.filter(({ label, says }) => label === 'valid' && says !== 'accepted')
  const listed = overrides[file] as readonly { readonly ids: readonly number[]; readonly reason: string }[]
  return [
    Object.fromEntries(found.map(({ id, says }) => [id, says])),
    Object.fromEntries(listed.flatMap(({ ids, reason }) => ids.map((id) => [id, reason]))),
  ]
}

const files: readonly (readonly [File, number, () => readonly Outcome[]])[] = [
  ['wycheproof/json_web_signature_test.json', 401, () => judgeSignatures('wycheproof/json_web_signature_test.json')],
  ['wycheproof/json_web_key_test.json', 26, () => judgeSignatures('wycheproof/json_web_key_test.json')],
  ['wycheproof/json_web_crypto_test.json', 49, () => judgeSignatures('wycheproof/json_web_crypto_test.json')],
  ['wycheproof/ed25519_test.json', 151, judgeEd25519],
]

describe.skipIf(!areVectorsHere)('Wycheproof', () => {
  it.each(files)('%s: nothing is accepted that is labelled invalid', (_, count, judgeAll) => {
    const outcomes = judgeAll()
    expect(outcomes).toHaveLength(count)
    expect(outcomes.filter(({ label, says }) => label === 'invalid' && says === 'accepted')).toEqual([])
    expect(outcomes.filter(({ says }) => says === 'accepted').length).toBeGreaterThan(0)
  })

  it.each(files)(
    '%s: of what is labelled valid, what is refused stands in the overrides with its reason',
    (file, _, judgeAll) => {
      const [found, listed] = toRefusals(file, judgeAll())
      expect(found).toEqual(listed)
      for (const { because } of overrides[file]) expect(because.length).toBeGreaterThan(30)
    },
  )

  it.each([
    ['jws_rsa_roca_key', 'weak 1'],
    ['keysize_too_small', 'weak 1'],
    ['exponentOne', 'weak 1'],
    ['wrong_algorithm', 'algorithm 1'],
    ['invalid_algorithm', 'algorithm 1'],
    ['invalid_use', 'use 1'],
    ['invalid_point', 'off-curve 1'],
    ['wrong_curve', 'algorithm 1'],
    ['wrong_kty', 'algorithm 1'],
    ['invalid_aes_gcm_key', 'symmetric 1'],
    ['invalid_aes_kw_key', 'symmetric 1'],
  ])('A6: the key set %s is empty once it is imported: %s', (comment, dropped) => {
    const group = readGroups('wycheproof/json_web_key_test.json').find((each) => each.comment === comment)
    expect(() => toKeySet(toJwks(group?.public ?? group?.private))).toThrow(
      expect.objectContaining({ reason: 'ERR_KEYS_EMPTY', detail: { members: 1, dropped } }) as Error,
    )
  })

  it.each(['wycheproof/json_web_encryption_test.json', 'wycheproof/json_web_crypto_test.json'])(
    'T6: of %s no JWE is taken for a JWS, whoever could decrypt it',
    (file) => {
      const says = readGroups(file).flatMap((group) =>
        group.tests
          .filter(({ jwe }) => jwe !== undefined)
          .map(({ jwe }) => judge(jwe as string, toJwks(group.public ?? group.private))),
      )
      expect(says.length).toBeGreaterThan(30)
      expect(says.filter((reason) => !/^ERR_TOKEN_(ENCRYPTED|MALFORMED)$/.test(reason))).toEqual([])
    },
  )
})
