// The suites that have a long form, in that form: real deadlines, floods of ten seconds and more, half a million tokens,
// a million hostile requests, a thousand kills of a process that records exchanges, a thousand faults of its disk,
// two hundred of its database, forty thousand edits of an audit trail, ten rotations of signing keys, a minute of fuzzing
// for each reader of a stranger's text.
import { run } from './process.mjs'

process.exitCode = await run(
  'vitest',
  [
    'run',
    '--project',
    '@countersign/test',
    '--project',
    '@countersign/test-alone',
    '--project',
    '@countersign/redis',
    '--project',
    '@countersign/audit',
    '--project',
    '@countersign/postgres',
    '--project',
    '@countersign/sts',
    'outages',
    'properties',
    'bounds',
    'fuzz',
    'cluster',
    'instances',
    'kill',
    'faults',
    'strangers',
    'tampering',
    'flood',
    'test/rotation',
    ...process.argv.slice(2),
  ],
  {
    env: { COUNTERSIGN_SOAK: '1' },
  },
)
