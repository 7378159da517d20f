// The suites that have a long form, in that form: real deadlines, floods of ten seconds and more, half a million tokens.
import { run } from './process.mjs'

process.exitCode = await run(
  'vitest',
  ['run', '--project', '@countersign/test', 'outages', 'properties', ...process.argv.slice(2)],
  {
    env: { COUNTERSIGN_SOAK: '1' },
  },
)
