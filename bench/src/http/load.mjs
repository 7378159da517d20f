// The load generator, always a process of its own: wrk from Debian where it is on PATH, else autocannon.
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { toPlaced } from './cores.mjs'

/**
 * @typedef {object} LoadResult
 * @property {number} requests answered
 * @property {number} seconds
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} refused answers that are no 2xx or 3xx
 * @property {number} broken connections, timeouts
 */

/**
 * @typedef {object} Load
 * @property {number} port
 * @property {string} file tokens, one a line, sent in turn
 * @property {number} first which token comes first
 * @property {number} seconds
 * @property {number} connections
 */

const hasWrk = spawnSync('wrk', ['-v'], { stdio: 'ignore' }).error === undefined

/** What generates the load. */
export const generator = hasWrk ? 'wrk' : 'autocannon'

/**
 * Sends requests for a while, one at a time on each connection.
 * @param {Load} load
 * @returns {Promise<LoadResult>}
 */
export async function sendLoad(load) {
  return toResult(await readOutput(...toCommand(load)))
}

/**
 * As {@link sendLoad}, from a core of its own where that can be had.
 * @param {Load} load
 * @returns {Promise<LoadResult>}
 */
export async function sendPlacedLoad(load) {
  return toResult(await readOutput(...toPlaced(...toCommand(load))))
}

/** @param {string} output */
function toResult(output) {
  const line = output.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new Error(`The load generator said: ${output}`)
  return JSON.parse(line)
}

/**
 * @param {Load} load
 * @returns {[string, readonly string[]]}
 */
function toCommand(load) {
  const { port, file, first, seconds, connections } = load
  if (!hasWrk) {
    const script = fileURLToPath(new URL('autocannon.mjs', import.meta.url))
    return [process.execPath, [script, JSON.stringify(load)]]
  }
  const script = fileURLToPath(new URL('wrk.lua', import.meta.url))
  // wrk takes whole seconds; the unit below them is not in its grammar.
  const flags = ['-t1', `-c${connections}`, `-d${Math.max(1, Math.round(seconds))}s`, '--timeout', '10s', '-s', script]
  return ['wrk', [...flags, `http://127.0.0.1:${port}/orders`, '--', file, String(first)]]
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<string>}
 */
function readOutput(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => void (output += text))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${command} ended with ${String(code)}: ${output}`))
    })
  })
}
