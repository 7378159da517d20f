/**
 * Turns a JOSE ECDSA signature (R and S, `orderBytes` each, big endian) into the DER form that OpenSSL reads.
 * Not checked: that R and S are in range; OpenSSL refuses zero and what exceeds the order.
 *
 * @see RFC 7518 section 3.4, RFC 3279 section 2.2.3
 */
export function toDer(signature: Uint8Array, orderBytes: number): Uint8Array {
  const r = integerLength(signature, 0, orderBytes)
  const s = integerLength(signature, orderBytes, orderBytes)
  const body = r + s + 4
  const der = Buffer.allocUnsafe(body + (body > 127 ? 3 : 2))
  let at = 0
  der[at++] = 0x30
  if (body > 127) der[at++] = 0x81
  der[at++] = body
  at = writeInteger(der, at, signature, 0, orderBytes, r)
  writeInteger(der, at, signature, orderBytes, orderBytes, s)
  return der
}

/** Bytes of a minimal positive DER integer: no leading zeros, one where the top bit would make it negative. */
function integerLength(bytes: Uint8Array, start: number, length: number): number {
  let first = start
  const last = start + length - 1
  while (first < last && bytes[first] === 0) first++
  return last - first + 1 + ((bytes[first] ?? 0) >> 7)
}

function writeInteger(
  der: Buffer,
  at: number,
  bytes: Uint8Array,
  start: number,
  orderBytes: number,
  length: number,
): number {
  der[at++] = 0x02
  der[at++] = length
  for (let index = start + orderBytes - length, left = length; left > 0; left--, index++) {
    // An integer one byte longer than the order begins with the zero that keeps it positive.
    der[at++] = index < start ? 0 : (bytes[index] ?? 0)
  }
  return at
}
