import { toPlainDetail } from './errors.js'
import type { CountersignError } from './errors.js'
import { createOnceAMinute } from './once-a-minute.js'
import type { Rules } from './rules.js'
import { silentLogger } from './runtime.js'

/** Tells the operator why a request was refused. Never throws. */
export type RefusalLog = (refusal: CountersignError) => void

/**
 * Creates the log of one verifier. Each refusal is `debug`, because strangers decide how many there are; an answer 500 is `error`; and
 * what no caller can help is `warn` as well, once a minute: something that is asked is away (503), or a function of the application
 * threw.
 */
export function createRefusalLog({ logger, runtime }: Pick<Rules, 'logger' | 'runtime'>): RefusalLog {
  if (logger === silentLogger) return () => {}
  // What is away is so for every request.
  const isDue = createOnceAMinute(runtime)
  return (refusal) => {
    const { reason, status } = refusal
    const detail = toPlainDetail(refusal)
    const told = { status, reason, ...detail }
    if (status === 500) return logger.error('A request failed', told)
    logger.debug('A request was refused', told)
    const isThrown = detail?.['at'] !== undefined
    if ((status === 503 || isThrown) && isDue(reason)) logger.warn('Requests are refused for no fault of theirs', told)
  }
}
