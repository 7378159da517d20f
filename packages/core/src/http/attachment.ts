import type { AnyGuard, AsyncGuard } from '../guards/guard.js'
import { runCheck, runCheckAsync } from '../guards/run.js'
import { AuthenticationError, CountersignError, InternalError } from '../errors.js'
import { CODES } from '../error-table.js'
import { createVerifier } from '../create-verifier.js'
import type { VerifierOptions } from '../options/options.js'
import type { DefaultClaims, Principal } from '../principal.js'
import type { Verifier } from '../verifier.js'
import type { AuthRequest, IncomingRequest } from '../auth-request.js'
import { recordAnonymous, recordDenial } from '../audit-verdict.js'
import { authenticateNow } from '../judge.js'
import { isPending } from '../maybe.js'
import type { Maybe } from '../maybe.js'
import { together } from '../turn.js'
import { toRefusal } from './challenge.js'
import { joinRequest } from './own-claims.js'
import { findScheme } from './schemes.js'
import { attach, findAttachment } from './stamp.js'
import type { Attachment } from './stamp.js'

/** How one adapter call wants a request judged. */
export interface AuthenticateOptions {
  /** Lets a request pass that has neither an `Authorization` nor a `DPoP` field. Anything else there is judged. */
  readonly optional?: boolean | undefined
  /** The request target as it came over the wire, where the framework has rewritten `url`. */
  readonly target?: string | undefined
  /** Puts a field on the answer to a request that is accepted: a new `DPoP-Nonce`, where the one in use is ageing. */
  readonly setHeader?: ((name: string, value: string) => unknown) | undefined
}

/**
 * Judges a raw request and remembers the principal for guards and `getAuth`.
 *
 * An earlier verdict on the same request is forgotten first: inside a stricter router the inner verdict alone counts.
 *
 * @returns the principal itself where nothing had to be awaited: where requests come alone, for a token that was verified before
 * @throws CountersignError fresh, with the answer's headers on it; thrown or rejected with
 */
export function authenticateRequest<C>(
  verifier: Verifier<C>,
  raw: IncomingRequest,
  options: AuthenticateOptions = {},
): Maybe<Principal<C> | undefined> {
  const attachment: Attachment = { verifier: verifier as Verifier<unknown>, request: undefined, principal: undefined }
  const isFirst = attach(raw, attachment)
  const request = readRequest(attachment, raw, options)
  if (request === undefined) return undefined
  const judgeIt = (): Maybe<Principal<C>> => judgeRequest(verifier, attachment, request, options)
  // Middleware inside middleware: it has waited for the others before.
  return isFirst ? together(judgeIt) : judgeIt()
}

/** The view of a request; `undefined` where it may pass with nothing in it to judge. */
function readRequest(
  attachment: Attachment,
  raw: IncomingRequest,
  options: AuthenticateOptions,
): AuthRequest | undefined {
  const { verifier } = attachment
  try {
    const request = verifier.toAuthRequest(raw, options.target)
    attachment.request = request
    if (request.dpop.length > 0) joinRequest(request, raw)
    return options.optional === true && request.authorization.length + request.dpop.length === 0 ? undefined : request
  } catch (error) {
    throw verifier.refuse(error)
  }
}

function judgeRequest<C>(
  verifier: Verifier<C>,
  attachment: Attachment,
  request: AuthRequest,
  options: AuthenticateOptions,
): Maybe<Principal<C>> {
  try {
    const judged = authenticateNow(verifier, request)
    if (isPending(judged)) return acceptLater(verifier, attachment, request, judged, options)
    accept(verifier, attachment, request, judged, options)
    return judged
  } catch (error) {
    throw verifier.refuse(error, findScheme(request))
  }
}

async function acceptLater<C>(
  verifier: Verifier<C>,
  attachment: Attachment,
  request: AuthRequest,
  pending: PromiseLike<Principal<C>>,
  options: AuthenticateOptions,
): Promise<Principal<C>> {
  try {
    const principal = await pending
    accept(verifier, attachment, request, principal, options)
    return principal
  } catch (error) {
    throw verifier.refuse(error, findScheme(request))
  }
}

function accept<C>(
  verifier: Verifier<C>,
  attachment: Attachment,
  request: AuthRequest,
  principal: Principal<C>,
  options: AuthenticateOptions,
): void {
  // Where another verifier has judged the request meanwhile, its attachment stands there, and this one is nobody's.
  attachment.principal = principal
  if (request.dpop.length > 0) setHeaders(verifier.responseHeaders(request), options)
}

function setHeaders(headers: Readonly<Record<string, string>>, { setHeader }: AuthenticateOptions): void {
  if (setHeader === undefined) return
  for (const [name, value] of Object.entries(headers)) setHeader(name, value)
}

/** Puts a principal where guards and `getAuth` look. For middleware, and for `withPrincipal` in tests. */
export function attachPrincipal<C>(raw: object, verifier: Verifier<C>, principal: Principal<C>): void {
  attach(raw, { verifier: verifier as Verifier<unknown>, request: undefined, principal })
}

