export type {} from 'koa'
import type { Principal } from '@countersign/core'

declare module 'koa' {
  interface DefaultState {
    /** Who is calling; `undefined` where nobody is signed in. Guards and `getAuth` do not read it. */
    auth?: Principal | undefined
  }
}
