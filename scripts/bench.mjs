// pnpm bench: builds, then measures with the Node that is asked for.
import { parseArgs } from 'node:util'
import { chooseVersions, installNode } from './nodes.mjs'
import { run } from './process.mjs'

// `pnpm bench -- --full` hands the dashes on, npm does not.
const args = process.argv.slice(2).filter((arg) => arg !== '--')
const { values } = parseArgs({
  args,
  options: { node: { type: 'string' }, check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  strict: false,
})

// The bars are for Node 24, whatever Node is on PATH.
const wanted = values.node ?? (values.check === true ? '24' : undefined)
const [version] = typeof wanted === 'string' ? chooseVersions([wanted]) : []
const node = version === undefined || values.help === true ? process.execPath : await installNode(version)

const built = values.help === true ? 0 : await run(process.execPath, ['scripts/build.mjs'])
if (built !== 0) console.error('The build failed. To run it alone: npm run build')
process.exitCode = built === 0 ? await run(node, ['--expose-gc', 'bench/src/main.mjs', ...args]) : built
