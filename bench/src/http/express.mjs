import { countersign, getAuth } from '@countersign/express'
import express from 'express'
import { expressjwt } from 'express-jwt'
import { auth } from 'express-oauth2-jwt-bearer'
import jwksRsa from 'jwks-rsa'
import { toCountersignOptions } from './countersign-options.mjs'

/** @import { Request, RequestHandler } from 'express' */
/** @import { IssuerFacts } from './apps.mjs' */

/**
 * @param {string} contender
 * @param {IssuerFacts} facts
 */
export async function createExpressApp(contender, facts) {
  // Under this name Express prints no refusals; nothing else hangs on it. It alone would hash each answer for an ETag.
  const app = express().set('env', 'test').disable('etag')
  const { middleware, readSubject } = create(contender, facts)
  if (middleware !== undefined) app.use(middleware)
  app.get('/orders', (req, res) => void res.json({ subject: readSubject(req) }))
  return app
}

/**
 * @param {string} contender
 * @param {IssuerFacts} facts
 * @returns {{ middleware?: RequestHandler, readSubject: (req: Request) => string | undefined }}
 */
function create(contender, facts) {
  const { issuer, jwksUri, audience } = facts
  switch (contender) {
    case 'countersign':
      return {
        middleware: countersign(toCountersignOptions(facts)),
        readSubject: (req) => getAuth(req).subject,
      }
    case 'express-oauth2-jwt-bearer':
      return {
        // Without tokenSigningAlg it would ask the metadata, which has four.
        middleware: auth({ issuer, jwksUri, audience }),
        readSubject: (req) =>
          /** @type {{ auth?: { payload: { sub?: string } } }} */ (/** @type {unknown} */ (req)).auth?.payload.sub,
      }
    case 'express-jwt + jwks-rsa': {
      const secret = jwksRsa.expressJwtSecret({ jwksUri, cache: true, rateLimit: true })
      return {
        middleware: expressjwt({ secret, audience, issuer, algorithms: ['RS256', 'ES256'] }),
        readSubject: (req) => /** @type {{ auth?: { sub?: string } }} */ (/** @type {unknown} */ (req)).auth?.sub,
      }
    }
    default:
      return { readSubject: () => 'nobody' }
  }
}
