export type { CheckpointAlgorithm, CheckpointSigner } from './chain/signer.js'
export { createAuditTrail } from './create-trail.js'
export type { SinkRole, SinkState } from './delivery/runner.js'
export { AUDIT_REASONS } from './error-table.js'
export type { AuditReason } from './error-table.js'
export type { FingerprintKey } from './fingerprint.js'
export type {
  AuditTrailOptions,
  CheckpointOptions,
  DenialOptions,
  PrivacyOptions,
  QueueOptions,
  RequiredSinks,
} from './options.js'
export type { FileSinkOptions } from './sinks/file-options.js'
export { fileSink } from './sinks/file-sink.js'
export type { Files, OpenFile } from './sinks/files.js'
export type { Retention } from './sinks/rotation.js'
export type { AuditTrail, SinkHealth, TrailEnd, TrailHealth } from './trail.js'
export type { TrailSource } from './read/source.js'
export type { CheckpointSource } from './verify/known-checkpoints.js'
export type { StreamReport, TornEvent, TrailGap, TrailProblem, TrailProblemKind, TrailReport } from './verify/report.js'
export { verifyTrail } from './verify/verify-trail.js'
export type { VerifyOptions } from './verify/verify-trail.js'
export { OCSF_VERSION, toOCSF } from './ocsf/to-ocsf.js'
export type { OcsfEvent } from './ocsf/to-ocsf.js'
export { otelLogsSink } from './sinks/otel-logs-sink.js'
export type { OtelLogger, OtelLogRecord } from './sinks/otel-logs-sink.js'
export { pinoSink } from './sinks/pino-sink.js'
export type { PinoLogger } from './sinks/pino-sink.js'
export { stdoutSink } from './sinks/stdout-sink.js'
export type { TextStream } from './sinks/stdout-sink.js'
export { closeOnSignals } from './close-on-signals.js'
export type { CloseOnSignalsOptions } from './close-on-signals.js'
export { findInTrail } from './read/find-in-trail.js'
export type { FindOptions, TrailQuery } from './read/find-in-trail.js'
export { tailTrail } from './read/tail-trail.js'
export type { TailOptions } from './read/tail-trail.js'
