// The load generator from the outside: one process for all turns, so that each finds it warm.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** @import { ExchangeLoad, ExchangeResult } from './facts.mjs' */

/** Starts it. One load at a time. */
export function startGenerator() {
  const file = fileURLToPath(new URL('load.mjs', import.meta.url))
  const child = fork(file, [], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`The load generator ended with ${String(code)}`)
  })
  died.catch(() => {})
  return {
    /**
     * @param {ExchangeLoad} load
     * @returns {Promise<ExchangeResult>}
     * @throws Error where an exchange was refused
     */
    async send(load) {
      const answer = once(child, 'message')
      child.send(load)
      /** @type {ExchangeResult} */
      const result = (await Promise.race([answer, died]))[0]
      if (result.refused !== undefined) throw new Error(`An exchange was answered ${result.refused}`)
      return result
    },
    async close() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
