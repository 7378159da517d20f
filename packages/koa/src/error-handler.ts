import { BODY_FIELDS, toErrorReply } from '@countersign/core/adapter'
import type { Middleware, RunningContext } from './middleware.js'

/**
 * Makes a middleware that answers refusals as JSON, `{ error, error_description }`, with their challenge. It stands
 * before all others. Errors of others, and those that come after the response began, are thrown on.
 *
 * A 500 goes to the application's `error` event too, as Koa's own handler has it.
 */
export function errorHandler(): Middleware {
  return async (ctx: RunningContext, next) => {
    try {
      await next()
    } catch (error) {
      const reply = toErrorReply(error, ctx.req)
      if (reply === undefined || ctx.headerSent === true) throw error
      if (reply.status === 500) ctx.app?.emit('error', error, ctx)
      for (const name of BODY_FIELDS) ctx.res?.removeHeader(name)
      ctx.status = reply.status
      ctx.set?.({ ...reply.headers, 'Content-Type': 'application/json; charset=utf-8' })
      ctx.body = JSON.stringify(reply.body)
    }
  }
}
