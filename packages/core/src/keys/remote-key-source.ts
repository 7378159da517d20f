import { toElapsedMs, toMoment } from '../elapsed.js'
import type { Moment } from '../elapsed.js'
import { AuthenticationError, UpstreamError } from '../errors.js'
import { startDeadline } from '../http/fetch-deadline.js'
import type { Deadline } from '../http/fetch-deadline.js'
import type { AuditRecorder, KeySelector, KeySource, KeySourceHealth, VerificationKey } from '../ports.js'
import type { KeyCacheRules, NetworkRules } from '../rules.js'
import type { Logger, Runtime } from '../runtime.js'
import { REFRESH_AHEAD, toHealth } from './held-set.js'
import type { HeldSet } from './held-set.js'
import type { KeySet } from './key-set.js'
import type { KeysReader, KeysReading } from './keys-reader.js'
import { createKeysReporter } from './report.js'
import type { KeysReporter } from './report.js'
import { Trouble } from './trouble.js'

interface RemoteContext {
  readonly network: NetworkRules
  readonly keyCache: KeyCacheRules
  readonly runtime: Runtime
  readonly logger: Logger
  readonly audit?: AuditRecorder | undefined
}

/** A fetch under way. `done` never rejects: it answers what went wrong, if anything. */
interface Flight {
  readonly beganAt: Moment
  readonly deadline: Deadline
  done: Promise<UpstreamError | undefined>
  waiting: number
}

/** Requests that wait for one issuer's keys at most; each holds a connection of its client. */
const MAX_WAITING = 10_000
/** Among them those with a `kid` that nobody knows: a flood of them costs no more than this. */
const MAX_WAITING_UNKNOWN = 1_000

/**
 * Creates a key source that reads one issuer's keys over the network: when they are first asked for, ahead of their age in the background,
 * and when a `kid` is unknown. It shares nothing with any other, starts no timer but a fetch's deadline, and does nothing while unused.
 */
export function createRemoteKeySource(issuer: string, read: KeysReader, context: RemoteContext): KeySource {
  return new RemoteKeySource(issuer, read, context)
}

class RemoteKeySource implements KeySource {
  readonly #issuer: string
  readonly #read: KeysReader
  readonly #context: RemoteContext
  readonly #report: KeysReporter
  readonly #trouble: Trouble
  #held: HeldSet | undefined
  #flight: Flight | undefined
  /** When the last fetch began that left somebody's `kid` unknown, failures included. */
  #unknownAt: Moment | undefined
  #closed = false

  constructor(issuer: string, read: KeysReader, context: RemoteContext) {
    this.#issuer = issuer
    this.#read = read
    this.#context = context
    this.#report = createKeysReporter(issuer, context.logger, context.audit)
    this.#trouble = new Trouble(context.runtime)
  }

