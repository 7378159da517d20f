import type { VerifierOptions } from './options.js'
import type { Claims } from './principal.js'
import type { Verifier } from './verifier.js'

/** Placeholder signature while the pipe is being laid. */
export function createVerifier<C = Claims>(options: VerifierOptions<C>): Verifier<C> {
  throw new Error(String(options))
}
