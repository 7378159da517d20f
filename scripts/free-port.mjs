// A port for what must know its address before it listens, or keeps it while it is down.
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that a system hands out by itself, 32,768 and up on Linux: any outgoing connection may take one of those meanwhile. */
const FIRST = 10_000
const COUNT = 20_000

/** Given away and perhaps not yet listened on. @type {Set<number>} */
const given = new Set()

/**
 * A port of 127.0.0.1 that nobody listens on, and that this process gets once.
 *
 * Not prevented: that another program listens there first.
 * @returns {Promise<number>}
 */
export async function findFreePort() {
  for (let tries = 0; tries < 1_000; tries++) {
    const port = FIRST + randomInt(COUNT)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(`No port from ${FIRST} to ${FIRST + COUNT - 1} is free.`)
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
