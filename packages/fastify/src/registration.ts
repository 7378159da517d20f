import type { Verifier } from '@countersign/core'
import { authenticateRequest, findPrincipal, isPending } from '@countersign/core/adapter'
import type { HookReply, HookRequest } from './hook.js'

/** One `register(countersign, …)`. */
export interface Registration {
  readonly verifier: Verifier<unknown>
  /** What holds for a route that says nothing. */
  readonly default: 'protected' | 'open'
  readonly optional: boolean
}

// By context, not by a decorator: a context that was made before a registration inherits its decorators, but not its hooks.
const registrations = new WeakMap<object, Registration>()

/** Makes a registration the one that counts in a context. Called in the very contexts that have its hook. */
export function setRegistration(server: object, registration: Registration): void {
  registrations.set(server, registration)
}

/** The registration that counts in a context: the innermost, and of several in one context the last. */
export function findRegistration(server: object): Registration | undefined {
  return registrations.get(server)
}

/** Judges a request by a registration, once: a route may ask for what the plugin has done already. */
export function judge(
  { verifier }: Registration,
  request: HookRequest,
  reply: HookReply,
  optional: boolean,
): void | PromiseLike<unknown> {
  if (findPrincipal(request.raw, verifier) !== undefined) return
  const { raw } = reply
  const setHeader = (name: string, value: string) => raw.headersSent || raw.setHeader(name, value)
  const judged = authenticateRequest(verifier, request.raw, { optional, setHeader })
  if (isPending(judged)) return judged
}
