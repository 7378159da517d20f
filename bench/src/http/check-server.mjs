// A server that answers everybody is fast: each must show first that it tells good tokens from bad ones.

/** @import { Algorithm, World } from '../types.js' */

/**
 * Checks that a server takes a good token of each algorithm, and refuses another's signature and no token at all.
 * @param {number} port
 * @param {boolean} isOpen whether it is the one without authentication
 * @param {World} world
 * @param {readonly string[]} algorithms
 * @throws Error where it does not
 */
export async function checkServer(port, isOpen, world, algorithms) {
  const ask = async (/** @type {string | undefined} */ token) => {
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` }
    const response = await fetch(`http://127.0.0.1:${port}/orders`, headers === undefined ? {} : { headers })
    return { status: response.status, text: await response.text() }
  }
  for (const algorithm of algorithms) {
    const [good = '', other = ''] = await world.tokens(/** @type {Algorithm} */ (algorithm))
    const [header, payload = ''] = good.split('.')
    const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const forged = [header, payload, other.split('.')[2]].join('.')
    const answer = await ask(good)
    if (answer.status !== 200 || !answer.text.includes(isOpen ? 'nobody' : sub)) {
      throw new Error(`A good ${algorithm} token is answered ${answer.status} ${answer.text.slice(0, 200)}`)
    }
    if (isOpen) continue
    for (const bad of [forged, undefined]) {
      const { status } = await ask(bad)
      if (status !== 401)
        throw new Error(`A request with ${bad === undefined ? 'no token' : 'a forged token'} is answered ${status}`)
    }
  }
}
