import { ALGORITHMS } from '../algorithms.js'
import type { AlgorithmName } from '../algorithms.js'
import { list, oneOf } from './kinds.js'
import type { Kind } from './kinds.js'

/** Every algorithm name there is. */
export const ALGORITHM_NAMES: readonly AlgorithmName[] = [...ALGORITHMS.values()].map(({ name }) => name)

/** A list of signature algorithms. */
export const algorithms: Kind<readonly AlgorithmName[]> = list(
  oneOf(ALGORITHM_NAMES, 'HMAC and "none" do not exist here: whoever can verify such a token can also make one.'),
  'a list of signature algorithms',
)
