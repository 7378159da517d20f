// A measured server from the outside: starts it, asks what it used, ends it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** @import { Framework, IssuerFacts } from './apps.mjs' */

/**
 * @typedef {object} Usage
 * @property {number} cpuUs of every thread since the start
 * @property {number} requests since the start
 * @property {number} rssBytes
 */

/**
 * @typedef {object} ServerChild
 * @property {number} port
 * @property {() => Promise<Usage>} readUsage
 * @property {() => Promise<void>} close
 */

/**
 * Starts a server with the Node of this process.
 * @param {Framework} framework
 * @param {string} contender
 * @param {IssuerFacts} facts
 * @returns {Promise<ServerChild>}
 */
export async function startServer(framework, contender, facts) {
  const file = fileURLToPath(new URL('server.mjs', import.meta.url))
  const child = fork(file, [framework, contender, JSON.stringify(facts)], {
    env: { ...process.env, NODE_ENV: 'production' },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`The server with ${contender} on ${framework} ended with ${String(code)}`)
  })
  died.catch(() => {})
  const hear = async () => (await Promise.race([once(child, 'message'), died]))[0]
  const { port } = await hear()
  return {
    port,
    async readUsage() {
      const answer = hear()
      child.send('usage')
      return answer
    },
    async close() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
