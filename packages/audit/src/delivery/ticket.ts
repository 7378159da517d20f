/** One event that something waits for. */
export interface Ticket {
  /** Resolves to whether enough sinks have it; to `false` as the deadline passes. Never rejects. */
  readonly kept: Promise<boolean>
  /** One more sink has it. */
  acknowledge(): void
}

/** Creates a ticket for `quorum` sinks and so many milliseconds of real time. Until it is settled, it holds the process. */
export function createTicket(quorum: number, deadlineMs: number): Ticket {
  let missing = quorum
  let settle: (kept: boolean) => void = () => {}
  const kept = new Promise<boolean>((resolve) => {
    settle = resolve
  })
  // Timers run before sockets and files are read: an answer that came while this process was busy still counts.
  const timer = setTimeout(() => setImmediate(() => settle(false)), deadlineMs)
  return {
    kept,
    acknowledge() {
      missing -= 1
      if (missing > 0) return
      clearTimeout(timer)
      settle(true)
    },
  }
}
