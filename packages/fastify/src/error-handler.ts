import { BODY_FIELDS, toErrorReply } from '@countersign/core/adapter'

/** What the error handler needs of a Fastify request. */
export interface FailedRequest {
  readonly raw: object
  readonly log: { error(details: object): void }
}

/** What the error handler needs of a Fastify reply. */
export interface FailedReply {
  code(status: number): unknown
  headers(values: Readonly<Record<string, string>>): unknown
  removeHeader(name: string): unknown
  type(contentType: string): unknown
  send(payload: string): unknown
}

/** What `setErrorHandler` takes, on HTTP/1 and HTTP/2 alike. */
export type ErrorHandler = (error: unknown, request: FailedRequest, reply: FailedReply) => void

/**
 * Makes an error handler that answers refusals as JSON, `{ error, error_description }`, with their challenge.
 * Errors of others go on to the error handler around it. A 500 is logged, as Fastify's own handler has it.
 */
export function errorHandler(): ErrorHandler {
  return (error, request, reply) => {
    const answer = toErrorReply(error, request.raw)
    if (answer === undefined) throw error
    if (answer.status === 500) request.log.error({ err: error })
    reply.code(answer.status)
    for (const name of BODY_FIELDS) reply.removeHeader(name)
    reply.headers(answer.headers)
    reply.type('application/json; charset=utf-8')
    reply.send(JSON.stringify(answer.body))
  }
}
