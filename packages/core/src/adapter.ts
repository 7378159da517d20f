export { callSafely } from './call-safely.js'
export { toElapsedMs, toMoment } from './elapsed.js'
export type { Clock, Moment } from './elapsed.js'
export {
  BODY_FIELDS,
  authenticateRequest,
  checkGuard,
  findPrincipal,
  getPrincipal,
  toErrorReply,
  toVerifier,
} from './http/attachment.js'
export type { AuthenticateOptions, ErrorBody, ErrorReply } from './http/attachment.js'
export { callEndpoint } from './http/endpoint.js'
export type { EndpointCall, IncomingStream, OutgoingStream } from './http/endpoint.js'
export { readMiddlewareOptions } from './http/middleware-options.js'
export type { MiddlewareOptions } from './http/middleware-options.js'
export { readMountOptions } from './http/mount-options.js'
export type { MountOptions } from './http/mount-options.js'
export { isPending } from './maybe.js'
export { invalid } from './options/fail.js'
export type { OptionProblem } from './options/fail.js'
export {
  flag,
  list,
  listOrNone,
  methods,
  number,
  oneOf,
  optional,
  readTable,
  required,
  table,
  text,
} from './options/kinds.js'
export type { Kind, OptionRow, OptionTable } from './options/kinds.js'
export { logger } from './options/logger-kind.js'
export { secret } from './options/secret-kind.js'
export { silentLogger } from './runtime.js'
