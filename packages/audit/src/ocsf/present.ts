/** Without the members that are `undefined`, and without those that are objects of none. */
export function withoutAbsent(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isAbsent(value)))
}

function isAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
}

/** Text, or nothing: whoever can write a trail can give a member of an event any kind, and a source of somebody's own may. */
export function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Milliseconds since the epoch; nothing of what is no time. */
export function toMs(value: unknown): number | undefined {
  const ms = Date.parse(toText(value) ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
