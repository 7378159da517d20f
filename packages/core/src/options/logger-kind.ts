import { toSafeLogger } from '../runtime.js'
import type { Logger } from '../runtime.js'
import { methods } from './kinds.js'
import type { Kind } from './kinds.js'

const given = methods<Logger>('a logger', ['debug', 'info', 'warn', 'error'])

/** A logger, read as one that never throws. */
export const logger: Kind<Logger> = {
  wants: given.wants,
  read: (value, option) => toSafeLogger(given.read(value, option)),
}
