import { TokenError } from '../errors.js'
import type { Target } from '../policy/targets.js'
import type { ServiceContext } from '../service-context.js'
import type { VerifiedParty } from '../subject/party.js'

/** When a token begins and ends, in whole seconds since the epoch. */
export interface Lifetime {
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
}

/**
 * Computes how long a token lives: as long as its target's tokens do, and no longer than what it was made from. An exchange
 * must not be a way to stay.
 *
 * @throws TokenError `ERR_STS_LIFETIME` where too little is left to be of use
 */
export function toLifetime(
  subject: VerifiedParty,
  actor: VerifiedParty | undefined,
  target: Target,
  { runtime, minTokenLifetimeSeconds }: Pick<ServiceContext, 'runtime' | 'minTokenLifetimeSeconds'>,
): Lifetime {
  const issuedAtSeconds = Math.floor(runtime.now() / 1_000)
  const expiresAtSeconds = Math.floor(
    Math.min(
      issuedAtSeconds + target.tokenLifetimeSeconds,
      subject.expiresAtSeconds,
      actor?.expiresAtSeconds ?? Infinity,
    ),
  )
  // Written so that a clock that gives no number issues nothing.
  if (!(expiresAtSeconds - issuedAtSeconds >= minTokenLifetimeSeconds)) {
    throw new TokenError('ERR_STS_LIFETIME', { detail: { minTokenLifetimeSeconds } })
  }
  return { issuedAtSeconds, expiresAtSeconds }
}
