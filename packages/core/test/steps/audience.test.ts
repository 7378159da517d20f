import { describe, expect, it } from 'vitest'
import type { IssuerOptions, VerifierOptions } from '../../src/options/options.js'
import { checkAudience } from '../../src/steps/audience.js'
import { AUDIENCE, claims, toParts } from '../parts.js'
import { errorOf, reasonOf } from '../refusals.js'

const OTHER = 'https://other.example'

function reason(
  changes: Readonly<Record<string, unknown>>,
  issuer: Partial<IssuerOptions> = {},
  verifier: Partial<VerifierOptions> = {},
): string {
  return reasonOf(() => checkAudience({ ...claims(changes) }, toParts(issuer, verifier).issuer))
}

describe('checkAudience', () => {
  it.each([AUDIENCE, [AUDIENCE], [OTHER, AUDIENCE], [AUDIENCE, AUDIENCE]].map((aud) => ({ aud })))(
    'accepts $aud, which names us',
    ({ aud }) => {
      expect(reason({ aud })).toBe('accepted')
    },
  )

  it.each(
    [
      ...[
        undefined,
        '',
        [],
        [''],
        OTHER,
        [OTHER],
        `${AUDIENCE}/`,
        'https://API.example.com',
        'https://api.example.com.',
      ],
      ...['https://api.example.com:443', 'api.example.com', 'http://api.example.com', 'https://api.example.co'],
      ...[
        'https://api.example.com.evil.example',
        `${AUDIENCE},${OTHER}`,
        `${AUDIENCE} ${OTHER}`,
        ` ${AUDIENCE}`,
        '*',
        'https://*',
      ],
      ...['x'.repeat(4_000)],
    ].map((aud) => ({ aud })),
  )('refuses $aud, which does not', ({ aud }) => {
    expect(reason({ aud })).toBe('ERR_TOKEN_AUDIENCE')
  })

  it.each(
    [null, 0, 1, true, {}, { 0: AUDIENCE }, [AUDIENCE, 1], [AUDIENCE, null], [[AUDIENCE]], [{}]].map((aud) => ({
      aud,
    })),
  )('refuses $aud for its type, whatever else is in it', ({ aud }) => {
    expect(reason({ aud })).toBe('ERR_TOKEN_CLAIM_TYPE')
  })

  it('takes any of several configured audiences', () => {
    const verifier = { audience: [AUDIENCE, OTHER] }
    expect(reason({ aud: OTHER }, {}, verifier)).toBe('accepted')
    expect(reason({ aud: ['https://third.example', OTHER] }, {}, verifier)).toBe('accepted')
    expect(reason({ aud: 'https://third.example' }, {}, verifier)).toBe('ERR_TOKEN_AUDIENCE')
  })

  it("lets an issuer's own audience win over the verifier's", () => {
    expect(reason({ aud: OTHER }, { audience: OTHER })).toBe('accepted')
    expect(reason({ aud: AUDIENCE }, { audience: OTHER })).toBe('ERR_TOKEN_AUDIENCE')
  })

  it('with audienceMatch exact demands an audience of nobody but us', () => {
    const exact = { audienceMatch: 'exact', audience: [AUDIENCE, OTHER] } as const
    expect(reason({ aud: AUDIENCE }, {}, exact)).toBe('accepted')
    expect(reason({ aud: [OTHER, AUDIENCE] }, {}, exact)).toBe('accepted')
    expect(reason({ aud: [AUDIENCE, 'https://third.example'] }, {}, exact)).toBe('ERR_TOKEN_AUDIENCE')
    expect(reason({ aud: [] }, {}, exact)).toBe('ERR_TOKEN_AUDIENCE')
  })

  describe('with a claim in place of aud', () => {
    const byClient = { audience: { claim: ['client_id'], oneOf: ['client-1', 'client-2'] } } as const

    it('accepts a token without aud whose claim is one of the values', () => {
      expect(reason({ aud: undefined }, byClient)).toBe('accepted')
      expect(reason({ aud: undefined, client_id: 'client-2' }, byClient)).toBe('accepted')
    })

    it.each([undefined, null, 'client-3', '', 1, {}, ['client-3'], ['client-1', 1]])(
      'refuses the claim %j',
      (client_id) => {
        expect(reason({ aud: undefined, client_id }, byClient)).toBe('ERR_TOKEN_AUDIENCE')
      },
    )

    it('demands that aud holds as well where it is present', () => {
      expect(reason({ aud: AUDIENCE }, byClient)).toBe('accepted')
      expect(reason({ aud: OTHER }, byClient)).toBe('ERR_TOKEN_AUDIENCE')
      expect(reason({ aud: [] }, byClient)).toBe('ERR_TOKEN_AUDIENCE')
      expect(reason({ aud: null }, byClient)).toBe('ERR_TOKEN_CLAIM_TYPE')
    })

    it('refuses any aud where no value is configured for it', () => {
      const verifier = { audience: { claim: ['client_id'], oneOf: ['client-1'] } }
      expect(reason({ aud: undefined }, {}, verifier)).toBe('accepted')
      expect(reason({ aud: AUDIENCE }, {}, verifier)).toBe('ERR_TOKEN_AUDIENCE')
    })
  })

  describe('for ID tokens', () => {
    const idToken = { tokenProfile: 'id-token', clientIds: ['web', 'mobile'] } as const

    it('demands that aud names one of our clients', () => {
      expect(reason({ aud: 'web' }, idToken)).toBe('accepted')
      expect(reason({ aud: ['mobile'] }, idToken)).toBe('accepted')
      for (const aud of [undefined, AUDIENCE, 'Web', []]) expect(reason({ aud }, idToken)).toBe('ERR_TOKEN_AUDIENCE')
      expect(reason({ aud: 1 }, idToken)).toBe('ERR_TOKEN_CLAIM_TYPE')
    })

    it('demands that azp names one of our clients where it is present', () => {
      expect(reason({ aud: 'web', azp: 'mobile' }, idToken)).toBe('accepted')
      expect(reason({ aud: 'web', azp: 'other' }, idToken)).toBe('ERR_TOKEN_AUDIENCE')
      for (const azp of [null, 1, ['web'], ''])
        expect(reason({ aud: 'web', azp }, idToken)).toBe('ERR_TOKEN_CLAIM_TYPE')
    })

    it('demands the claim that stands in for aud as well, of the issuer or of its verifier', () => {
      const audience = { claim: ['hd'], oneOf: ['acme.example'] }
      for (const [issuer, verifier] of [
        [{ ...idToken, audience }, {}],
        [idToken, { audience }],
      ] as const) {
        expect(reason({ aud: 'web', hd: 'acme.example' }, issuer, verifier)).toBe('accepted')
        for (const hd of [undefined, 'other.example', null, ['other.example']])
          expect(reason({ aud: 'web', hd }, issuer, verifier)).toBe('ERR_TOKEN_AUDIENCE')
        for (const aud of [undefined, 'other'])
          expect(reason({ aud, hd: 'acme.example' }, issuer, verifier)).toBe('ERR_TOKEN_AUDIENCE')
      }
    })

    it('with audienceMatch exact demands that aud names our clients and nobody else', () => {
      const exact = { audienceMatch: 'exact' } as const
      expect(reason({ aud: 'web' }, idToken, exact)).toBe('accepted')
      expect(reason({ aud: ['web', 'mobile'] }, idToken, exact)).toBe('accepted')
      for (const aud of [['web', 'other'], ['web', AUDIENCE], []])
        expect(reason({ aud }, idToken, exact)).toBe('ERR_TOKEN_AUDIENCE')
      expect(reason({ aud: ['web', 'other'] }, idToken)).toBe('accepted')
    })
  })

  it('names the claim and what was expected in the detail, never what the token said', () => {
    const error = errorOf(() => checkAudience({ ...claims({ aud: 'secret' }) }, toParts().issuer))
    expect(error.detail).toEqual({ claim: 'aud', wants: [AUDIENCE] })
  })
})
