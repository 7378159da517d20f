import { UpstreamError } from '@countersign/core'
import type { AuditSink } from '@countersign/core'
import { createCheckpoints } from './chain/checkpoints.js'
import type { Checkpoints } from './chain/checkpoints.js'
import { createSealer } from './chain/sealer.js'
import { createAnnouncements } from './delivery/announce.js'
import { toDeadlineMs, waitFor, waitLong } from './delivery/deadline.js'
import { createDelivery } from './delivery/delivery.js'
import type { Delivery } from './delivery/delivery.js'
import { endRunners } from './delivery/end.js'
import { readPredecessor } from './delivery/heads.js'
import { findKeptHead } from './delivery/kept-head.js'
import { createMissed } from './delivery/missed.js'
import { createRunner } from './delivery/runner.js'
import type { Runner, SinkRole } from './delivery/runner.js'
import type { AuditReason } from './error-table.js'
import { ATTACKER, NEIGHBOURHOOD } from './event/network.js'
import { toHandling, TYPES } from './event/table.js'
import { createIdSource } from './event/uuid.js'
import { createWriter } from './event/writer.js'
import { toFingerprint, toPrivacy } from './fingerprint.js'
import { toHealth } from './health.js'
import { createBeginning } from './intake/beginning.js'
import { createDenials } from './intake/denials.js'
import { createIntake } from './intake/intake.js'
import { createLate } from './intake/late.js'
import { readTrailOptions, toInstance } from './option-tables.js'
import type { AuditTrailOptions } from './options.js'
import type { AuditTrail, TrailEnd } from './trail.js'

/** A sink that does not answer for so long is given the batch again. */
const HUNG_MS = 5_000
/** So long a trail takes to close, unless it is told otherwise. */
const CLOSE_MS = 5_000

/**
 * Creates an audit trail: events of this process as one stream, numbered, each bound to the one before by its hash, brought to every
 * sink in order and at least once.
 *
 * Exchanges, grants, key and trust changes are safe in `quorum` required sinks once `record` has resolved; without, it rejects
 * with UpstreamError `ERR_AUDIT_UNAVAILABLE`, within `timeoutMs`. Of all else `record` resolves at once: where no sink has room it
 * is lost, counted, and told by an `audit.gap`.
 *
 * It does not check that what a source says is true, and it is tamper-evident only to someone who has earlier checkpoints.
 *
 * @throws ConfigurationError naming the option
 */
