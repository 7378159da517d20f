// Which core does what, where the system lets us say so: all servers on one, and the load on another.
import { spawnSync } from 'node:child_process'
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

/** The first two cores that this process may use, by their numbers. */
function findCores() {
  if (os.platform() !== 'linux' || spawnSync('taskset', ['-V']).error !== undefined) return []
  const [, text = ''] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return text
    .split(',')
    .flatMap((range) => {
      const [first = NaN, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
    })
    .slice(0, 2)
}
