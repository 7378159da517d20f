import type { IncomingMessage } from 'node:http'
import type { Principal } from '@countersign/core'
import { findPrincipal } from '@countersign/core/adapter'

type Shown = IncomingMessage & { auth?: unknown }

/** The prototype that was looked at last: one application has one, and usually there is one application. */
let last: object | undefined

/** What an earlier verifier, or somebody else, has shown must not outlive the beginning of a new judgement. */
export function hide(req: Shown): void {
  if (Object.hasOwn(req, 'auth')) write(req, undefined)
}

/**
 * Shows the principal as `req.auth`, for people to read. Guards and `getAuth` never read it: anybody may write there.
 *
 * Express gives all requests of an application one prototype, which is the application's own: there `auth` is defined once, and reads
 * what is attached. On Node 20 and 22 a member that is added to such a request gives it a hidden class of its own; written to each
 * request, `auth` cost 7 of 180 us there.
 */
export function show(req: Shown, principal: Principal<unknown> | undefined): void {
  const isThere = hasAccessor(req) && !Object.hasOwn(req, 'auth')
  if (!isThere && principal !== undefined) write(req, principal)
}

function write(req: Shown, principal: Principal<unknown> | undefined): void {
  try {
    req.auth = principal
  } catch {
    // Somebody else has defined it, and keeps it.
  }
}

function hasAccessor(req: object): boolean {
  const prototype = Object.getPrototypeOf(req) as object | null
  if (prototype === null || (prototype !== last && !defineOn(findRoot(prototype)))) return false
  last = prototype
  return true
}

/** The prototype of the outermost application: a request leaves the applications that are mounted in it again. */
function findRoot(prototype: object): object | undefined {
  let root: object | undefined
  for (let each: object | null = prototype; each !== null && Object.hasOwn(each, 'app');) {
    root = each
    each = Object.getPrototypeOf(each) as object | null
  }
  return root
}

function defineOn(root: object | undefined): boolean {
  if (root === undefined) return false
  if (Object.getOwnPropertyDescriptor(root, 'auth')?.get === ACCESSOR.get) return true
  return !('auth' in root) && Reflect.defineProperty(root, 'auth', ACCESSOR)
}

const ACCESSOR = {
  configurable: true,
  enumerable: true,
  get(this: object): Principal | undefined {
    return findPrincipal(this)
  },
  /** As if there were no accessor: whoever writes `req.auth` has a member of their own. */
  set(this: object, value: unknown): void {
    Object.defineProperty(this, 'auth', { configurable: true, enumerable: true, writable: true, value })
  },
}
