import { describe, expect, it } from 'vitest'
import { toKeyFamily } from '../../packages/core/src/keys/jwk.js'
import { areVectorsHere, readVectors } from './folder.js'
import { judge } from './layer.js'

interface Jwk {
  readonly kty?: string
  readonly [member: string]: unknown
}

interface Example {
  readonly input?: { readonly key?: Jwk | readonly Jwk[] }
  readonly output?: { readonly compact?: string; readonly json?: object; readonly json_flat?: object }
}

function readExample(file: string): Example {
  return readVectors<Example>(`jose-cookbook/${file}`, {})
}

/** The public half of each key: a verifier has nothing else. */
function toPublicKeys({ input }: Example): { readonly keys: readonly object[] } {
  const keys = [input?.key ?? []].flat() as readonly Jwk[]
  return { keys: keys.map(({ d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...members }) => members) }
}

/** The three forms of an example, each judged. */
function judgeForms(file: string): readonly string[] {
  const example = readExample(file)
  const { compact, json, json_flat: flat } = example.output ?? {}
  const jwks = toPublicKeys(example)
  return [
    compact === undefined ? 'no such form' : judge(compact, jwks),
    ...[json, flat].map((form) => (form === undefined ? 'no such form' : judge(JSON.stringify(form), jwks))),
  ]
}

describe.skipIf(!areVectorsHere)('the JOSE cookbook', () => {
  it.each([
    ['jws/4_1.rsa_v15_signature.json', 'RFC 7520 section 4.1, RS256'],
    ['jws/4_2.rsa-pss_signature.json', 'RFC 7520 section 4.2, PS384'],
    ['jws/4_3.ecdsa_signature.json', 'RFC 7520 section 4.3, ES512'],
    ['curve25519/jws.json', 'RFC 8037 appendix A.4, EdDSA'],
  ])('%s (%s): the compact form is accepted, no JSON form is', (file) => {
    expect(judgeForms(file)).toEqual(['accepted', 'ERR_TOKEN_MALFORMED', 'ERR_TOKEN_MALFORMED'])
  })

  it.each([
    ['jws/4_4.hmac-sha2_integrity_protection.json', 'ERR_TOKEN_ALGORITHM', 'HMAC'],
    ['jws/4_5.signature_with_detached_content.json', 'ERR_TOKEN_ALGORITHM', 'HMAC, and the payload stands elsewhere'],
    ['jws/4_6.protecting_specific_header_fields.json', 'no such form', 'a header that nothing protects'],
    ['jws/4_7.protecting_content_only.json', 'no such form', 'a header that nothing protects'],
    ['jws/4_8.multiple_signatures.json', 'no such form', 'several signatures'],
    ['rfc7797/4.2.hmac-sha2_b64_false.json', 'no such form', 'T5: RFC 7797 section 4.2, a payload that is not encoded'],
    ['rfc7797/hmac-sha2_b64_false.json', 'ERR_TOKEN_ALGORITHM', 'T5: RFC 7797, a payload that is not encoded'],
  ])('%s: the compact form is %s (%s), and no JSON form is accepted', (file, compact) => {
    const [first, ...others] = judgeForms(file)
    expect(first).toBe(compact)
    expect(others.filter((says) => !/^(ERR_TOKEN_MALFORMED|ERR_TOKEN_ENCRYPTED|no such form)$/.test(says))).toEqual([])
  })

  it.each([
    '5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2',
    '5_2.key_encryption_using_rsa-oaep_with_aes-gcm',
    '5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2',
    '5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm',
    '5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2',
    '5_6.direct_encryption_using_aes-gcm',
    '5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2',
    '5_8.key_wrap_using_aes-keywrap_with_aes-gcm',
    '5_9.compressed_content',
  ])('T6: jwe/%s.json is no JWS', (name) => {
    expect(judgeForms(`jwe/${name}.json`)[0]).toBe('ERR_TOKEN_ENCRYPTED')
  })

  it('T6: a signature inside an encryption is no JWS (RFC 7520 section 6)', () => {
    const example = readVectors<{ readonly encrypt?: Example }>(
      'jose-cookbook/6.nesting_signatures_and_encryption.json',
      {},
    )
    expect(judge(example.encrypt?.output?.compact ?? '', { keys: [] })).toBe('ERR_TOKEN_ENCRYPTED')
  })

  it.each([
    ['3_1.ec_public_key', 'P-521'],
    ['3_2.ec_private_key', 'private'],
    ['3_3.rsa_public_key', 'RSA'],
    ['3_4.rsa_private_key', 'private'],
    ['3_5.symmetric_key_mac_computation', 'symmetric'],
    ['3_6.symmetric_key_encryption', 'symmetric'],
  ])('A10: jwk/%s.json is for us: %s', (name, verdict) => {
    expect(toKeyFamily(readVectors<object>(`jose-cookbook/jwk/${name}.json`, {}))).toBe(verdict)
  })
})