  find(selector: KeySelector): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const set = this.#use()
    if (set === undefined) return this.#findAfterLoading(selector)
    return set.select(selector) ?? this.#findUnknown(selector)
  }

  holds(key: VerificationKey): boolean {
    return this.#use()?.has(key) ?? false
  }

  withdrew(key: VerificationKey): boolean {
    return this.#held !== undefined && !this.#held.set.has(key)
  }

  async load(): Promise<void> {
    if (this.#use() !== undefined) return
    this.#checkMayLoad()
    const error = await this.#wait(this.#flight ?? this.#start(), MAX_WAITING)
    if (error !== undefined) throw this.#toUnavailable(error)
  }

  health(): KeySourceHealth {
    return toHealth(this.#held, this.#trouble, this.#context.keyCache.maxStaleMs, this.#context.runtime)
  }

  close(): void {
    this.#closed = true
    this.#flight?.deadline.stop()
  }

  /** The set while it may be trusted: its lifetime plus the stale window. Past 80 % of the lifetime, a use has it read again. */
  #use(): KeySet | undefined {
    const held = this.#held
    if (held === undefined) return undefined
    const ageMs = toElapsedMs(this.#context.runtime, held.askedAt)
    if (ageMs >= held.lifetimeMs + this.#context.keyCache.maxStaleMs) return undefined
    if (ageMs >= held.lifetimeMs * REFRESH_AHEAD) this.#startInBackground()
    return held.set
  }

  /** No usable set: waits for one, except where it is known that waiting will not help. */
  async #findAfterLoading(selector: KeySelector): Promise<readonly VerificationKey[]> {
    this.#checkMayLoad()
    const joined = this.#flight
    const flight = joined ?? this.#start()
    const error = await this.#wait(flight, MAX_WAITING)
    if (error !== undefined) throw this.#toUnavailable(error)
    return this.#held?.set.select(selector) ?? this.#refuseUnknown(flight, joined === undefined)
  }

  /**
   * A `kid` that the set does not have: a new key, or nonsense. Only a set asked for after the request came can tell, so that one is fetched,
   * at most once per cooldown; until it was, the answer is 503.
   */
  #findUnknown(selector: KeySelector): Promise<readonly VerificationKey[]> {
    const joined = this.#flight
    if (joined === undefined && (this.#closed || this.#restOfCooldownMs() > 0)) throw this.#toUnconfirmed(undefined)
    return this.#findInFlight(selector, joined ?? this.#start(), joined === undefined)
  }

  async #findInFlight(selector: KeySelector, flight: Flight, confirms: boolean): Promise<readonly VerificationKey[]> {
    this.#unknownAt = flight.beganAt
    const error = await this.#wait(flight, MAX_WAITING_UNKNOWN)
    if (error !== undefined) throw this.#toUnconfirmed(error)
    return this.#held?.set.select(selector) ?? this.#refuseUnknown(flight, confirms)
  }

  #refuseUnknown(flight: Flight, confirms: boolean): never {
    this.#unknownAt = flight.beganAt
    if (confirms) throw new AuthenticationError('ERR_KEY_NOT_FOUND', { detail: { issuer: this.#issuer } })
    throw this.#toUnconfirmed(undefined)
  }

  /** @throws UpstreamError `ERR_KEYS_UNAVAILABLE` where waiting for a fetch is known to be of no use */
  #checkMayLoad(): void {
    if (this.#closed) throw this.#toUnavailable(undefined)
    // One failure of long ago says nothing: of an instance that was idle, or asleep in the middle of a fetch.
    const failed = this.#trouble.present
    if (failed === undefined) return
    // Keys that outlived their stale window: the issuer has been failing for an hour, and nobody waits for it.
    if (this.#held !== undefined) {
      this.#startInBackground()
      throw this.#toUnavailable(failed)
    }
    if (this.#flight === undefined && this.#trouble.restMs > 0) throw this.#toUnavailable(failed)
  }

  async #wait(flight: Flight, most: number): Promise<UpstreamError | undefined> {
    if (flight.waiting >= most)
      return new UpstreamError('ERR_KEYS_UNAVAILABLE', { detail: { issuer: this.#issuer, waiting: most } })
    flight.waiting++
    try {
      return await flight.done
    } finally {
      flight.waiting--
    }
  }

  #startInBackground(): void {
    if (this.#flight === undefined && !this.#closed && this.#trouble.restMs <= 0) this.#start()
  }

  #start(): Flight {
    const { runtime, network } = this.#context
    const deadline = startDeadline(network.timeoutMs)
    const flight: Flight = { beganAt: toMoment(runtime), deadline, done: Promise.resolve(undefined), waiting: 0 }
    this.#flight = flight
    flight.done = this.#fly(flight)
    return flight
  }

  async #fly(flight: Flight): Promise<UpstreamError | undefined> {
    try {
      this.#accept(await this.#read(this.#held?.set, flight.deadline.signal), flight.beganAt)
      return undefined
    } catch (cause) {
      const error = cause instanceof UpstreamError ? cause : new UpstreamError('ERR_KEYS_UNAVAILABLE', { cause })
      this.#fail(error)
      return error
    } finally {
      flight.deadline.stop()
      this.#flight = undefined
    }
  }

  /** Replaces the set whole: what is not in the new one is not trusted from here on. */
  #accept(reading: KeysReading, askedAt: Moment): void {
    const previous = this.#held?.set
    const failures = this.#trouble.count
    const { set, lifetimeMs } = reading
    this.#held = { set, askedAt, readAtMs: this.#context.runtime.now(), lifetimeMs }
    this.#trouble.end()
    this.#report.read(reading, previous, failures)
  }

  /** Keeps the set: a failure says nothing of the keys. */
  #fail(error: UpstreamError): void {
    if (this.#closed) return
    this.#trouble.add(error)
    this.#report.failed(error, this.#trouble, this.#use() !== undefined)
  }

  #restOfCooldownMs(): number {
    const since = this.#unknownAt
    return since === undefined
      ? 0
      : Math.max(0, this.#context.keyCache.cooldownMs - toElapsedMs(this.#context.runtime, since))
  }

  #toUnavailable(cause: UpstreamError | undefined): UpstreamError {
    return new UpstreamError('ERR_KEYS_UNAVAILABLE', {
      detail: { issuer: this.#issuer, failures: this.#trouble.count, closed: this.#closed || undefined },
      cause,
      retryAfterSeconds: this.#trouble.restMs / 1_000,
    })
  }

  #toUnconfirmed(cause: UpstreamError | undefined): UpstreamError {
    return new UpstreamError('ERR_KEY_UNCONFIRMED', {
      detail: { issuer: this.#issuer },
      cause,
      retryAfterSeconds: this.#restOfCooldownMs() / 1_000,
    })
  }
}
