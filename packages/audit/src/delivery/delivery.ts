import { UpstreamError } from '@countersign/core'
import type { AuditEvent } from '@countersign/core'
import type { Content } from '../event/writer.js'
import type { Sealer } from '../chain/sealer.js'
import type { AuditReason } from '../error-table.js'
import { createDrafts } from './drafts.js'
import type { Draft } from './drafts.js'
import { createLosses } from './losses.js'
import type { Loss } from './losses.js'
import type { Runner } from './runner.js'
import { createTicket } from './ticket.js'
import type { Ticket } from './ticket.js'
import { createWaiting } from './waiting.js'

/** What is owed to whoever waits. */
export interface DeliveryRules {
  /** So many required sinks must have an event. */
  readonly quorum: number
  readonly timeoutMs: number
  /** The bound of each queue. */
  readonly maxEvents: number
  readonly monotonicNow: () => number
  /** Hears of each event, at once. */
  readonly onSealed: (event: AuditEvent) => void
}

/** Gives events their place, and to the sinks. */
export interface Delivery {
  /** The last number given out. */
  readonly seq: number
  /** Events that no sink had room for, since the start. */
  readonly lost: number
  /** Whether an ordinary event would be kept somewhere, as far as is known: a sink that is full is no place for what can wait. */
  readonly hasRoom: boolean
  /** Takes an ordinary event, or counts it as lost: in a while, together with others, and before any event that is given after it. */
  offer(draft: Draft): void
  /** Takes at once what it was offered. */
  settle(): void
  /** Takes an event of the trail's own. Returns its number. */
  tell(content: Content): number
  /**
   * Resolves once enough required sinks have the event.
   *
   * @param endMs until when anybody waits, on the clock that never goes back
   * @throws UpstreamError `ERR_AUDIT_UNAVAILABLE`: they do not, in time. They may have it later
   */
  deliver(content: Content, endMs: number): Promise<void>
  /** Counts an event that was lost before it got here. */
  lose(): void
  /** Something has changed: whoever waits for room looks again. */
  wake(): void
  /** What was lost everywhere since it was last asked. */
  takeLoss(): Loss | undefined
}

/** Creates the delivery to some sinks. */
export function createDelivery(
  sealer: Sealer,
  runners: readonly Runner[],
  { quorum, timeoutMs, maxEvents, monotonicNow, onSealed }: DeliveryRules,
): Delivery {
  const losses = createLosses()
  const waiting = createWaiting()
  const required = runners.filter(({ role }) => role === 'required')

  const place = (content: Content, isOrdinary: boolean, ticket: Ticket | undefined): number => {
    const addressed = runners.filter(({ role }) => role !== 'checkpoints' || content.type === 'audit.checkpoint')
    const open = addressed.filter((runner) => runner.hasRoom(isOrdinary))
    if (open.length === 0) {
      const skipped = sealer.skip()
      losses.add(skipped)
      return skipped
    }
    const sealed = sealer.seal(content)
    for (const runner of addressed) {
      if (open.includes(runner)) runner.push({ ...sealed, isOrdinary, ticket })
      else runner.lose(sealed.event)
    }
    onSealed(sealed.event)
    return sealed.event.chain.seq
  }
  const lose = (): void => losses.add(sealer.skip())
  const drafts = createDrafts(maxEvents, (draft) => {
    try {
      const content = draft()
      if (content !== undefined) place(content, true, undefined)
    } catch {
      lose()
    }
  })
  const isReady = (runner: Runner): boolean => runner.state !== 'failed' && runner.hasRoom(false)
  /** Failed for less than anybody waits, or full at the moment: it may yet be in time. */
  const isHopeful = ({ failedSinceMs }: Runner): boolean =>
    failedSinceMs === undefined || monotonicNow() - failedSinceMs < timeoutMs

  return {
    get seq() {
      return sealer.seq
    },
    get lost() {
      return losses.total
    },
    get hasRoom() {
      return runners.some((runner) => runner.role !== 'checkpoints' && runner.state !== 'full' && runner.hasRoom(true))
    },
    offer: drafts.add,
    settle: drafts.settle,
    tell(content) {
      drafts.settle()
      return place(content, false, undefined)
    },
    async deliver(content, endMs) {
      // Nothing is sealed while nobody could keep it: it would stand in the trail later, though it was refused now.
      while (required.filter(isReady).length < quorum) {
        const restMs = endMs - monotonicNow()
        if (required.filter(isHopeful).length < quorum || !(await waiting.wait(restMs))) throw unavailable()
      }
      drafts.settle()
      const ticket = createTicket(quorum, endMs - monotonicNow())
      place(content, false, ticket)
      if (!(await ticket.kept)) throw unavailable()
    },
    lose,
    wake: () => waiting.wake(),
    takeLoss: () => losses.take(),
  }
}

/** The 503 of an event that is not kept. */
export function unavailable(): UpstreamError<AuditReason> {
  return new UpstreamError<AuditReason>('ERR_AUDIT_UNAVAILABLE', { code: 'ERR_UPSTREAM' })
}
