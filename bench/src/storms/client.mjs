// One good caller among the storm: each request on its own, timed.
import { Agent, request } from 'node:http'

/**
 * @typedef {object} Answer
 * @property {number} status 0 where there was none
 * @property {number} ms
 */

/** Connections that are kept, as many as are needed. */
export function createClient() {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  return {
    /**
     * @param {number} port
     * @param {string} token
     * @returns {Promise<Answer>}
     */
    ask: (port, token) =>
      new Promise((resolve) => {
        const startedMs = performance.now()
        const settle = (/** @type {number} */ status) => resolve({ status, ms: performance.now() - startedMs })
        const headers = { authorization: `Bearer ${token}` }
        request({ host: '127.0.0.1', port, path: '/orders', agent, headers }, (response) => {
          response.resume()
          response.on('end', () => settle(response.statusCode ?? 0))
        })
          .on('error', () => settle(0))
          .end()
      }),
    close: () => agent.destroy(),
  }
}

/**
 * The time that 99 of 100 answers took at most, in milliseconds.
 * @param {readonly Answer[]} answers
 */
export function toP99Ms(answers) {
  const sorted = answers.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? NaN
}

/**
 * The share of answers that are 200, in percent.
 * @param {readonly Answer[]} answers
 */
export function toServedPercent(answers) {
  return (answers.filter(({ status }) => status === 200).length / answers.length) * 100
}
