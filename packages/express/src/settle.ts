import type { ServerResponse } from 'node:http'
import { CountersignError, InternalError } from '@countersign/core'
import type { NextFunction } from './handler.js'

/**
 * Hands on once the work is done. Nothing escapes: Express 4 neither awaits a handler nor answers
 * for its rejection, so that a lost one is a request that hangs.
 */
export function settle<T>(
  work: PromiseLike<T>,
  res: ServerResponse,
  next: NextFunction,
  onDone?: (value: T) => void,
): void {
  handOn(work, res, next, onDone).catch(() => res.destroy())
}

async function handOn<T>(
  work: PromiseLike<T>,
  res: ServerResponse,
  next: NextFunction,
  onDone?: (value: T) => void,
): Promise<void> {
  try {
    try {
      const value = await work
      onDone?.(value)
    } catch (error) {
      return refuse(error, res, next)
    }
    next()
  } catch (error) {
    // What next itself throws goes back to next, as Express does with a handler that throws.
    next(error)
  }
}

/** Sets the headers of a refusal on the response, where no error handler can lose them, and hands the error on. */
export function refuse(error: unknown, res: ServerResponse, next: NextFunction): void {
  if (error instanceof CountersignError && !res.headersSent) {
    for (const [name, value] of Object.entries(error.headers)) res.setHeader(name, value)
  }
  // To Express, next(undefined) and next('route') are ways on, not errors.
  next(error instanceof Error ? error : new InternalError('ERR_UNEXPECTED', { cause: error }))
}
