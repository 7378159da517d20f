import { flag, optional, readTable, table, text } from '@countersign/core/adapter'
import type { OptionTable } from '@countersign/core/adapter'
import { readTrail, trailSource } from '../read/source.js'
import type { TrailSource } from '../read/source.js'
import { CHECKPOINTS, readCheckpoints } from './known-checkpoints.js'
import type { CheckpointSource } from './known-checkpoints.js'
import { readNamedEvents } from './named-events.js'
import { createProblems } from './problems.js'
import type { TrailReport } from './report.js'
import { createTrailCheck } from './trail-check.js'

/** Options of a verification. */
export interface VerifyOptions {
  /** Signed checkpoints. Without, nobody can tell a trail that ended from one that was cut off, or was written anew as a whole. */
  readonly checkpoints?: CheckpointSource | undefined
  /** The name of the sink that this is the copy of: what other sinks have lost must then be here. */
  readonly sink?: string | undefined
  /** Whether any stream may begin in its middle. Default: only the first may, since old files are deleted. */
  readonly excerpt?: boolean | undefined
}

interface ReadVerifyOptions {
  readonly checkpoints: CheckpointSource | undefined
  readonly sink: string | undefined
  readonly excerpt: boolean
}

const OPTIONS: OptionTable<ReadVerifyOptions> = {
  checkpoints: optional(table(CHECKPOINTS)),
  sink: optional(text('the name of a sink', 64)),
  excerpt: optional(flag, false),
}

/**
 * Verifies a trail: that each event is what it was, that none is missing that no gap tells of, that none is out of order, that each
 * stream goes on where the one before ended, and that every checkpoint's event is there.
 *
 * Whoever can write the trail can write it anew, from any event on: only a checkpoint that they cannot sign, or had no access to,
 * shows it. It does not check that what an event says is true.
 *
 * Never throws for what a trail says; throws what reading it throws.
 *
 * @throws ConfigurationError naming the option
 */
export async function verifyTrail(source: TrailSource, options: VerifyOptions = {}): Promise<TrailReport> {
  const from = trailSource.read(source, 'source')
  const { checkpoints, sink, excerpt } = readTable(OPTIONS, options, '')
  const problems = createProblems()
  const known = checkpoints && (await readCheckpoints(checkpoints, problems.add))
  const named = await readNamedEvents(from)
  const check = createTrailCheck({ problems, known, named, sink, excerpt })
  for await (const entry of readTrail(from)) await check.take(entry)
  return check.finish()
}
