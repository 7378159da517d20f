import type { Runner } from './delivery/runner.js'
import type { Denials } from './intake/denials.js'
import type { SinkHealth, TrailHealth } from './trail.js'

/** What a health is read from. */
export interface TrailParts {
  readonly stream: string
  readonly quorum: number
  /** Whether the stream has begun, and nobody has told it to end. */
  readonly isOpen: boolean
  readonly seq: number
  /** Events that no sink got. */
  readonly lost: number
  readonly runners: readonly Runner[]
  readonly denials: Denials
  readonly checkpoints: { readonly seq: number } | undefined
  readonly runtime: { monotonicNow(): number }
}

/** How a trail stands, now. */
export function toHealth({
  stream,
  quorum,
  isOpen,
  seq,
  lost,
  runners,
  denials,
  checkpoints,
  runtime,
}: TrailParts): TrailHealth {
  const able = runners.filter(({ role, state }) => role === 'required' && state !== 'failed')
  return {
    ok: isOpen && able.length >= quorum,
    stream,
    seq,
    lost,
    counted: denials.counted,
    checkpointSeq: checkpoints?.seq,
    sinks: runners.map((runner) => toSinkHealth(runner, runtime.monotonicNow())),
  }
}

function toSinkHealth(runner: Runner, nowMs: number): SinkHealth {
  const { sink, role, state, queuedEvents, queuedBytes, lost, downSinceMs, lastFailure } = runner
  const downMs = downSinceMs === undefined ? undefined : nowMs - downSinceMs
  return { name: sink.name, role, state, queuedEvents, queuedBytes, lost, downMs, lastFailure }
}
