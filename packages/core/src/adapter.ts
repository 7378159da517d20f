export {
  authenticateRequest,
  checkGuard,
  findPrincipal,
  getPrincipal,
  toErrorReply,
  toVerifier,
} from './http/attachment.js'
export type { ErrorBody, ErrorReply } from './http/attachment.js'
