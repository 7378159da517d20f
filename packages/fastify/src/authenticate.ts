import { InternalError } from '@countersign/core'
import type { HookReply, HookRequest } from './hook.js'
import { toThrow } from './refuse.js'
import { findRegistration, judge } from './registration.js'

/**
 * A hook that demands a principal, with the verifier of the route's context: for routes that the plugin leaves open or
 * lets pass. What the plugin has judged already is not judged again.
 *
 * @throws InternalError `ERR_NOT_AUTHENTICATED` (500) where the plugin is not registered
 */
export async function authenticate(request: HookRequest, reply: HookReply): Promise<void> {
  const registration = findRegistration(request.server)
  if (registration === undefined) {
    throw new InternalError('ERR_NOT_AUTHENTICATED', {
      message:
        'authenticate ran in a context without countersign. Register the plugin there, or in one around it, first.',
    })
  }
  try {
    await judge(registration, request, reply, false)
  } catch (error) {
    throw toThrow(error, reply)
  }
}
