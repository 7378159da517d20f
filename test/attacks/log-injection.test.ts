import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { CHANNELS, CountersignError } from '@countersign/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, createParty, ISSUER } from '../conformance/party.js'
import { INJECTED_CLAIMS, INJECTIONS } from './header-injection.js'

const party = await createParty(['ES256'])
const MARK = 'a-strangers-text'

/** Everything that was told to an operator or a client. */
const told: unknown[] = []
const tell = (...parts: unknown[]): void => void told.push(parts)
const logger = { debug: tell, info: tell, warn: tell, error: tell }
const verifier = party.verifier({ requiredClaims: ['jti'] }, { logger })

beforeAll(async () => {
  const remember = (event: unknown): void => tell(event)
  subscribe(CHANNELS.verdict, remember)
  const texts = [
    MARK,
    ...Object.values(INJECTIONS).map((text) => MARK + text),
    `${ISSUER}/${MARK}`,
    `${ISSUER}/`,
    `${AUDIENCE}/`,
  ]
  for (const text of texts) {
    const tokens = [
      ...INJECTED_CLAIMS.map((claim) => party.issuer.token({ [claim]: text, exp: 1 })),
      ...['iss', 'aud', 'exp', 'nbf', 'iat', 'cnf', 'act', 'nonce', 'typ', 'token_use', 'events', 'auth_time'].map(
        (claim) => party.issuer.token({ [claim]: text }),
      ),
      ...['alg', 'kid', 'typ', 'crit', 'b64', 'zip', 'jku', 'cty'].map((member) =>
        party.issuer.token({ exp: 1 }, { header: { [member]: text } }),
      ),
      party.issuer.token({ [text]: text, exp: 1 }),
      Promise.resolve(text),
    ]
    for (const token of await Promise.all(tokens)) {
      for (const judging of [
        verifier.verify(token),
        verifier.authenticate({ method: text, url: text, headers: { authorization: text } }),
      ]) {
        const refusal = await judging.then(
          () => undefined,
          (error: unknown) => error,
        )
        if (!(refusal instanceof CountersignError)) throw new Error('It was accepted')
        const { name, message, code, reason, detail, stack, cause, headers } = verifier.refuse(refusal)
        tell(
          { name, message, code, reason, detail, stack, cause, headers },
          JSON.stringify(refusal),
          inspect(refusal, { showHidden: true }),
        )
      }
      // Of a token that holds, what the issuer says is shown; of one that does not, nothing.
      tell(await verifier.explain(`${token}A`))
    }
  }
  unsubscribe(CHANNELS.verdict, remember)
})

describe('what an operator reads', () => {
  it('B4 invariant 12: holds no text that a stranger chose, in whatever claim, member or field it stood', () => {
    const text = inspect(told, { depth: 10, maxArrayLength: null, maxStringLength: null })
    expect(told.length).toBeGreaterThan(1_000)
    expect(text).not.toContain(MARK)
    expect(text).not.toContain('evil')
  })

  it('B4 invariant 12: holds no line end, no control character and nothing but ASCII of our own', () => {
    const texts: string[] = []
    const collect = (value: unknown): void => {
      if (typeof value === 'string') texts.push(value)
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect)
    }
    collect(told)
    // What inspect() lays out over lines is its own.
    const odd = texts.filter((text) => !/^[\x20-\x7e]*$/.test(text.replaceAll('\n', '')))
    expect(odd).toEqual([])
    expect(texts.filter((text) => text.includes('\r'))).toEqual([])
  })

  it('invariant 12: names a near miss by the configured value, once', () => {
    const lines = told.filter((parts) => Array.isArray(parts) && String(parts[0]).includes('nearly a configured value'))
    expect(lines).toEqual([
      [expect.any(String), { claim: 'iss', configured: ISSUER, difference: expect.any(String) as string }],
      [expect.any(String), { claim: 'aud', configured: AUDIENCE, difference: 'trailing slash' }],
    ])
  })
})
