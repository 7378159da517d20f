/** A reply as text: clients may be set to give bytes. `undefined` for none. */
export function toText(reply: unknown): string | undefined {
  if (typeof reply === 'string') return reply
  return reply instanceof Uint8Array ? Buffer.from(reply).toString('latin1') : undefined
}
