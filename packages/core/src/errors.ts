import { CODES, REASONS } from './error-table.js'
import type { ErrorCode, OAuthError, Reason } from './error-table.js'

/** Facts for logs: names of options and claims, limits, expectations. Never text that a stranger chose. */
export type ErrorDetail = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** What a challenge adds beyond the error itself: fixed by the route that refused, never by the token. */
export interface ChallengeParameters {
  /** Scopes the route wants, RFC 6750 section 3. */
  readonly scope?: string | undefined
  /** Authentication context classes the route wants, RFC 9470 section 3. */
  readonly acrValues?: string | undefined
  /** Largest age of the authentication in seconds, RFC 9470 section 3. */
  readonly maxAgeSeconds?: number | undefined
}

/** What an error may carry beside its reason. */
export interface ErrorOptions {
  readonly detail?: ErrorDetail | undefined
  /** Whether `cause` may come from a function of the application: the place where it was thrown is then kept. */
  readonly traced?: boolean | undefined
  readonly cause?: unknown
  readonly challenge?: ChallengeParameters | undefined
  /** Only for {@link UpstreamError}: whole seconds, at least 1. */
  readonly retryAfterSeconds?: number | undefined
  /** The public code of a reason that another package's table defines; core's own reasons have theirs already. */
  readonly code?: ErrorCode | undefined
}

/** What is kept of a failure that caused ours: no body, no message, no URL. */
export interface ErrorCause {
  readonly name: string
  readonly code: string | undefined
  readonly status: number | undefined
  /** Where a function of the application threw it: file, line and column. */
  readonly at?: string | undefined
}

const brand: unique symbol = Symbol.for('countersign.error') as never

/**
 * The root of every error this suite throws. `message` is the constant public text of `code`;
 * `reason`, `detail` and `cause` are for logs and are not enumerable.
 *
 * `status`, `statusCode`, `headers` and `expose` are what Express, Koa and Fastify read off an error.
 * `instanceof` also holds for errors of another installed copy of this package.
 */
export abstract class CountersignError<R extends string = Reason> extends Error {
  readonly code: ErrorCode
  readonly oauthError: OAuthError | undefined
  status: number
  statusCode: number
  headers: Record<string, string>
  expose: boolean
  readonly #reason: R
  readonly #detail: ErrorDetail | undefined
  readonly #challenge: ChallengeParameters | undefined

  protected constructor(reason: R, options: ErrorOptions, message?: string) {
    const code = options.code ?? REASONS[reason as Reason] ?? 'ERR_INTERNAL'
    const row = CODES[code]
    const cause = toCause(options.cause, options.traced === true || row.status === 500)
    // A stack costs more than the refusal itself, and a flood of bad tokens is made of refusals.
    const limit = Error.stackTraceLimit
    if (row.status < 500) Reflect.set(Error, 'stackTraceLimit', 0)
    super(message ?? row.text, cause === undefined ? undefined : { cause })
    if (row.status < 500) Reflect.set(Error, 'stackTraceLimit', limit)
    this.code = code
    this.oauthError = row.oauthError
    this.status = row.status
    this.statusCode = row.status
    this.headers = {}
    this.expose = row.status < 500
    this.#reason = reason
    this.#detail = options.detail
    this.#challenge = options.challenge
  }

  /** Why exactly, from the package's table of reasons. For logs and events, never for a client. */
  get reason(): R {
    return this.#reason
  }

  /** Which option, claim or limit was concerned. For logs and events, never for a client. */
  get detail(): ErrorDetail | undefined {
    return this.#detail
  }

  /** What the route that refused adds to the challenge. */
  get challenge(): ChallengeParameters | undefined {
    return this.#challenge
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): value is CountersignError {
    return isKind(this, CountersignError, undefined, value)
  }
}

/** The configuration cannot work. Thrown at construction only; `message` names the option, what it got, what it wants and the fix. */
export class ConfigurationError extends CountersignError {
  constructor(
    reason: 'ERR_CONFIG_INVALID' | 'ERR_CONFIG_MISSING' | 'ERR_CONFIG_UNKNOWN',
    message: string,
    detail?: ErrorDetail,
  ) {
    super(reason, { detail }, message)
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): value is ConfigurationError {
    return isKind(this, ConfigurationError, 'ConfigurationError', value)
  }
}

