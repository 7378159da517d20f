import { toElapsedMs, toMoment } from '../elapsed.js'
import type { Moment } from '../elapsed.js'
import type { UpstreamError } from '../errors.js'
import type { Runtime } from '../runtime.js'
import { LONGEST_MS, toBackoffMs } from './backoff.js'

/** One failed attempt. */
export interface Failure {
  readonly at: Moment
  readonly error: UpstreamError
}

/** The failures of one issuer, and how long they say to leave it alone. */
export class Trouble {
  readonly #runtime: Runtime
  #retryAfterMs = 0
  #count = 0
  #last: Failure | undefined

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Failures in a row; 0 once an attempt succeeded. */
  get count(): number {
    return this.#count
  }

  /** The last failure, also when it is over. */
  get last(): Failure | undefined {
    return this.#last
  }

  /** The last attempt's failure, unless it is so long ago that another would have been made since, had anybody asked. */
  get present(): UpstreamError | undefined {
    if (this.#count === 0 || this.#last === undefined) return undefined
    return toElapsedMs(this.#runtime, this.#last.at) < 2 * LONGEST_MS ? this.#last.error : undefined
  }

  /** What is left of the backoff in milliseconds; 0 where an attempt may be made. */
  get restMs(): number {
    if (this.#count === 0 || this.#last === undefined) return 0
    return Math.max(0, this.#retryAfterMs - toElapsedMs(this.#runtime, this.#last.at))
  }

  add(error: UpstreamError): void {
    this.#last = { at: toMoment(this.#runtime), error }
    this.#retryAfterMs = toBackoffMs(++this.#count)
  }

  end(): void {
    this.#count = 0
  }
}
