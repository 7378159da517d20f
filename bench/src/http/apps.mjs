// Every server that is measured: one route, `GET /orders`, that answers with the caller's subject.
import { createExpressApp } from './express.mjs'
import { createFastifyApp } from './fastify.mjs'
import { createKoaApp } from './koa.mjs'

/** @import { RequestListener } from 'node:http' */

/**
 * What a server must know of the issuer. It has nothing else of it: keys come over the network.
 * @typedef {object} IssuerFacts
 * @property {string} issuer
 * @property {string} jwksUri
 * @property {string} audience
 */

/** @typedef {'express' | 'fastify' | 'koa'} Framework */

/**
 * @typedef {object} HttpContender
 * @property {string} name as the tables show it
 * @property {readonly string[]} [only] the algorithms it has, where it lacks one
 */

export const NONE = 'no authentication'

/** @type {Readonly<Record<Framework, readonly HttpContender[]>>} */
export const contenders = {
  express: [
    { name: NONE },
    { name: 'countersign' },
    { name: 'express-oauth2-jwt-bearer' },
    { name: 'express-jwt + jwks-rsa' },
  ],
  fastify: [
    { name: NONE },
    { name: 'countersign' },
    // Its own list of algorithms: RS256, EdDSA and HS256.
    { name: 'fastify-jwt-jwks', only: ['RS256'] },
    { name: '@fastify/jwt + get-jwks' },
  ],
  koa: [{ name: NONE }, { name: 'countersign' }, { name: 'koa-jwt + jwks-rsa' }],
}

/** @type {Readonly<Record<Framework, (contender: string, facts: IssuerFacts) => Promise<RequestListener>>>} */
const create = { express: createExpressApp, fastify: createFastifyApp, koa: createKoaApp }

/**
 * @param {Framework} framework
 * @param {string} contender
 * @param {IssuerFacts} facts
 * @returns {Promise<RequestListener>}
 */
export function createApp(framework, contender, facts) {
  return create[framework](contender, facts)
}
