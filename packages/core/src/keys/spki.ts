import type { JsonWebKey } from 'node:crypto'

/** What stands before the coordinates in the SubjectPublicKeyInfo of a key: its algorithm, its curve, and that the point is not compressed. */
const PREFIXES: ReadonlyMap<string | undefined, Buffer> = new Map([
  ['P-384', Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex')],
  ['P-521', Buffer.from('30819b301006072a8648ce3d020106052b810400230381860004', 'hex')],
])

/**
 * Turns a public JWK of a slow curve into the form that OpenSSL imports in 0.1 ms; `undefined` for any other. As a JWK it takes
 * 0.4 ms for P-384 and 1 ms for P-521, for a look at the order of the point that every point of these curves passes.
 * Not checked: that the point is on its curve. OpenSSL still does.
 *
 * @see RFC 5480 section 2, SEC 1 section 2.3.3
 */
export function toSpki({ crv, x = '', y = '' }: JsonWebKey): Buffer | undefined {
  const prefix = PREFIXES.get(crv)
  return prefix && Buffer.concat([prefix, Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}
