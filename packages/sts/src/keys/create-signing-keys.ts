import { InternalError, UpstreamError } from '@countersign/core'
import { toElapsedMs } from '@countersign/core/adapter'
import { unavailable } from './deadline.js'
import type { HeldRing } from './held-ring.js'
import { toKeyHealth } from './key-health.js'
import { createKeeper } from './keeper.js'
import { readSigningKeysOptions } from './option-tables.js'
import type { SigningKeysOptions } from './options.js'
import type { SigningKeys } from './signing-keys.js'

/** A store that did not answer is not asked again, on behalf of a request, before so many milliseconds. */
const COOLDOWN_MS = 1_000

/**
 * Creates the signing keys of a token service: published before they sign, kept after they signed, rotated by whichever replica
 * comes first.
 *
 * The ring of keys is read in the background, every `refreshMs`, and used from memory. Where the store has not been heard for
 * `maxStaleMs`, or has nothing that can be taken, every method rejects with UpstreamError `ERR_STORE_UNAVAILABLE` (503): a
 * revocation may have been missed. It recovers by itself.
 *
 * Not checked: that the clocks of replicas agree, and, by a process that has seen no version yet, that the store was not set back.
 *
 * @throws ConfigurationError for options that cannot be, and for times that do not agree with one another
 */
export function createSigningKeys(options: SigningKeysOptions): SigningKeys {
  const read = readSigningKeysOptions(options)
  const { rules, maxTokenLifetimeSeconds, refreshMs, maxStaleMs, logger, clock } = read
  const keeper = createKeeper(read)
  let syncing: Promise<void> | undefined
  let failedAtMs = -Infinity
  let failure: UpstreamError | undefined
  let askedAtMs = -Infinity
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const sync = (): Promise<void> => {
    syncing ??= keeper.sync().then(
      () => {
        if (failure !== undefined) logger.info('The signing keys are heard again')
        failure = undefined
        syncing = undefined
      },
      (error: unknown) => {
        const found = error instanceof UpstreamError ? error : unavailable({ what: 'keys' }, error)
        if (failure === undefined) logger.warn('The signing keys are not heard', { detail: found.detail })
        failure = found
        failedAtMs = clock.monotonicNow()
        syncing = undefined
        throw found
      },
    )
    return syncing
  }
  const findUsable = (): HeldRing | undefined => {
    const { held, heardAt } = keeper
    return held !== undefined && heardAt !== undefined && toElapsedMs(clock, heardAt) < maxStaleMs ? held : undefined
  }
  const current = async (): Promise<HeldRing> => {
    const usable = findUsable()
    if (usable !== undefined) return usable
    if (isClosed) throw unavailable({ what: 'closed' })
    if (syncing === undefined && clock.monotonicNow() - failedAtMs < COOLDOWN_MS)
      throw failure ?? unavailable({ what: 'store' })
    await sync()
    const found = findUsable()
    if (found === undefined) throw unavailable({ what: 'store' })
    return found
  }
  /** A key that was revoked while the store is away has no successor yet; an algorithm that is new has its first key soon enough. */
  const canSign = (held: HeldRing | undefined): boolean =>
    held !== undefined &&
    rules.algorithms.some((algorithm) => held.signers.has(algorithm)) &&
    held.ring.records.every(
      ({ algorithm, state }) =>
        state !== 'active' || !rules.algorithms.includes(algorithm) || held.signers.has(algorithm),
    )
  const schedule = (): void => {
    // A tenth of jitter: replicas that were started together do not all rotate at once.
    timer = setTimeout(
      () =>
        void sync()
          .catch(() => {})
          .then(again),
      refreshMs * (0.9 + Math.random() / 5),
    )
    timer.unref()
  }
  const again = (): void => {
    if (!isClosed) schedule()
  }
  schedule()

  return {
    algorithms: rules.algorithms,
    maxTokenLifetimeSeconds,
    async findSigner(algorithm) {
      if (!rules.algorithms.includes(algorithm))
        throw new InternalError('ERR_UNEXPECTED', {
          detail: { algorithm },
          message: 'No signing keys of this algorithm',
        })
      const signer = (await current()).signers.get(algorithm)
      if (signer === undefined) throw unavailable({ what: 'active', algorithm })
      return signer
    },
    async findKey(kid) {
      const known = (await current()).keys.get(kid)
      const isCooling = syncing === undefined && clock.monotonicNow() - askedAtMs < COOLDOWN_MS
      if (known !== undefined || isClosed || isCooling) return known
      // Of another replica's, perhaps: of two revocations in a row the second has a key sign that nobody has read yet.
      if (syncing === undefined) askedAtMs = clock.monotonicNow()
      await sync().catch(() => {})
      return (await current()).keys.get(kid)
    },
    async jwks() {
      const { jwks } = await current()
      // An empty set would tell every verifier that there is nothing to trust any more.
      if (jwks.keys.length === 0) throw unavailable({ what: 'published' })
      return jwks
    },
    revoke: (kid) => keeper.revoke(kid),
    health: () => ({
      ok: keeper.refusal === undefined && canSign(findUsable()),
      version: keeper.held?.ring.version,
      keys: (keeper.held?.ring.records ?? []).map((record) => toKeyHealth(record, rules, keeper.denied)),
    }),
    ready: () => sync(),
    async close() {
      isClosed = true
      clearTimeout(timer)
      await syncing?.catch(() => {})
    },
  }
}
