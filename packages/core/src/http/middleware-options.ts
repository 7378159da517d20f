import { flag, optional, readTable } from '../options/kinds.js'

/** How one `countersign(…)` call judges requests: its second argument in Express and Koa. */
export interface MiddlewareOptions {
  /** Lets a request pass that has neither an `Authorization` nor a `DPoP` field. Anything else there is judged. Default `false`. */
  readonly optional?: boolean | undefined
}

const MIDDLEWARE_TABLE = { optional: optional(flag, false) }

/**
 * Reads the second argument of an adapter's `countersign`.
 *
 * @throws ConfigurationError `ERR_CONFIG_INVALID`, `ERR_CONFIG_UNKNOWN`: a misspelt name must not weaken a door in silence
 */
export function readMiddlewareOptions(options: MiddlewareOptions | undefined): { readonly optional: boolean } {
  return readTable(MIDDLEWARE_TABLE, options ?? {}, '')
}
