import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { requireAuthorizationDetails } from '../../src/guards/authorization-details.js'
import { errorOf } from '../refusals.js'
import { toPrincipal } from './principals.js'

describe('a where of requireAuthorizationDetails that answers later', () => {
  it.each([
    ['that comes true', () => Promise.resolve(true)],
    ['that is rejected, and ends no process by that', () => Promise.reject(new Error('nobody waits for it'))],
    ['of another realm', () => runInNewContext('Promise.reject(new Error("nobody waits for it"))') as unknown],
  ])('is a mistake, not a yes: a promise %s', async (_, where) => {
    const guard = requireAuthorizationDetails({ type: 'payment', where: where as never })
    const principal = toPrincipal({ payload: { authorization_details: [{ type: 'payment' }] } })
    expect(errorOf(() => guard.check(principal))).toMatchObject({ reason: 'ERR_GUARD_FAILED', status: 500 })
    // A rejection that nobody took would be told by now, and fail this file.
    await new Promise((resolve) => setImmediate(resolve))
  })
})
