/** The few forms of DER (X.690) that a certificate of RFC 5280 needs. */
function toElement(tag: number, content: Uint8Array): Uint8Array {
  const { byteLength } = content
  const length: number[] = []
  if (byteLength < 0x80) length.push(byteLength)
  else if (byteLength < 0x100) length.push(0x81, byteLength)
  else length.push(0x82, byteLength >> 8, byteLength & 0xff)
  return Buffer.concat([Uint8Array.of(tag, ...length), content])
}

/** SEQUENCE. */
export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return toElement(0x30, Buffer.concat(members))
}

/** SET of one member. */
export function setOf(member: Uint8Array): Uint8Array {
  return toElement(0x31, member)
}

/** INTEGER from big-endian bytes that are taken as positive. */
export function positiveInteger(bytes: Uint8Array): Uint8Array {
  return toElement(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Uint8Array.of(0), bytes]))
}

/** OBJECT IDENTIFIER from dotted text. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return toElement(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(toBase128)]))
}

/** BOOLEAN TRUE: DER leaves out what is false. */
export function isTrue(): Uint8Array {
  return toElement(0x01, Uint8Array.of(0xff))
}

/** BIT STRING of whole bytes, less the unused bits at its end. */
export function bitString(bytes: Uint8Array, unusedBits: number = 0): Uint8Array {
  return toElement(0x03, Buffer.concat([Uint8Array.of(unusedBits), bytes]))
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Uint8Array {
  return toElement(0x04, bytes)
}

/** UTF8String. */
export function utf8String(text: string): Uint8Array {
  return toElement(0x0c, Buffer.from(text))
}

/** UTCTime, for years before 2050. */
export function utcTime(moment: Date): Uint8Array {
  const digits = moment.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return toElement(0x17, Buffer.from(digits.slice(2)))
}

/** A context-specific element: around others, or primitive in place of another tag. */
export function tagged(number: number, form: 'constructed' | 'primitive', content: Uint8Array): Uint8Array {
  return toElement((form === 'constructed' ? 0xa0 : 0x80) | number, content)
}

function toBase128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift(0x80 | (left & 0x7f))
  return digits
}
