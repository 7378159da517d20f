import { randomUUID } from 'node:crypto'
import type { HttpPeer } from '@countersign/core'
import { createEndpointProofs } from '@countersign/core/server'
import type { EndpointCall, EndpointContext } from './endpoints/endpoint.js'
import { createRoutes } from './endpoints/routes.js'
import type { Route } from './endpoints/routes.js'
import { TokenError, toTokenError } from './errors.js'
import { createFailureLog } from './failure-log.js'
import type { FailureLog } from './failure-log.js'
import { toErrorAnswer } from './http/answer.js'
import { toPreflightAnswer } from './http/document.js'
import { toEndpointUrls } from './http/paths.js'
import type { TokenServiceOptions } from './options.js'
import { explainDecision } from './explain.js'
import { checkServiceReadiness, toServiceHealth } from './readiness.js'
import { resolveOptions } from './resolve-options.js'
import { createSubjectNames } from './subject/subject-names.js'
import type { TokenService } from './token-service.js'
import { TOKEN_LIMITS } from './tokens/limits.js'

/**
 * Creates a token service: token exchange, and the grants and endpoints around it, as one `HttpHandler`. Nothing is fetched and no
 * key is made until the first request, or `ready()`.
 *
 * @throws ConfigurationError naming the option, what it got, what it wants and the fix
 * @see RFC 8693, RFC 7523, RFC 8414, RFC 7009, RFC 7662, RFC 9068
 */
export function createTokenService(options: TokenServiceOptions): TokenService {
  const { service, clients, proofs } = resolveOptions(options)
  const { issuer, replayStore, clockToleranceSeconds, runtime, trust, verifier, foreignStanding: standing } = service
  const rules = { issuer, replayStore, clockToleranceSeconds, runtime }
  const isClientIssuer = (name: string): boolean => trust.isClientIssuer(name)
  const url = toEndpointUrls(issuer).token
  const context: EndpointContext = Object.freeze({
    service,
    authentication: { ...rules, clients, verifier, standing, isClientIssuer },
    proofs: createEndpointProofs({ url, dpop: proofs, replayStore, limits: TOKEN_LIMITS, runtime }),
  })
  const routes = createRoutes(context, clients.methods)
  const log = createFailureLog(service)
  const handle = async (request: Request, peer: HttpPeer = {}): Promise<Response> => {
    const route = routes.get(new URL(request.url).pathname)
    if (route === undefined) return new Response(null, { status: 404, headers: { 'Cache-Control': 'no-store' } })
    return answer(route, { request, peer, id: randomUUID(), startedAtMs: runtime.now() }, context, log)
  }
  return Object.freeze(
    Object.assign(handle, {
      explain: explainDecision(service),
      subjectNames: createSubjectNames(service),
      ready: () => checkServiceReadiness(service),
      health: () => toServiceHealth(service),
      async close() {
        clients.close()
        service.experimental.close()
      },
    }),
  )
}

async function answer(route: Route, call: EndpointCall, context: EndpointContext, log: FailureLog): Promise<Response> {
  const { request } = call
  try {
    if (route.kind === 'document') {
      if (request.method === 'OPTIONS') return toPreflightAnswer()
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return new Response(null, { status: 405, headers: { Allow: 'GET, HEAD, OPTIONS' } })
    } else if (request.method !== 'POST') {
      throw new TokenError('ERR_STS_METHOD')
    }
    return await route.answer(call)
  } catch (thrown) {
    const error = toTokenError(thrown)
    log(error, call.id)
    return toErrorAnswer(error, { authorization: request.headers.has('authorization'), nonce: context.proofs.nonce() })
  }
}