/** The credentials cannot be accepted: status 400 or 401. */
export class AuthenticationError<R extends string = Reason> extends CountersignError<R> {
  constructor(reason: R, options: ErrorOptions = {}) {
    super(reason, options)
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): value is AuthenticationError {
    return isKind(this, AuthenticationError, 'AuthenticationError', value)
  }
}

/** The principal may not do this: status 403, or 401 where a stronger authentication would do. */
export class AuthorizationError<R extends string = Reason> extends CountersignError<R> {
  constructor(reason: R, options: ErrorOptions = {}) {
    super(reason, options)
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): value is AuthorizationError {
    return isKind(this, AuthorizationError, 'AuthorizationError', value)
  }
}

/** Something we depend on did not answer as it must: status 503 with `Retry-After`. Never the token's fault. */
export class UpstreamError<R extends string = Reason> extends CountersignError<R> {
  readonly #retryAfterSeconds: number

  constructor(reason: R, options: ErrorOptions = {}) {
    super(reason, options)
    const seconds = Math.ceil(options.retryAfterSeconds ?? 1)
    this.#retryAfterSeconds = Number.isFinite(seconds) ? Math.max(1, seconds) : 1
    this.headers['Retry-After'] = String(this.#retryAfterSeconds)
  }

  /** Whole seconds after which asking again makes sense; at least 1. */
  get retryAfterSeconds(): number {
    return this.#retryAfterSeconds
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): value is UpstreamError {
    return isKind(this, UpstreamError, 'UpstreamError', value)
  }
}

/** A mistake in the application or in this suite: status 500. Keeps its stack. */
export class InternalError<R extends string = Reason> extends CountersignError<R> {
  constructor(reason: R, options: ErrorOptions & { readonly message?: string | undefined } = {}) {
    super(reason, options, options.message)
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): value is InternalError {
    return isKind(this, InternalError, 'InternalError', value)
  }
}

/** What is known of an error, and of what caused it, as plain data for logs. `cause` is a reason, or the name of what was thrown. */
export function toPlainDetail({ detail, cause }: Pick<CountersignError, 'detail' | 'cause'>): ErrorDetail | undefined {
  if (cause instanceof CountersignError) return { ...detail, ...cause.detail, cause: cause.reason }
  if (cause === undefined) return detail
  const { name, code, at } = cause as ErrorCause
  return { ...detail, cause: name, code, at }
}

/** Keeps of a failure what helps an operator and cannot carry a stranger's text. */
export function toCause(cause: unknown, traced = false): CountersignError | ErrorCause | undefined {
  if (cause === undefined || cause === null) return undefined
  try {
    if (cause instanceof CountersignError) return cause
    const { name, code, status } = cause as { name?: unknown; code?: unknown; status?: unknown }
    return {
      name: isIdentifier(name) ? name : 'Error',
      code: isIdentifier(code) ? code : undefined,
      status: typeof status === 'number' ? status : undefined,
      ...(traced ? { at: toPlace(cause) } : undefined),
    }
  } catch {
    // Anything can be thrown, an object whose members throw too: it must not take the place of our own error.
    return { name: 'Error', code: undefined, status: undefined }
  }
}

/** The first frame of a stack that is of a file. What stands before the frames is the message, which may hold anything. */
function toPlace(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined
  const { stack, message } = error
  const begin = stack.indexOf(message)
  // Given another message since: where the first one ends in there nobody can tell.
  if (begin < 0) return undefined
  const frames = stack.slice(begin + message.length, begin + message.length + 4_096)
  return /\n +at (?:[^\n]* \()?((?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^\n()]+:\d+:\d+)\)?(?:\n|$)/.exec(frames)?.[1]
}

function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^\w{1,64}$/.test(value)
}

for (const [kind, own] of Object.entries({
  ConfigurationError,
  AuthenticationError,
  AuthorizationError,
  UpstreamError,
  InternalError,
})) {
  Object.defineProperty(own.prototype, 'name', { value: kind, writable: true, configurable: true })
  Object.defineProperty(own.prototype, brand, { value: kind })
}

/** A subclass that an application writes is told apart by its prototype, as usual; our own classes by the brand. */
function isKind(asked: unknown, own: unknown, kind: string | undefined, value: unknown): boolean {
  if (asked !== own) return Function.prototype[Symbol.hasInstance].call(asked, value)
  if (typeof value !== 'object' || value === null) return false
  const found: unknown = (value as { [brand]?: unknown })[brand]
  return kind === undefined ? typeof found === 'string' : found === kind
}
