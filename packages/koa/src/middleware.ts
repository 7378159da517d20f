import type { IncomingMessage, ServerResponse } from 'node:http'

/** What our middleware needs of a Koa context. */
export interface Context {
  readonly req: IncomingMessage
}

/** A middleware by its structure, with no type of Koa in it: it fits applications on Koa 2 and 3, and any router's. */
export type Middleware = (ctx: Context, next: () => Promise<unknown>) => Promise<void>

/** What Koa puts on every context beyond that. Read only where it is there: contexts of tests may be smaller. */
export interface RunningContext extends Context {
  readonly res?: ServerResponse | undefined
  readonly state?: Record<string, unknown> | undefined
  readonly originalUrl?: string | undefined
  readonly headerSent?: boolean | undefined
  readonly app?: { emit(event: 'error', error: unknown, ctx: Context): unknown } | undefined
  status?: number | undefined
  body?: unknown
  set?(headers: Readonly<Record<string, string>>): void
  append?(name: string, values: string[]): void
}
