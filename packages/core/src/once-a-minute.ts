import { LRUCache } from 'lru-cache'
import type { Runtime } from './runtime.js'

const QUIET_MS = 60_000
const MAX_KEYS = 1_000

/** Makes a function that says of each key, at most once a minute, that it is time to tell of it: for what strangers can cause at will. */
export function createOnceAMinute(runtime: Pick<Runtime, 'monotonicNow'>): (key: string) => boolean {
  const toldAtMs = new LRUCache<string, number>({ max: MAX_KEYS })
  return (key) => {
    const nowMs = runtime.monotonicNow()
    if (nowMs - (toldAtMs.get(key) ?? -Infinity) < QUIET_MS) return false
    toldAtMs.set(key, nowMs)
    return true
  }
}
