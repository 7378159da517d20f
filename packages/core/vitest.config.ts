import { defineProject } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

/** Without `module`: that build of OpenTelemetry has imports which Node does not resolve. */
const resolve = { conditions: shared.resolve.conditions.filter((condition) => condition !== 'module') }

export default defineProject({ ...shared, resolve, ssr: { resolve } })
