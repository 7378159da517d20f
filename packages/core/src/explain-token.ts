import type { Policy } from './authenticate.js'
import type { Reason } from './error-table.js'
import { CountersignError } from './errors.js'
import type { ErrorDetail } from './errors.js'
import type { TrustedIssuer } from './issuers/trusted-issuer.js'
import { findProvenance } from './mapping/provenance.js'
import type { Provenance } from './mapping/provenance.js'
import type { Cut, Verdict } from './principal.js'
import { checkBinding } from './steps/binding.js'
import { checkAudience } from './steps/audience.js'
import { checkRegisteredTypes, checkTime } from './steps/claims.js'
import { decode } from './steps/decode.js'
import type { Decoded } from './steps/decode.js'
import { findIssuer } from './steps/issuer.js'
import { findKeys } from './steps/key.js'
import { toVerdict } from './steps/principal.js'
import { checkProfile } from './steps/profile.js'
import { checkClaimRule } from './steps/required-claims.js'
import { verifySignature } from './steps/signature.js'
import type { Verified } from './steps/signature.js'
import { checkStatus } from './steps/status.js'

/** The checks of the pipe, in order. */
export type CheckName =
  | 'decode'
  | 'issuer'
  | 'key'
  | 'signature'
  | 'profile'
  | 'time'
  | 'audience'
  | 'required claims'
  | 'binding'
  | 'status'
  | 'principal'

/** What one check said. */
export interface CheckResult {
  readonly check: CheckName
  /** `not reached`: an earlier check has to hold first. */
  readonly result: 'held' | 'refused' | 'not reached'
  readonly reason: Reason | undefined
  readonly detail: ErrorDetail | undefined
}

/**
 * Why a token is accepted or refused. Fit to print: it holds no token, and of what one says before its signature held no
 * more than which trusted issuer it names.
 */
export interface Explanation {
  readonly accepted: boolean
  readonly checks: readonly CheckResult[]
  /** The issuer whose rules were applied. */
  readonly issuer: string | undefined
  /** What a principal would show, once the signature held. */
  readonly principal: Readonly<Record<string, unknown>> | undefined
  /** Which claim each field of the principal came from. */
  readonly from: Provenance | undefined
  /** What `grants` cut, counted. */
  readonly cut: Cut | undefined
}

/**
 * Judges a bare token check by check. After the signature every check is made, whatever the others said, so that one look
 * shows all that is wrong. Goes around the cache, and remembers nothing.
 */
export async function explainToken<C>(token: string, policy: Policy<C>): Promise<Explanation> {
  const { rules } = policy
  const credentials = { scheme: 'Bearer', token, request: undefined } as const
  const checks: CheckResult[] = []
  const run = async <T>(check: CheckName, ready: boolean, work: () => T | Promise<T>): Promise<T | undefined> => {
    if (!ready) {
      checks.push({ check, result: 'not reached', reason: undefined, detail: undefined })
      return undefined
    }
    try {
      const value = await work()
      checks.push({ check, result: 'held', reason: undefined, detail: undefined })
      return value
    } catch (error) {
      const { reason, detail } =
        error instanceof CountersignError ? error : { reason: 'ERR_UNEXPECTED' as const, detail: undefined }
      checks.push({ check, result: 'refused', reason, detail })
      return undefined
    }
  }
  const decoded = await run('decode', true, () => decode(credentials, rules))
  const issuer = await run('issuer', decoded !== undefined, () => findIssuer(decoded as Decoded, policy.issuers))
  const trusted = issuer as TrustedIssuer
  const keys = await run('key', issuer !== undefined, () => findKeys(decoded as Decoded, trusted))
  const verified = await run('signature', keys !== undefined, () => verifySignature(decoded as Decoded, keys ?? []))
  const proven = verified as Verified
  const held = verified !== undefined
  await run('profile', held, () => checkProfile(proven, trusted))
  await run('time', held, () => checkTime(proven.payload, rules))
  await run('audience', held, () => checkAudience(proven.payload, trusted))
  await run('required claims', held, () => {
    checkRegisteredTypes(proven.payload)
    for (const rule of trusted.requiredClaims) checkClaimRule(proven.payload, rule)
  })
  await run('binding', held, () => checkBinding(proven, trusted, credentials, policy))
  await run('status', held, () => checkStatus(proven, trusted, policy.revocations, rules))
  const mapped = await run('principal', held, () => toVerdict(proven, trusted, policy.schema))
  return {
    accepted: checks.every(({ result }) => result === 'held'),
    checks,
    issuer: issuer?.issuer,
    principal: mapped === undefined ? undefined : toShown(mapped.verdict),
    from: held ? findProvenance(trusted, proven.payload) : undefined,
    cut: mapped?.verdict.cut,
  }
}

/** What a principal shows, without the claims that it was made of. */
function toShown(verdict: Verdict): Readonly<Record<string, unknown>> {
  const hidden = new Set(['payload', 'header', 'claims', 'cut'])
  return Object.fromEntries(Object.entries(verdict).filter(([name]) => !hidden.has(name)))
}
