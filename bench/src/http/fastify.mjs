import { countersign, getAuth } from '@countersign/fastify'
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import fastifyJwtJwks from 'fastify-jwt-jwks'
import buildGetJwks from 'get-jwks'
import { toCountersignOptions } from './countersign-options.mjs'

/** @import { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify' */
/** @import { FastifyJWTOptions } from '@fastify/jwt' */
/** @import { IssuerFacts } from './apps.mjs' */

// Its types speak of a default export that the module does not have.
const jwksPlugin = /** @type {FastifyPluginCallback<{ jwksUrl: string, audience: string, issuer: string }>} */ (
  /** @type {unknown} */ (fastifyJwtJwks)
)

/**
 * @param {string} contender
 * @param {IssuerFacts} facts
 */
export async function createFastifyApp(contender, facts) {
  const app = Fastify()
  const readSubject = await register(app, contender, facts)
  app.get('/orders', async (request) => ({ subject: readSubject(request) }))
  await app.ready()
  return app.routing
}

/**
 * @param {FastifyInstance} app
 * @param {string} contender
 * @param {IssuerFacts} facts
 * @returns {Promise<(request: FastifyRequest) => string | undefined>}
 */
async function register(app, contender, facts) {
  const { issuer, jwksUri, audience } = facts
  const readUser = (/** @type {FastifyRequest} */ request) => /** @type {{ sub?: string }} */ (request.user).sub
  switch (contender) {
    case 'countersign':
      await app.register(countersign, toCountersignOptions(facts))
      return (request) => getAuth(request).subject
    case 'fastify-jwt-jwks':
      await app.register(jwksPlugin, { jwksUrl: jwksUri, audience, issuer })
      app.addHook('onRequest', (request) => app.authenticate(request))
      return readUser
    case '@fastify/jwt + get-jwks': {
      const getJwks = buildGetJwks({ issuersWhitelist: [issuer], providerDiscovery: true })
      const readKey = (
        /** @type {FastifyRequest} */ _request,
        /** @type {{ header: { kid: string, alg: string } }} */ { header },
      ) => getJwks.getPublicKey({ kid: header.kid, alg: header.alg, domain: issuer })
      await app.register(fastifyJwt, {
        decode: { complete: true },
        secret: /** @type {FastifyJWTOptions['secret']} */ (/** @type {unknown} */ (readKey)),
        verify: { allowedIss: issuer, allowedAud: audience, algorithms: ['RS256', 'ES256'] },
      })
      app.addHook('onRequest', async (request) => void (await request.jwtVerify()))
      return readUser
    }
    default:
      return () => 'nobody'
  }
}
