import { toTokens } from './attack.js'
import type { Attack } from './attack.js'

/** Tokens that the issuer did sign, and for something else. */
export const otherKinds: readonly Attack[] = [
  {
    title: 'C1 C11: proofs, logout tokens, events, statements and ID tokens in the place of access tokens',
    tokens: async ({ token }) => {
      const types = [
        'dpop+jwt',
        'logout+jwt',
        'secevent+jwt',
        'entity-statement+jwt',
        'id_token+jwt',
        'at+jwt+x',
        'JWT ',
        'at-jwt',
        '',
        'at+jwt\0',
      ]
      const byType = types.map(async (typ) => [`typ ${JSON.stringify(typ)}`, await token({}, { typ })] as const)
      const others: readonly object[] = [
        { nonce: 'n' },
        { at_hash: 'h' },
        { c_hash: 'h' },
        { events: {} },
        { token_use: 'id' },
        { typ: 'ID' },
        { typ: 'Refresh' },
        { typ: 'bearer' },
        { nonce: null },
      ]
      const byClaim = others.map(
        async (claims) => [JSON.stringify(claims), await token({ ...claims }, { typ: 'JWT' })] as const,
      )
      return toTokens('ERR_TOKEN_TYPE', Object.fromEntries(await Promise.all([...byType, ...byClaim])))
    },
  },
  {
    title: '#23 CVE-2026-22747: a token bound to a certificate, where only the text of a subject could be compared',
    tokens: async ({ token }) =>
      toTokens('ERR_PROOF_REQUIRED', {
        'by its thumbprint': await token({ cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } }),
        'and by its subject': await token({ cnf: { 'x5t#S256': 'AAAA', sub: 'CN=client' } }),
        'and by a key': await token({ cnf: { 'x5t#S256': 'AAAA', jkt: 'AAAA' } }),
        'by a key': await token({ cnf: { jkt: 'AAAA' } }),
      }),
  },
  {
    title: 'C8: a confirmation that nobody understands, or of another type',
    tokens: async ({ token }) => [
      ...toTokens('ERR_TOKEN_CONFIRMATION', {
        'of no member': await token({ cnf: {} }),
        'by a subject alone': await token({ cnf: { sub: 'CN=client' } }),
        'by what every object has': await token({ cnf: { toString: 'AAAA' } }),
      }),
      ...toTokens('ERR_TOKEN_CLAIM_TYPE', {
        'of null': await token({ cnf: null }),
        'of a list': await token({ cnf: [{ jkt: 'AAAA' }] }),
        'of a text': await token({ cnf: 'jkt' }),
        'by a key that is a number': await token({ cnf: { jkt: 1 } }),
      }),
    ],
  },
]
