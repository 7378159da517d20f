/** Those that wait for room, or for a stream to begin. */
export interface Waiting {
  /** Resolves to `true` when there may be what it waits for, to `false` after so many milliseconds, or at once where too many wait. Holds the process. */
  wait(ms: number): Promise<boolean>
  wake(): void
}

/** Whoever waits holds a request in memory. */
const MAX_WAITING = 1_024

/** Creates an empty waiting room. */
export function createWaiting(): Waiting {
  const waiting = new Set<(isAwake: boolean) => void>()
  return {
    wait(ms) {
      if (ms <= 0 || waiting.size >= MAX_WAITING) return Promise.resolve(false)
      return new Promise((resolve) => {
        const settle = (isAwake: boolean): void => {
          clearTimeout(timer)
          waiting.delete(settle)
          resolve(isAwake)
        }
        const timer = setTimeout(() => settle(false), ms)
        waiting.add(settle)
      })
    },
    wake() {
      for (const settle of waiting) settle(true)
    },
  }
}
