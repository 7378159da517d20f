import type { Claims, Verifier, VerifierOptions } from '@countersign/core'
import { authenticateRequest, isPending, readMiddlewareOptions, toVerifier } from '@countersign/core/adapter'
import type { MiddlewareOptions } from '@countersign/core/adapter'
import type { Handler } from './handler.js'
import { refuse, settle } from './settle.js'
import { hide, show } from './show.js'

/**
 * Makes the middleware that judges every request that reaches it, with a verifier or the options of a new one.
 *
 * A refusal sets its headers on the response and goes to `next` as an error. Preflight requests are neither answered
 * nor skipped: CORS comes first. A verifier made here from options lives as long as the process; its timers never keep
 * that alive.
 *
 * Not checked: what the principal may do. That is for the guards, on the routes.
 *
 * @throws ConfigurationError at construction
 * @see RFC 6750 section 3
 */
export function countersign<C = Claims>(
  source: Verifier<C> | VerifierOptions<C>,
  options?: MiddlewareOptions,
): Handler {
  const { optional } = readMiddlewareOptions(options)
  const verifier = toVerifier(source)
  return (req, res, next) => {
    hide(req)
    const setHeader = (name: string, value: string) => res.headersSent || res.setHeader(name, value)
    let judged: ReturnType<typeof authenticateRequest<C>>
    try {
      judged = authenticateRequest(verifier, req, { optional, setHeader })
    } catch (error) {
      return refuse(error, res, next)
    }
    if (isPending(judged)) return settle(judged, res, next, (principal) => show(req, principal))
    show(req, judged)
    next()
  }
}
