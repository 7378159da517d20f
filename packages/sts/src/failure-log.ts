import { createOnceAMinute } from '@countersign/core/server'
import type { Logger, Runtime } from '@countersign/core'
import { toFailureDetail } from './errors.js'
import type { TokenError } from './errors.js'

/** Tells the operator why a request was not answered as it wanted. Never throws. */
export type FailureLog = (error: TokenError, id: string) => void

/**
 * Creates the log of one service. Each refusal is `debug`, because strangers decide how many there are; a mistake of ours (500) is `error`;
 * and so is, once a minute for each reason, what is away (503), which strangers can ask for as well.
 */
export function createFailureLog({
  logger,
  runtime,
}: {
  readonly logger: Logger
  readonly runtime: Runtime
}): FailureLog {
  const isDue = createOnceAMinute(runtime)
  return (error, id) => {
    const { status, rootReason: reason } = error
    const told = { status, reason, id, ...toFailureDetail(error) }
    if (status === 500 || (status > 500 && isDue(reason))) logger.error('A request could not be answered', told)
    else logger.debug('A request was refused', told)
  }
}