export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const rules = readTrailOptions(options)
  const { required, queue, runtime, logger } = rules
  const { monotonicNow } = runtime
  const [key] = rules.fingerprintKeys
  const service = { ...rules.service, instance: toInstance(rules.service.instance) }
  const stream = createIdSource()(runtime.now())
  const writer = createWriter(service, toPrivacy(rules.privacy, key), runtime.now)
  const ordinaryShare = 1 - queue.reservedShare
  const beginning = createBeginning(Math.floor(queue.maxEvents * ordinaryShare), queue.maxBytes * ordinaryShare)
  const onKept = (): void => checkpoints?.keep(findKeptHead(runners))
  const announcements = createAnnouncements(writer, logger, () => beginning.delivery, onKept)
  const late = createLate(logger, () => beginning.lose())
  const missed = createMissed()
  let closing: Promise<TrailEnd> | undefined

  const toRunner = (sink: AuditSink, role: SinkRole, lateMs: number): Runner =>
    createRunner(
      sink,
      role,
      { queue, patience: { lateMs, hungMs: Math.max(HUNG_MS, lateMs) }, missed, monotonicNow },
      announcements,
    )
  const runners = [
    ...required.sinks.map((sink) => toRunner(sink, 'required', required.timeoutMs)),
    ...rules.bestEffort.map((sink) => toRunner(sink, 'best-effort', HUNG_MS)),
    ...(rules.checkpoints === undefined ? [] : [toRunner(rules.checkpoints.sink, 'checkpoints', HUNG_MS)]),
  ]

  let checkpoints: Checkpoints | undefined
  const begin = async (): Promise<Delivery> => {
    const predecessor = await readPredecessor(required.sinks, required.timeoutMs, () => closing !== undefined, logger)
    const onSealed: Checkpoints['see'] = (event) => checkpoints?.see(event)
    const delivery = createDelivery(createSealer(stream, predecessor), runners, {
      ...required,
      maxEvents: queue.maxEvents,
      monotonicNow,
      onSealed,
    })
    checkpoints =
      rules.checkpoints &&
      createCheckpoints(rules.checkpoints, {
        logger,
        now: runtime.now,
        tell: (checkpoint) => delivery.tell(writer.toOwn('audit.checkpoint', 'success', { checkpoint })),
      })
    delivery.tell(writer.toOwn('service.started', 'success'))
    beginning.begin(delivery)
    return delivery
  }
  const begun = begin()
  const network = rules.privacy.shortAddresses ? NEIGHBOURHOOD : ATTACKER
  const denials = createDenials({ ...rules.denials, network, ...runtime })
  const intakeRules = { rate: rules.sampling['authn.success'], timeoutMs: required.timeoutMs, ...runtime }
  const intake = createIntake(intakeRules, writer, denials, beginning, begun)
  const counting = setInterval(intake.tellCounts, rules.denials.countSeconds * 1_000)
  counting.unref()

  const lostEverywhere = (): number => late.lost + beginning.lost + (beginning.delivery?.lost ?? 0)
  /** Takes what is gathered, and what that adds to the counts. */
  const takeAll = (delivery: Delivery | undefined): void => {
    delivery?.settle()
    intake.tellCounts()
    delivery?.settle()
  }
  const sayLast = async (delivery: Delivery | undefined): Promise<void> => {
    takeAll(delivery)
    late.end()
    for (const runner of runners) runner.tellLosses()
    announcements.tellLosses()
    announcements.end()
    const lastSeq = delivery?.tell(writer.toOwn('service.stopped', 'success'))
    if (lastSeq !== undefined) await checkpoints?.close(lastSeq)
  }
  const end = async (deadlineMs: number): Promise<TrailEnd> => {
    const startMs = performance.now()
    clearInterval(counting)
    const delivery = await waitFor(begun, deadlineMs)
    takeAll(delivery)
    const leftMs = Math.max(0, deadlineMs - (performance.now() - startMs))
    const drained = await endRunners(runners, leftMs, logger, () => sayLast(delivery))
    beginning.end()
    for (const event of runners.flatMap(({ waiting }) => waiting)) missed.add(event)
    return { drained: drained && delivery !== undefined, lost: missed.total + lostEverywhere() + denials.untold }
  }

  return {
    fingerprint: (token) => toFingerprint(key, token),
    sampleRate: (type) => (TYPES[type] === 'sampled' ? rules.sampling['authn.success'] : 1),
    async record(entry) {
      if (closing === undefined) return intake.take(entry)
      if (toHandling(entry) === 'awaited') throw closed()
      return late.add()
    },
    defer(toEntry) {
      if (closing === undefined) intake.defer(toEntry)
      else late.add()
    },
    async ready() {
      await waitLong(begun)
    },
    health() {
      const { delivery } = beginning
      // What is still being gathered has no number yet, and no place in a queue.
      delivery?.settle()
      return toHealth({
        stream,
        quorum: required.quorum,
        isOpen: delivery !== undefined && closing === undefined,
        seq: delivery?.seq ?? 0,
        lost: lostEverywhere(),
        runners,
        denials,
        checkpoints,
        runtime,
      })
    },
    close(deadlineMs) {
      closing ??= end(toDeadlineMs(deadlineMs, CLOSE_MS))
      return closing
    },
  }
}

function closed(): UpstreamError<AuditReason> {
  return new UpstreamError<AuditReason>('ERR_AUDIT_CLOSED', { code: 'ERR_UPSTREAM' })
}
