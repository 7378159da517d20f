import { CountersignError, InternalError } from '@countersign/core'
import type { RunningContext } from './middleware.js'

/**
 * Sets the headers of a refusal on the context and gives the error back to be thrown. An error middleware that answers
 * by itself keeps the former; Koa's own handler drops all headers and takes those that the error carries.
 */
export function toThrow(error: unknown, ctx: RunningContext): Error {
  if (error instanceof CountersignError) ctx.set?.(error.headers)
  // Koa leaves a request for which undefined was thrown without an answer.
  return error instanceof Error ? error : new InternalError('ERR_UNEXPECTED', { cause: error })
}
