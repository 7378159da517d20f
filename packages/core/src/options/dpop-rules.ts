import { randomBytes } from 'node:crypto'
import { createNonces } from '../http/nonces.js'
import type { Nonces } from '../http/nonces.js'
import { toUrlRoot } from '../http/proof-url.js'
import type { ReplayStore } from '../ports.js'
import type { DpopRules } from '../rules.js'
import type { ReadDpop, ReadNonce } from './dpop.js'
import { invalid } from './fail.js'
import type { ReadOptions } from './tables.js'

/**
 * Resolves `dpop` with what it needs: somewhere to remember proofs, and the URL that proofs are for.
 *
 * @throws ConfigurationError naming the option that is missing
 */
export function toDpopRules(read: ReadOptions): DpopRules | undefined {
  return read.dpop === undefined ? undefined : toProofRules(read.dpop, read)
}

/** What proofs need beside their own options. */
export type ProofSurroundings = Pick<ReadOptions, 'replayStore' | 'publicUrl' | 'dangerouslyTrustRequestHost'>

/** As {@link toDpopRules}, where there are proofs. */
export function toProofRules(dpop: ReadDpop, surroundings: ProofSurroundings): DpopRules {
  const { replayStore, publicUrl, dangerouslyTrustRequestHost } = surroundings
  if (replayStore === undefined) {
    const fix = 'Instances share one through Redis; memoryReplayStore() is right for a single one.'
    throw invalid({ option: 'replayStore', got: undefined, wants: 'a replay store, where there is "dpop"', fix })
  }
  if (publicUrl.length === 0 && !dangerouslyTrustRequestHost) {
    const fix = 'A proof names the URL that the client called, and the Host field is whatever the client says.'
    throw invalid({ option: 'publicUrl', got: undefined, wants: 'where clients reach this API', fix })
  }
  if (typeof replayStore.shared !== 'boolean') {
    const fix = 'Say whether other processes see the same memory: nonces depend on it.'
    throw invalid({ option: 'replayStore.shared', got: replayStore.shared, wants: 'true or false', fix })
  }
  const { mode, algorithms, maxAgeSeconds, futureSkewSeconds, nonce } = dpop
  return Object.freeze({
    mode,
    algorithms: new Set(algorithms),
    maxAgeSeconds,
    futureSkewSeconds,
    nonces: nonce === undefined ? undefined : toNonces(nonce, replayStore),
    urlRoots: Object.freeze(publicUrl.map(readRoot)),
    replayStore,
  })
}

function readRoot(publicUrl: string): string {
  const root = toUrlRoot(publicUrl)
  if (root !== undefined) return root
  const fix = 'No proof would ever match it. Write an international name as clients send it, "https://xn--…".'
  throw invalid({ option: 'publicUrl', got: publicUrl, wants: 'a URL in ASCII, where there is "dpop"', fix })
}

function toNonces({ secrets, slotSeconds, region }: ReadNonce, { shared }: ReplayStore): Nonces {
  if (secrets === undefined && shared) {
    const fix = 'Each instance would refuse the nonces of the others.'
    throw invalid({ option: 'dpop.nonce.secrets', got: undefined, wants: 'secrets that every instance has', fix })
  }
  return createNonces({ secrets: secrets ?? [randomBytes(32)], slotSeconds, region })
}
