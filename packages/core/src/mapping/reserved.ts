/** Attributes join the payload that a schema sees, so they must not pass for what the issuer said. */
export const RESERVED: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'cnf',
  'act',
  '__proto__',
  'constructor',
  'prototype',
])
