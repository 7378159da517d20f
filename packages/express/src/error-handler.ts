import { BODY_FIELDS, toErrorReply } from '@countersign/core/adapter'
import type { ErrorHandler } from './handler.js'

/**
 * Makes an error handler that answers refusals as JSON, `{ error, error_description }`, with their challenge.
 * Errors of others, and those that come after the response began, go on to the next error handler.
 *
 * Stands in for Express's own handler, and so does what that does with a 500: prints it, unless `NODE_ENV` is `test`.
 */
export function errorHandler(): ErrorHandler {
  // Express tells an error handler by its four parameters.
  return (error, req, res, next) => {
    const reply = toErrorReply(error, req)
    if (reply === undefined || res.headersSent) return next(error)
    // oxlint-disable-next-line eslint/no-console -- Express's own handler prints it too
    if (reply.status === 500 && process.env['NODE_ENV'] !== 'test') console.error(error)
    for (const name of BODY_FIELDS) res.removeHeader(name)
    res.statusCode = reply.status
    for (const [name, value] of Object.entries(reply.headers)) res.setHeader(name, value)
    res.setHeader('Content-Type', 'application/json; charset=utf-8')
    res.end(JSON.stringify(reply.body))
  }
}
