import { TokenError } from '../errors.js'
import type { Target } from '../policy/targets.js'
import type { ServiceContext } from '../service-context.js'
import type { VerifiedParty } from '../subject/party.js'

/** When a token begins and ends, in whole seconds since the epoch. */
export interface Lifetime {
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
  /** How many seconds are left of it, for whoever is given it. */
  readonly leftSeconds: number
}

/** What a token is made from. */
export interface LifetimeRequest {
  readonly subject: VerifiedParty
  readonly actor: VerifiedParty | undefined
  readonly target: Target
  /** When the request came, in milliseconds since the epoch. */
  readonly startedAtMs: number
}

/**
 * Computes how long a token lives: as long as its target's tokens do, and no longer than what it was made from. An exchange
 * must not be a way to stay.
 *
 * @throws TokenError `ERR_STS_LIFETIME` where too little is left to be of use
 */
export function toLifetime(
  { subject, actor, target, startedAtMs }: LifetimeRequest,
  { runtime, minTokenLifetimeSeconds }: Pick<ServiceContext, 'runtime' | 'minTokenLifetimeSeconds'>,
): Lifetime {
  // As of when the request came, before anybody was asked what is revoked: a subject that is put out while its actor is verified, or the
  // store's answer is on the way, was put out after this, and takes the token along. To ask once more would leave the time from that
  // answer on, and cost a round trip. Sessions need no time, and what a token's own id revokes never concerned what was made of it.
  const issuedAtSeconds = Math.floor(startedAtMs / 1_000)
  const expiresAtSeconds = Math.floor(
    Math.min(
      issuedAtSeconds + target.tokenLifetimeSeconds,
      subject.expiresAtSeconds,
      actor?.expiresAtSeconds ?? Infinity,
    ),
  )
  const leftSeconds = expiresAtSeconds - Math.floor(runtime.now() / 1_000)
  // Written so that a clock that gives no number issues nothing.
  if (!(expiresAtSeconds - issuedAtSeconds >= minTokenLifetimeSeconds && leftSeconds > 0)) {
    throw new TokenError('ERR_STS_LIFETIME', { detail: { minTokenLifetimeSeconds } })
  }
  return { issuedAtSeconds, expiresAtSeconds, leftSeconds }
}
