import { UpstreamError } from '@countersign/core'
import type { AuditSink } from '@countersign/core'
import { createSealer } from './chain/sealer.js'
import { waitFor } from './delivery/deadline.js'
import { createDelivery, unavailable } from './delivery/delivery.js'
import type { Delivery } from './delivery/delivery.js'
import { endRunners } from './delivery/end.js'
import { readPredecessor } from './delivery/heads.js'
import { createRunner } from './delivery/runner.js'
import type { Runner, RunnerEvents, SinkRole } from './delivery/runner.js'
import type { AuditReason } from './error-table.js'
import { isAwaited, isFromStranger, TYPES } from './event/table.js'
import { createIdSource } from './event/uuid.js'
import { createWriter } from './event/writer.js'
import { toFingerprint, toPseudonym } from './fingerprint.js'
import { toHealth } from './health.js'
import { createBeginning } from './intake/beginning.js'
import { createDenials } from './intake/denials.js'
import { readTrailOptions, toInstance } from './option-tables.js'
import type { AuditTrailOptions } from './options.js'
import type { AuditTrail } from './trail.js'

/** A sink that does not answer for so long is given the batch again. */
const HUNG_MS = 5_000

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
  const { required, sampling, runtime, logger, privacy, fingerprintKeys } = rules
  const [key] = fingerprintKeys
  if (key === undefined) throw new RangeError('A list of keys has a first')
  const stream = createIdSource()(runtime.now())
  const writer = createWriter(
    { ...rules.service, instance: toInstance(rules.service.instance) },
    {
      toPseudonym: privacy.pseudonymousSubjects ? (iss, sub) => toPseudonym(key, iss, sub) : undefined,
      shortAddresses: privacy.shortAddresses,
    },
    runtime.now,
  )
  const denials = createDenials({ ...rules.denials, ...runtime })
  const beginning = createBeginning(Math.floor(rules.queue.maxEvents * (1 - rules.queue.reservedShare)))
  let isClosed = false

  const events: RunnerEvents = {
    onFailed({ sink: { name } }, failure) {
      logger.warn('An audit sink is down', { sink: name, failure })
      beginning.delivery?.tell(writer.toOwn('audit.sink_failed', 'error', { sink: { name, failure } }))
    },
    onRecovered({ sink: { name } }) {
      logger.info('An audit sink is back', { sink: name })
      beginning.delivery?.tell(writer.toOwn('audit.sink_recovered', 'success', { sink: { name } }))
    },
    onGap({ sink: { name } }, loss) {
      logger.warn('An audit sink has lost events', { sink: name, ...loss })
      beginning.delivery?.tell(writer.toOwn('audit.gap', 'error', { gap: { sink: name, ...loss } }))
    },
    onProgress() {
      beginning.delivery?.wake()
      const loss = beginning.delivery?.takeLoss()
      if (loss === undefined) return
      logger.warn('Audit events were lost', { ...loss })
      beginning.delivery?.tell(writer.toOwn('audit.gap', 'error', { gap: loss }))
    },
  }
  const toRunner =
    (role: SinkRole, lateMs: number) =>
    (sink: AuditSink): Runner => {
      const patience = { lateMs, hungMs: Math.max(HUNG_MS, lateMs) }
      return createRunner(sink, role, { queue: rules.queue, patience, monotonicNow: runtime.monotonicNow }, events)
    }
  const runners = [
    ...required.sinks.map(toRunner('required', required.timeoutMs)),
    ...rules.bestEffort.map(toRunner('best-effort', HUNG_MS)),
  ]

  const begin = async (): Promise<Delivery> => {
    const predecessor = await readPredecessor(required.sinks, required.timeoutMs, () => isClosed)
    const sealer = createSealer(stream, predecessor)
    const delivery = createDelivery(sealer, runners, { ...required, monotonicNow: runtime.monotonicNow })
    delivery.tell(writer.toOwn('service.started', 'success'))
    beginning.begin(delivery)
    return delivery
  }
  const begun = begin()
  const beginInTime = async (): Promise<Delivery> => {
    const delivery = beginning.delivery ?? (await waitFor(begun, required.timeoutMs))
    if (delivery === undefined) throw unavailable()
    return delivery
  }
  const tellCounts = (): void => {
    if (beginning.delivery?.hasRoom !== true) return
    for (const { entry, counted } of denials.take()) beginning.offer(writer.toContent(entry, { counted }))
  }
  const counting = setInterval(tellCounts, rules.denials.countSeconds * 1_000)
  counting.unref()

  return {
    fingerprint: (token) => toFingerprint(key, token),
    async record(entry) {
      const handling = TYPES[entry.type]
      if (isClosed) {
        if (handling === 'awaited') throw closed()
        return undefined
      }
      if (handling === 'sampled') {
        const rate = sampling['authn.success']
        if (rate === 1) beginning.offer(writer.toContent(entry))
        else if (Math.random() < rate) beginning.offer(writer.toContent(entry, { sampled: { rate } }))
        return undefined
      }
      if (isFromStranger(entry) && !denials.admit(entry)) return undefined
      // A stranger's refusal has no claim on what is reserved, whatever it refuses.
      if (isAwaited(entry) && !isFromStranger(entry)) return (await beginInTime()).deliver(writer.toContent(entry))
      beginning.offer(writer.toContent(entry))
      return undefined
    },
    async ready() {
      await begun
    },
    health: () =>
      toHealth({ stream, quorum: required.quorum, delivery: beginning.delivery, runners, denials, runtime }),
    async close(deadlineMs = 5_000) {
      const startMs = performance.now()
      clearInterval(counting)
      isClosed = true
      const delivery = await waitFor(begun, deadlineMs)
      tellCounts()
      const leftMs = Math.max(0, deadlineMs - (performance.now() - startMs))
      const drained = await endRunners(runners, leftMs, logger, () => {
        delivery?.tell(writer.toOwn('service.stopped', 'success'))
      })
      const lost = runners.reduce((sum, runner) => sum + runner.lost, delivery?.lost ?? 0)
      return { drained: drained && delivery !== undefined, lost }
    },
  }
}

function closed(): UpstreamError<AuditReason> {
  return new UpstreamError<AuditReason>('ERR_AUDIT_CLOSED', { code: 'ERR_UPSTREAM' })
}
