import type { IncomingMessage, ServerResponse } from 'node:http'

/** How a handler hands on: with nothing to the next one, with an error to the error handlers. */
export type NextFunction = (error?: unknown) => void

/** A middleware by its structure, with no type of Express in it: it fits applications on `@types/express` 4 and 5 alike. */
export type Handler = (req: IncomingMessage, res: ServerResponse, next: NextFunction) => void

/** An error-handling middleware by its structure. */
export type ErrorHandler = (error: unknown, req: IncomingMessage, res: ServerResponse, next: NextFunction) => void
