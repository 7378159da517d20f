import { LRUCache } from 'lru-cache'

/** Entries by names that strangers choose. */
export interface Names<T extends object> {
  find(name: string): T | undefined
  set(name: string, entry: T): void
  /** A signature has held under this name. */
  vouch(name: string): void
  isVouched(name: string): boolean
  delete(name: string): void
  values(): readonly T[]
  clear(): void
}

/** Names that were merely heard of. */
const MAX_HEARD = 1_000
/** Only who can sign brings one in, and few can. */
const MAX_VOUCHED = 10_000

/**
 * Creates an empty memory of names. Those under which a signature has held are apart from those that were merely heard of: however
 * many real names an unsigned token can be made to say, it pushes out no one who signs.
 */
export function createNames<T extends object>(): Names<T> {
  const heard = new LRUCache<string, T>({ max: MAX_HEARD })
  const vouched = new LRUCache<string, T>({ max: MAX_VOUCHED })
  return {
    find: (name) => vouched.get(name) ?? heard.get(name),
    set: (name, entry) => void (vouched.has(name) ? vouched : heard).set(name, entry),
    vouch(name) {
      const entry = heard.get(name)
      if (entry === undefined) return
      heard.delete(name)
      vouched.set(name, entry)
    },
    isVouched: (name) => vouched.has(name),
    delete(name) {
      heard.delete(name)
      vouched.delete(name)
    },
    values: () => [...vouched.values(), ...heard.values()],
    clear() {
      heard.clear()
      vouched.clear()
    },
  }
}
