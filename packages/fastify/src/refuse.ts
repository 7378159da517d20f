import { CountersignError, InternalError } from '@countersign/core'
import type { HookReply } from './hook.js'

/**
 * Sets the headers of a refusal on the raw response and gives the error back to be thrown. On the raw one, because an
 * error handler that hijacks the reply loses all that stands on Fastify's.
 */
export function toThrow(error: unknown, reply: HookReply): Error {
  if (error instanceof CountersignError && !reply.raw.headersSent) {
    for (const [name, value] of Object.entries(error.headers)) reply.raw.setHeader(name, value)
  }
  return error instanceof Error ? error : new InternalError('ERR_UNEXPECTED', { cause: error })
}
