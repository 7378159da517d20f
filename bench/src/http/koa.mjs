import { countersign, getAuth } from '@countersign/koa'
import jwksRsa from 'jwks-rsa'
import Koa from 'koa'
import koaJwt from 'koa-jwt'
import { toCountersignOptions } from './countersign-options.mjs'

/** @import { Context } from 'koa' */
/** @import { IssuerFacts } from './apps.mjs' */

/**
 * @param {string} contender
 * @param {IssuerFacts} facts
 */
export async function createKoaApp(contender, facts) {
  const app = new Koa()
  app.silent = true
  const { middleware, readSubject } = create(contender, facts)
  if (middleware !== undefined) app.use(middleware)
  app.use((ctx) => {
    ctx.body = { subject: readSubject(ctx) }
  })
  return app.callback()
}

/**
 * @param {string} contender
 * @param {IssuerFacts} facts
 * @returns {{ middleware?: Koa.Middleware, readSubject: (ctx: Context) => string | undefined }}
 */
function create(contender, facts) {
  const { issuer, jwksUri, audience } = facts
  switch (contender) {
    case 'countersign':
      return { middleware: countersign(toCountersignOptions(facts)), readSubject: (ctx) => getAuth(ctx).subject }
    case 'koa-jwt + jwks-rsa': {
      const secret = jwksRsa.koaJwtSecret({ jwksUri, cache: true, rateLimit: true })
      return {
        middleware: koaJwt({ secret, audience, issuer, algorithms: ['RS256', 'ES256'] }),
        readSubject: (ctx) => ctx.state['user'].sub,
      }
    }
    default:
      return { readSubject: () => 'nobody' }
  }
}
