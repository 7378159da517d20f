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
 * @property {number | undefined} pid
 * @property {number} port the first, and where there is one app the only one
 * @property {readonly number[]} ports one for each app
 * @property {() => Promise<Usage>} readUsage
 * @property {(message: object) => Promise<void>} tell resolves once the server has heard it
 * @property {() => Promise<void>} close
 */

/**
 * Starts a server with the Node of this process.
 * @param {Framework} framework
 * @param {string} contender
 * @param {IssuerFacts} facts
 * @returns {Promise<ServerChild>}
 */
export function startServer(framework, contender, facts) {
  return startChild(new URL('server.mjs', import.meta.url), [framework, contender, JSON.stringify(facts)])
}

/**
 * Starts a file that ends in `serve`, with the Node of this process.
 * @param {URL} file
 * @param {readonly string[]} args
 * @returns {Promise<ServerChild>}
 */
export async function startChild(file, args) {
  const child = fork(fileURLToPath(file), args, {
    env: { ...process.env, NODE_ENV: 'production' },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`The server ${args.slice(0, 2).join(', ')} ended with ${String(code)}`)
  })
  died.catch(() => {})
  const hear = async () => (await Promise.race([once(child, 'message'), died]))[0]
  const ask = async (/** @type {object} */ message) => {
    const answer = hear()
    child.send(message)
    return answer
  }
  const { ports } = await hear()
  return {
    pid: child.pid,
    port: ports[0],
    ports,
    readUsage: () => ask({}),
    tell: ask,
    async close() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
