import type { FastifyReply, FastifyRequest } from 'fastify'
import { toErrorReply } from '@countersign/core/adapter'

/** What `setErrorHandler` takes. */
export type ErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void

/**
 * Makes an error handler that answers refusals as JSON, `{ error, error_description }`, with their challenge.
 * Errors of others go on to the error handler around it. A 500 is logged, as Fastify's own handler has it.
 */
export function errorHandler(): ErrorHandler {
  return (error, request, reply) => {
    const answer = toErrorReply(error, request.raw)
    if (answer === undefined) throw error
    if (answer.status === 500) request.log.error({ err: error })
    reply
      .code(answer.status)
      .headers(answer.headers)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(answer.body))
  }
}
