// Which core does what, where the system lets us say so: all servers on one, and the load on another.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import os from 'node:os'

const [serverCore, loadCore] = findCores()

/** Whether servers and load have a core each. */
export const isPlaced = serverCore !== undefined && loadCore !== undefined

/**
 * Puts a server where all others are. Two cores of a machine that others use too are seldom equally fast, and a process stays
 * where it is: one contender would be measured on the slow one, and the next on the fast one.
 * @param {number | undefined} pid
 */
export function placeServer(pid) {
  if (serverCore === undefined || !isPlaced || pid === undefined) return
  const { status, stderr } = spawnSync('taskset', ['-a', '-p', '-c', serverCore, String(pid)], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`taskset: ${stderr}`)
}

/**
 * The command that runs another one where the load comes from.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {readonly [string, readonly string[]]}
 */
export function toPlaced(command, args) {
  return loadCore !== undefined ? ['taskset', ['-c', loadCore, command, ...args]] : [command, args]
}

/** Goes on for as long as its parent is there. */
const LOOP = 'const parent = process.ppid; while (process.ppid === parent) for (let turn = 0; turn < 1e8; turn++);'

/**
 * Keeps the load's core busy: what the generator leaves of it, a loop of the least priority takes.
 *
 * Two cores of a virtual machine are often one of the processor, which computes faster while the other rests; and the slower the server,
 * the longer its clients rest. fastify-jwt-jwks took 115 us of CPU a request with them, and takes 142 beside a core that never rests, where
 * the server without authentication takes 27 and 29. So everybody is measured beside the same neighbour.
 * @returns {() => void} ends it
 */
export function fillLoadCore() {
  if (!isPlaced || loadCore === undefined) return () => {}
  const [command, args] = toPlaced('chrt', ['--idle', '0', process.execPath, '--eval', LOOP])
  const child = spawn(command, args, { stdio: 'ignore' })
  return () => void child.kill('SIGKILL')
}

/** The first two cores that this process may use, by their numbers. */
function findCores() {
  const hasCommands = ['taskset', 'chrt'].every((command) => spawnSync(command, ['--version']).error === undefined)
  if (os.platform() !== 'linux' || !hasCommands) return []
  const [, text = ''] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return text
    .split(',')
    .flatMap((range) => {
      const [first = NaN, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
    })
    .slice(0, 2)
}
