// What both ends of an exchange know.

/** @import { IssuerFacts } from '../http/apps.mjs' */
/** @import { JWK } from 'jose' */

/** What the token service calls itself, wherever it listens. */
export const STS = 'https://sts.example.com'

/**
 * @typedef {object} OwnFacts
 * @property {string} [auditFile] absent for a recorder that does nothing
 * @property {string} clientSecret
 * @property {boolean} isKnown whether subject tokens that were verified before are remembered
 * @property {JWK & { kty: string }} [clientJwk] with it the client signs assertions in place of showing its secret
 */

/** @typedef {IssuerFacts & OwnFacts} ExchangeFacts */

/**
 * What one turn of the load generator does.
 * @typedef {object} ExchangeLoad
 * @property {number} port
 * @property {string} file subject tokens, one a line, sent in turn
 * @property {number} first which of them comes first
 * @property {number} seconds
 * @property {number} connections
 * @property {string} clientSecret
 * @property {JWK} [clientKey] private
 */

/**
 * @typedef {object} ExchangeResult
 * @property {number} exchanges
 * @property {number} seconds
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {string} [refused] the first answer that was no token
 */
