import { readTrail } from '../read/source.js'
import type { TrailSource } from '../read/source.js'
import { readCheckpoints } from './known-checkpoints.js'
import type { CheckpointSource } from './known-checkpoints.js'
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

/**
 * Verifies a trail: that each event is what it was, that none is missing that no gap tells of, that none is out of order, that each
 * stream goes on where the one before ended, and that every checkpoint's event is there.
 *
 * Whoever can write the trail can write it anew, from any event on: only a checkpoint that they cannot sign, or had no access to,
 * shows it. It does not check that what an event says is true.
 *
 * Never throws for what a trail says; throws what reading it throws.
 */
export async function verifyTrail(source: TrailSource, options: VerifyOptions = {}): Promise<TrailReport> {
  const problems = createProblems()
  const known = options.checkpoints && (await readCheckpoints(options.checkpoints, problems.add))
  const check = createTrailCheck({ problems, known, sink: options.sink, excerpt: options.excerpt ?? false })
  for await (const entry of readTrail(source)) await check.take(entry)
  return check.finish()
}
