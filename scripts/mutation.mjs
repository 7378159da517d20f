// Mutation tests of what decides who gets in: npm run mutation, or of a part: npm run mutation -- guards http/challenge.ts
// An hour and a half on one core for all of it; below 85 % it fails.
import { run } from './process.mjs'

const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const files = parts.map((part) => `packages/core/src/${part.endsWith('.ts') ? part : `${part}/**/*.ts`}`)
const mutate = files.length === 0 ? [] : ['--mutate', files.join(',')]

process.exitCode = await run('stryker', ['run', 'stryker.config.json', ...mutate, ...options])
