import type { AuditEvent, AuditHead } from '@countersign/core'
import { seal } from './line.js'

/** An event in its place, and as a line. */
export interface Sealed {
  readonly event: AuditEvent
  readonly line: string
}

/** Gives each event its number, and binds it to the one before. */
export interface Sealer {
  readonly stream: string
  /** The last number given out. */
  readonly seq: number
  /** The last event, `undefined` before the first. */
  readonly head: AuditHead | undefined
  /** Takes a number for an event that is not kept. */
  skip(): number
  seal(content: Omit<AuditEvent, 'chain'>): Sealed
}

/** Creates the sealer of a new stream. The first event follows the head of the stream before. */
export function createSealer(stream: string, predecessor: AuditHead | undefined): Sealer {
  let seq = 0
  let head: AuditHead | undefined
  return {
    stream,
    get seq() {
      return seq
    },
    get head() {
      return head
    },
    skip: () => ++seq,
    seal(content) {
      seq += 1
      const prev = head?.hash ?? predecessor?.hash ?? ''
      const first = head === undefined && predecessor !== undefined ? { predecessor } : {}
      const sealed = seal({ ...content, ...first, chain: { stream, seq, prev } })
      head = { stream, seq, hash: sealed.event.chain.hash }
      return sealed
    },
  }
}
