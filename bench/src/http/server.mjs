// One server in a process of its own: `server.mjs <framework> <contender> <facts as JSON>`.
import { createApp } from './apps.mjs'
import { serve } from './serve.mjs'

/** @import { Framework } from './apps.mjs' */

const [framework, contender = '', facts = '{}'] = process.argv.slice(2)
await serve(await createApp(/** @type {Framework} */ (framework), contender, JSON.parse(facts)))
