import { callSafely } from './call-safely.js'

/** What an injected `fetch` is given. Redirects must not be followed; `signal` carries the total deadline. */
export interface RuntimeFetchInit {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

/**
 * Time and network, for code that must control them: tests, simulations, unusual hosts.
 *
 * An injected `fetch` replaces the guarded one: addresses, certificates and proxies are then the caller's own risk.
 * Size, deadline, content type and redirects are still checked.
 */
export interface Runtime {
  /** Wall clock in milliseconds since the epoch. */
  now(): number
  /** A clock that never goes back, in milliseconds since any moment. */
  monotonicNow(): number
  readonly fetch: ((url: string, init: RuntimeFetchInit) => Promise<Response>) | undefined
}

/** The clocks of this process and the guarded fetch. */
export const systemRuntime: Runtime = Object.freeze({
  now: () => Date.now(),
  monotonicNow: () => performance.now(),
  fetch: undefined,
})

/** Where the suite tells an operator what a client must not learn: `console`, winston, pino, Fastify's `log`. Messages are constant; `detail` is plain data. */
export interface Logger {
  debug(message: string, detail?: Readonly<Record<string, unknown>>): void
  info(message: string, detail?: Readonly<Record<string, unknown>>): void
  warn(message: string, detail?: Readonly<Record<string, unknown>>): void
  error(message: string, detail?: Readonly<Record<string, unknown>>): void
}

/** Says nothing: the default, because a library has no business on standard output. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

type DetailFirst = Readonly<Record<keyof Logger, (detail: object, message: string) => void>>

/** Of every logger of pino, and of Fastify's. They want the detail first, and drop what comes second without a word. */
const PINO = Symbol.for('pino.serializers')

/**
 * A logger whose failures stay its own: what it throws, at once or as a promise, while an answer is being made or between requests, must not
 * become an outage.
 */
export function toSafeLogger(logger: Logger): Logger {
  if (logger === silentLogger) return silentLogger
  const isPino = PINO in logger
  const guard =
    (level: keyof Logger): Logger['debug'] =>
    (message, detail) =>
      callSafely(() =>
        isPino && detail !== undefined
          ? (logger as unknown as DetailFirst)[level](detail, message)
          : logger[level](message, detail),
      )
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') }
}
