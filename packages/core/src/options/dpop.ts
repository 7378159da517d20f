import type { AlgorithmName } from '../algorithms.js'
import type { DpopMode } from '../rules.js'
import { list, number, oneOf, optional, required, table, text } from './kinds.js'
import type { Kind, OptionTable } from './kinds.js'
import { ALGORITHM_NAMES, algorithms } from './algorithms-kind.js'
import { secret } from './secret-kind.js'

/** `dpop` as read. */
export interface ReadDpop extends ReadProofs {
  readonly mode: DpopMode
}

/** What proofs must be, as read. */
export interface ReadProofs {
  readonly algorithms: readonly AlgorithmName[]
  readonly maxAgeSeconds: number
  readonly futureSkewSeconds: number
  readonly nonce: ReadNonce | undefined
}

/** `dpop.nonce` as read. */
export interface ReadNonce {
  readonly secrets: readonly Uint8Array[] | undefined
  readonly slotSeconds: number
  readonly region: string
}

/** Whether tokens must be, may be or cannot be bound. */
export const dpopMode: Kind<DpopMode> = oneOf(['required', 'allowed', 'off'])

/** A single secret in place of a list is not shown either. */
const secrets: Kind<readonly Uint8Array[]> = {
  wants: 'a list of secrets',
  read(value, option) {
    return list(secret, this.wants).read(typeof value === 'string' ? {} : value, option)
  },
}

const NONCE_TABLE: OptionTable<ReadNonce> = {
  secrets: optional(secrets),
  slotSeconds: optional(number('seconds', 10, 3_600, true), 60),
  region: optional(text('the name of a region', 64), ''),
}

/** What proofs of possession must be, wherever they are sent. */
export const PROOF_TABLE: OptionTable<ReadProofs> = {
  algorithms: optional(algorithms, ALGORITHM_NAMES),
  maxAgeSeconds: optional(number('seconds', 1, 3_600), 300),
  futureSkewSeconds: optional(number('seconds', 0, 60), 10),
  nonce: optional(table(NONCE_TABLE)),
}

/** Every option of `dpop`. */
export const DPOP_TABLE: OptionTable<ReadDpop> = { mode: required(dpopMode), ...PROOF_TABLE }