/**
 * Runs a guard on what was attached to a raw request; synchronous for a synchronous guard.
 *
 * @throws InternalError `ERR_NOT_AUTHENTICATED` where no middleware ran: a guard that guards nothing must not look like one
 * @throws AuthenticationError `ERR_CREDENTIALS_MISSING` where nobody is signed in; whatever the guard throws, with the answer's headers
 */
export function checkGuard(raw: object, guard: AnyGuard, request: unknown): void | Promise<void> {
  const attachment = findAttachment(raw)
  if (attachment === undefined)
    throw notAuthenticated('A guard ran on a request that no countersign middleware has judged')
  const { principal, verifier } = attachment
  if (principal === undefined) {
    const missing = new AuthenticationError('ERR_CREDENTIALS_MISSING')
    recordAnonymous(missing, attachment)
    throw verifier.refuse(missing)
  }
  try {
    if ('check' in guard) return runCheck(guard, principal)
  } catch (error) {
    recordDenial(error, principal, attachment, raw)
    throw verifier.refuse(error, principal.scheme)
  }
  return checkLater(guard, { ...attachment, principal }, raw, request)
}

// Its own async function, so that a predicate that throws before its first await is refused like any other.
async function checkLater(
  guard: AsyncGuard,
  attachment: Attachment & { readonly principal: Principal<unknown> },
  raw: object,
  request: unknown,
): Promise<void> {
  const { principal, verifier } = attachment
  try {
    await runCheckAsync(guard, principal, request)
  } catch (error) {
    recordDenial(error, principal, attachment, raw)
    throw verifier.refuse(error, principal.scheme)
  }
}

/** The principal of a raw request, if one was authenticated; with a verifier, by that very one. Never throws. */
export function findPrincipal(raw: object, verifier?: Verifier<unknown>): Principal<DefaultClaims> | undefined {
  const attachment = findAttachment(raw)
  if (verifier !== undefined && attachment?.verifier !== verifier) return undefined
  return attachment?.principal as Principal<DefaultClaims> | undefined
}

/**
 * The principal of a raw request; with a verifier, one that this very verifier authenticated.
 *
 * @throws InternalError `ERR_NOT_AUTHENTICATED` (500): a route that reads a principal must be one that demands it
 */
export function getPrincipal<C = DefaultClaims>(raw: object, verifier?: Verifier<C>): Principal<C> {
  const attachment = findAttachment(raw)
  if (attachment?.principal === undefined)
    throw notAuthenticated('getAuth was called on a request that nobody is signed in to')
  if (verifier !== undefined && attachment.verifier !== verifier) {
    throw notAuthenticated('getAuth was called with another verifier than the one that judged this request')
  }
  return attachment.principal as Principal<C>
}

/** A verifier as it is, or a new one from options, which checks whatever else it is given. */
export function toVerifier<C>(source: Verifier<C> | VerifierOptions<C>): Verifier<C> {
  return isVerifier(source) ? source : createVerifier(source)
}

function isVerifier<C>(source: Verifier<C> | VerifierOptions<C>): source is Verifier<C> {
  return typeof (source as Verifier<C> | undefined)?.authenticate === 'function'
}

/** The JSON body that every adapter's `errorHandler()` sends. */
export interface ErrorBody {
  readonly error: string
  readonly error_description: string
}

/** Fields that a handler which failed may have set for another body than the one of {@link ErrorReply}: not to be sent with it. */
export const BODY_FIELDS: readonly string[] = Object.freeze([
  'Content-Length',
  'Content-Encoding',
  'Content-Language',
  'Content-Range',
  'ETag',
  'Last-Modified',
])

/** An answer to a refusal, ready to send. */
export interface ErrorReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ErrorBody
}

/**
 * What to answer to an error of this suite; `undefined` for any other error, which is not ours to answer.
 *
 * An error thrown inside a handler, by a plain guard or a service, has met no adapter: it takes its headers from the
 * verifier that judged the raw request. Where none did, the challenge is for a Bearer token of the realm `api`.
 */
export function toErrorReply(error: unknown, raw?: object): ErrorReply | undefined {
  if (!(error instanceof CountersignError)) return undefined
  const attachment = raw === undefined ? undefined : findAttachment(raw)
  const refused =
    'Cache-Control' in error.headers
      ? error
      : (attachment?.verifier.refuse(error, attachment.principal?.scheme) ?? toRefusal(error, { realm: 'api' }))
  const row = CODES[refused.code]
  return {
    status: row.status,
    headers: refused.headers,
    body: { error: row.oauthError ?? 'unauthorized', error_description: row.text },
  }
}

function notAuthenticated(message: string): InternalError {
  const error = new InternalError('ERR_NOT_AUTHENTICATED', {
    message: `${message}. Put the middleware before this route.`,
  })
  error.headers['Cache-Control'] = 'no-store'
  return error
}
