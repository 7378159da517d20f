import type { IncomingMessage } from 'node:http'
import type { Claims, Principal, Verifier, VerifierOptions } from '@countersign/core'
import { authenticateRequest, isPending, readMiddlewareOptions, toVerifier } from '@countersign/core/adapter'
import type { MiddlewareOptions } from '@countersign/core/adapter'
import type { Middleware, RunningContext } from './middleware.js'
import { toThrow } from './refuse.js'

/**
 * Makes the middleware that judges every request that reaches it, with a verifier or the options of a new one.
 *
 * A refusal sets its headers on the context and is thrown. Preflight requests are neither answered nor skipped: CORS
 * comes first. A verifier made here from options lives as long as the process; its timers never keep that alive.
 *
 * Not checked: what the principal may do. That is for the guards, on the routes.
 *
 * @throws ConfigurationError at construction
 * @see RFC 6750 section 3
 */
export function countersign<C = Claims>(
  source: Verifier<C> | VerifierOptions<C>,
  options?: MiddlewareOptions,
): Middleware {
  const { optional } = readMiddlewareOptions(options)
  const verifier = toVerifier(source)
  return (ctx: RunningContext, next) => {
    show(ctx, undefined)
    let judged: ReturnType<typeof authenticateRequest<C>>
    try {
      const target = (ctx.req as IncomingMessage & { originalUrl?: string }).originalUrl ?? ctx.originalUrl
      const setHeader = (name: string, value: string) => ctx.set?.({ [name]: value })
      judged = authenticateRequest(verifier, ctx.req, { optional, target, setHeader })
    } catch (error) {
      return Promise.reject(toThrow(error, ctx))
    }
    if (isPending(judged)) return goOnLater(judged, ctx, next)
    // What Koa waits for already needs no promise around it.
    show(ctx, judged)
    return next() as Promise<void>
  }
}

async function goOnLater(
  judged: PromiseLike<Principal<unknown> | undefined>,
  ctx: RunningContext,
  next: () => Promise<unknown>,
): Promise<void> {
  try {
    show(ctx, await judged)
  } catch (error) {
    throw toThrow(error, ctx)
  }
  await next()
}

/** Shows the principal as `ctx.state.auth`, for people to read. Guards and `getAuth` never read it: anybody may write there. */
function show({ state }: RunningContext, principal: Principal<unknown> | undefined): void {
  // An assignment, and only where it changes anything: with Reflect.set, twice a request, this cost 0.4 us.
  if (state === undefined || (principal === undefined && !('auth' in state))) return
  try {
    state['auth'] = principal
  } catch {
    // Somebody else has defined it, and keeps it.
  }
}
