// The older major of each framework stands in the workspace under an alias, which has no types of its own.

declare module 'express4' {
  import express from 'express'
  export default express
}

declare module 'koa2' {
  import Koa from 'koa'
  export default Koa
}
