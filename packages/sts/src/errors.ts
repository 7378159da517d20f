import { AuthenticationError, CountersignError, UpstreamError } from '@countersign/core'
import type { ErrorDetail } from '@countersign/core'
import { toCause, toPlainDetail } from '@countersign/core/server'
import { ABOUT_THE_TOKEN, STS_REASONS, STS_STATUSES, TOKEN_ERRORS } from './error-table.js'
import type { StsReason, TokenErrorCode } from './error-table.js'

/** What a refusal may carry beside its reason. */
export interface TokenErrorOptions {
  /** Facts for logs: names of parameters, claims and limits. Never text that a stranger chose. */
  readonly detail?: ErrorDetail | undefined
  readonly cause?: unknown
  /** Where a grant has another error for the reason than the table: RFC 7523 section 3.1. */
  readonly code?: TokenErrorCode | undefined
  /** Whole seconds, for errors of status 503. Default 1. */
  readonly retryAfterSeconds?: number | undefined
}

/**
 * A request that an endpoint refuses. `message` is the constant text of `code`, and all that a client learns beside it;
 * `reason` and `detail` are for the log and the audit trail, and are not enumerable.
 */
export class TokenError extends Error {
  readonly code: TokenErrorCode
  readonly status: number
  readonly #reason: StsReason
  readonly #detail: ErrorDetail | undefined
  readonly #retryAfterSeconds: number | undefined

  constructor(reason: StsReason, options: TokenErrorOptions = {}) {
    const code = options.code ?? STS_REASONS[reason]
    const { text } = TOKEN_ERRORS[code]
    const status = STS_STATUSES[reason] ?? TOKEN_ERRORS[code].status
    // A stack costs more than the refusal, and says nothing of a request that is no good.
    const limit = Error.stackTraceLimit
    if (status < 500) Reflect.set(Error, 'stackTraceLimit', 0)
    super(text, options.cause === undefined ? undefined : { cause: options.cause })
    if (status < 500) Reflect.set(Error, 'stackTraceLimit', limit)
    this.code = code
    this.status = status
    this.#reason = reason
    this.#detail = options.detail
    this.#retryAfterSeconds = status === 503 ? Math.max(1, Math.ceil(options.retryAfterSeconds ?? 1)) : undefined
  }

  /** Why exactly, by this package's table. */
  get reason(): StsReason {
    return this.#reason
  }

  /** What exactly was wrong: the reason of the part that found it, where there is one (`ERR_TOKEN_EXPIRED`), else `reason`. */
  get rootReason(): string {
    const { cause } = this
    if (cause instanceof TokenError) return cause.rootReason
    return cause instanceof CountersignError ? cause.reason : this.#reason
  }

  /** Which parameter, claim or limit was concerned. */
  get detail(): ErrorDetail | undefined {
    return this.#detail
  }

  /** For status 503: when asking again makes sense. */
  get retryAfterSeconds(): number | undefined {
    return this.#retryAfterSeconds
  }
}

/**
 * Whatever was thrown, as a refusal. An AuthenticationError means that the token it is about was no good, under `reason`; what
 * could not be reached is 503; what nobody foresaw is ours (500), never the client's.
 */
export function toTokenError(error: unknown, reason: StsReason = 'ERR_STS_UNEXPECTED'): TokenError {
  if (error instanceof TokenError) return error
  if (error instanceof AuthenticationError) return new TokenError(reason, { cause: error, detail: error.detail })
  if (error instanceof UpstreamError)
    return new TokenError('ERR_STS_UNAVAILABLE', { cause: error, retryAfterSeconds: error.retryAfterSeconds })
  return new TokenError('ERR_STS_UNEXPECTED', { cause: error })
}

/**
 * What is known of a failure of ours, as plain data for logs: of what was thrown the name, the code and the place, and none of its
 * text. Its reason is {@link TokenError.rootReason}.
 */
export function toFailureDetail({ detail, cause }: TokenError): ErrorDetail {
  if (cause instanceof TokenError) return toFailureDetail(cause)
  const known = toCause(cause, true)
  return { ...detail, ...toPlainDetail(known instanceof CountersignError ? known : { detail, cause: known }) }
}

/** The same refusal as the JWT bearer grant words it: what is wrong with the token is wrong with the grant. RFC 7523 section 3.1. */
export function toGrantError(error: TokenError): TokenError {
  if (!ABOUT_THE_TOKEN.has(error.reason)) return error
  return new TokenError(error.reason, { code: 'invalid_grant', cause: error.cause, detail: error.detail })
}
