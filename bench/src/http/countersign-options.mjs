/** @import { IssuerFacts } from './apps.mjs' */

/**
 * The options that countersign is given on every framework: what its documentation says, and loopback in plain http.
 * @param {IssuerFacts} facts
 */
export function toCountersignOptions({ issuer, jwksUri, audience }) {
  return { audience, issuers: [{ issuer, keys: { jwksUri } }], network: { allowInsecureLoopback: true } }
}
