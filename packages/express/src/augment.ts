import type { Principal } from '@countersign/core'

declare global {
  // The one name under which the types of Express, 4 and 5, take additions.
  namespace Express {
    interface Request {
      /** Who is calling; `undefined` where nobody is signed in. Guards and `getAuth` do not read it. */
      auth?: Principal | undefined
    }
  }
}
