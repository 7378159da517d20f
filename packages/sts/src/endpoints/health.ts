import { toAnswer } from '../http/answer.js'
import { canSign } from '../readiness.js'
import type { EndpointContext } from './endpoint.js'

/** Answers whether the service can sign. What exactly is wrong is for its operator: `health()`. */
export function answerHealth({ service }: EndpointContext): Response {
  return canSign(service)
    ? toAnswer({ status: 'ok' })
    : toAnswer({ status: 'unavailable' }, 503, { 'Retry-After': '1' })
}
