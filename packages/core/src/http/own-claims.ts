import type { AuthRequest } from '../auth-request.js'
import type { ReplayStore } from '../ports.js'

/** The raw request that a view was built from, where our middleware judges it. */
const raws = new WeakMap<AuthRequest, object>()

/** What each raw request has claimed last, and of which store. */
const claims = new WeakMap<object, { readonly store: ReplayStore; readonly id: string }>()

/**
 * Says which raw request a view stands for. Middleware inside middleware judges one request twice, and its proof is not
 * used a second time by that. Whoever calls `authenticate` by hand says nothing, so that each call counts.
 */
export function joinRequest(view: AuthRequest, raw: object): void {
  raws.set(view, raw)
}

/** Whether this very request has claimed the id already. */
export function hasClaimed(view: AuthRequest, store: ReplayStore, id: string): boolean {
  const raw = raws.get(view)
  const claim = raw === undefined ? undefined : claims.get(raw)
  return claim !== undefined && claim.store === store && claim.id === id
}

/** Remembers a claim that was the first of its id, for as long as the request lives. */
export function rememberClaim(view: AuthRequest, store: ReplayStore, id: string): void {
  const raw = raws.get(view)
  if (raw !== undefined) claims.set(raw, { store, id })
}
