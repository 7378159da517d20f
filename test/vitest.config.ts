import { configDefaults, defineProject } from 'vitest/config'
import { shared } from '../vitest.shared.js'
import { ALONE } from './vitest.alone.config.js'

export default defineProject({ ...shared, test: { ...shared.test, exclude: [...configDefaults.exclude, ...ALONE] } })
