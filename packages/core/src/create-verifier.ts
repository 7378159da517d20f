import { toAuthRequest, isAuthRequest } from './auth-request.js'
import { authenticate } from './authenticate.js'
import type { Policy } from './authenticate.js'
import { CountersignError, InternalError } from './errors.js'
import { explainPolicy } from './explain.js'
import { toRefusal } from './http/challenge.js'
import { createIssuerList } from './issuers/list.js'
import { checkReadiness } from './issuers/readiness.js'
import type { VerifierOptions } from './options/options.js'
import { resolveOptions } from './options/resolve.js'
import type { Claims, Principal } from './principal.js'
import { readCredentials } from './steps/credentials.js'
import type { Credentials } from './steps/credentials.js'
import type { Verifier } from './verifier.js'

/**
 * Creates a verifier: one policy for tokens of many issuers. Nothing is fetched until the first token, or `ready()`.
 *
 * @throws ConfigurationError naming the option, what it got, what it wants and the fix
 */
export function createVerifier<C = Claims>(options: VerifierOptions<C>): Verifier<C> {
  const { rules, issuers: resolved, schema } = resolveOptions<C>(options)
  const issuers = createIssuerList(resolved, rules)
  const policy: Policy<C> = Object.freeze({ rules, issuers, schema })
  return Object.freeze<Verifier<C>>({
    publicUrl: undefined,
    verify: (token) => judge({ scheme: 'Bearer', token, request: undefined }, policy),
    authenticate: async (request) => {
      return judge(readCredentials(isAuthRequest(request) ? request : toAuthRequest(request)), policy)
    },
    ready: () => checkReadiness(issuers.all),
    health: () => issuers.all.map(({ issuer, keys }) => ({ issuer, ...keys.health() })),
    explain: () => explainPolicy(rules, resolved),
    refuse: (error) => toRefusal(error, rules),
    close: async () => {
      for (const { keys } of issuers.all) keys.close()
    },
  })
}

/** Whatever goes wrong leaves as an error of this suite: a failure nobody foresaw is ours (500), never the token's. */
async function judge<C>(credentials: Credentials, policy: Policy<C>): Promise<Principal<C>> {
  try {
    return await authenticate(credentials, policy)
  } catch (error) {
    throw error instanceof CountersignError ? error : new InternalError('ERR_UNEXPECTED', { cause: error })
  }
}
