import type { Logger } from '@countersign/core'
import { publishTrailEvent } from '../diagnostics.js'
import type { Writer } from '../event/writer.js'
import { MissingFolder } from '../sinks/missing-folder.js'
import type { Delivery } from './delivery.js'
import type { RunnerEvents } from './runner.js'

/** What is told of sinks, and of what none of them had room for. */
export interface Announcements extends RunnerEvents {
  /** Tells what was lost everywhere since it was last told, if anything was. */
  tellLosses(): void
  /** The stream is about to end: what becomes of sinks is told to the operator alone, and its last word stays the last. */
  end(): void
}

/**
 * Tells what happens to sinks: to the operator, and in the trail itself.
 *
 * @param findDelivery `undefined` before the stream has begun, when no sink has been given anything yet
 * @param onKept a sink has more than before, or counts no more: what is kept everywhere may be another event now
 */
export function createAnnouncements(
  writer: Writer,
  logger: Logger,
  findDelivery: () => Delivery | undefined,
  onKept: () => void,
): Announcements {
  let isEnded = false
  const announcements: Announcements = {
    onFailed({ sink: { name }, state }, { failure, error, mayTell }) {
      publishTrailEvent(() => ({ type: 'sink', sink: name, state, failure }))
      // Of any other error no more than the word: what it says may quote what was written.
      const more = error instanceof MissingFolder ? { path: error.path, fix: error.fix } : {}
      logger.warn('An audit sink is down', { sink: name, failure, ...more })
      onKept()
      if (mayTell && !isEnded)
        findDelivery()?.tell(writer.toOwn('audit.sink_failed', 'error', { sink: { name, failure } }))
    },
    onRecovered({ sink: { name }, state }, mayTell) {
      publishTrailEvent(() => ({ type: 'sink', sink: name, state, failure: undefined }))
      // Full it is still, which was told.
      if (state === 'full') return
      logger.info('An audit sink is back', { sink: name })
      if (mayTell && !isEnded) findDelivery()?.tell(writer.toOwn('audit.sink_recovered', 'success', { sink: { name } }))
    },
    onGap({ sink: { name } }, loss) {
      publishTrailEvent(() => ({ type: 'lost', sink: name, count: loss.count }))
      logger.warn('An audit sink has lost events', { sink: name, ...loss })
      findDelivery()?.tell(writer.toOwn('audit.gap', 'error', { gap: { sink: name, ...loss } }))
    },
    onProgress({ role }, mayTell) {
      findDelivery()?.wake()
      onKept()
      if (mayTell && role === 'required') announcements.tellLosses()
    },
    end() {
      isEnded = true
    },
    tellLosses() {
      const delivery = findDelivery()
      const loss = delivery?.takeLoss()
      if (loss === undefined) return
      publishTrailEvent(() => ({ type: 'lost', sink: undefined, count: loss.count }))
      logger.warn('Audit events were lost', { ...loss })
      delivery?.tell(writer.toOwn('audit.gap', 'error', { gap: loss }))
    },
  }
  return announcements
}
