import type { AuditEvent, AuditSink } from '@countersign/core'

/** What is needed of a logger of pino. */
export interface PinoLogger {
  info(detail: object, message: string): void
  warn(detail: object, message: string): void
  error(detail: object, message: string): void
}

/**
 * Creates a sink that logs each event with pino: the event as `audit`, its type as the message, refusals as warnings, errors as errors.
 *
 * pino keeps in memory what it has not written, and its transports more: of what was logged right before a process dies, all may be
 * lost. Nothing can be made to wait for it.
 */
export function pinoSink(logger: PinoLogger): AuditSink {
  return {
    name: 'pino',
    durability: 'none',
    async write(batch) {
      // One of your own may be asynchronous, and a rejection that nobody handles ends the process.
      for (const event of batch) await (logger[toLevel(event)]({ audit: event }, event.type) as unknown)
    },
  }
}

function toLevel({ outcome }: AuditEvent): keyof PinoLogger {
  if (outcome === 'success') return 'info'
  return outcome === 'error' ? 'error' : 'warn'
}
