import { AuthenticationError, ConfigurationError, CountersignError } from '../errors.js'
import type { KeySelector, KeySource, KeySourceHealth, VerificationKey } from '../ports.js'
import type { Logger, Runtime } from '../runtime.js'
import { toDroppedText, toKeySet } from './key-set.js'
import type { KeySet } from './key-set.js'

/** Keys that stand in the configuration. */
export interface ConfiguredKeys {
  readonly kind: 'jwks'
  readonly jwks: { readonly keys: readonly object[] }
  /** The option that they stand in, for the error where none of them is usable. */
  readonly option: string
}

/**
 * Creates a key source of keys that stand in the configuration: never fetched, never stale.
 *
 * @throws ConfigurationError `ERR_CONFIG_INVALID` where none of them can verify anything
 */
export function createStaticKeySource(
  issuer: string,
  keys: ConfiguredKeys,
  { logger, runtime }: { readonly logger: Logger; readonly runtime: Runtime },
): KeySource {
  const set = toConfiguredKeySet(keys)
  if (Object.keys(set.dropped).length > 0) {
    logger.warn('Keys of a configured set are not used', { issuer, dropped: toDroppedText(set.dropped) })
  }
  return new StaticKeySource(set, runtime.now())
}

class StaticKeySource implements KeySource {
  readonly #set: KeySet
  readonly #createdAtMs: number

  constructor(set: KeySet, createdAtMs: number) {
    this.#set = set
    this.#createdAtMs = createdAtMs
  }

  find(selector: KeySelector): readonly VerificationKey[] {
    const found = this.#set.select(selector)
    if (found === undefined)
      throw new AuthenticationError('ERR_KEY_NOT_FOUND', { detail: { algorithm: selector.algorithm } })
    return found
  }

  holds(key: VerificationKey): boolean {
    return this.#set.has(key)
  }

  withdrew(key: VerificationKey): boolean {
    return !this.#set.has(key)
  }

  async load(): Promise<void> {}

  health(): KeySourceHealth {
    return {
      state: 'fresh',
      keyCount: this.#set.keys.length,
      keyAgeMs: undefined,
      lastSuccessAtMs: this.#createdAtMs,
      lastFailureAtMs: undefined,
      lastFailureReason: undefined,
      nextRefreshAtMs: undefined,
    }
  }

  close(): void {}
}

function toConfiguredKeySet({ jwks, option }: ConfiguredKeys): KeySet {
  try {
    return toKeySet(jwks)
  } catch (error) {
    const dropped = error instanceof CountersignError ? error.detail?.['dropped'] : undefined
    throw new ConfigurationError(
      'ERR_CONFIG_INVALID',
      `Option "${option}": no usable key in it${typeof dropped === 'string' && dropped !== '' ? ` (dropped: ${dropped})` : ''}, ` +
        'wants { keys: [...] } with at least one public RSA (2,048 bits and more), P-256, P-384, P-521 or Ed25519 key for signatures. ' +
        'Of a private JWK give the public members alone.',
      { option },
    )
  }
}
