import { invalid } from '@countersign/core/adapter'
import type { Kind } from '@countersign/core/adapter'
import { constants } from 'node:os'
import { toHmacKey } from './fingerprint.js'
import type { HmacKey } from './fingerprint.js'

/** A function that gives milliseconds. */
export const clock: Kind<() => number> = {
  wants: 'a function that gives milliseconds',
  read(value, option) {
    if (typeof value === 'function') return value as () => number
    throw invalid({ option, got: value, wants: this.wants, fix: 'Pass a function, or leave it out.' })
  },
}

/** A function that does something and says when it is done. */
export const action: Kind<() => unknown> = {
  wants: 'a function that gives a promise',
  read(value, option) {
    if (typeof value === 'function') return value as () => unknown
    const fix = 'Such as () => server.close(): it is called when its time has come.'
    throw invalid({ option, got: value, wants: this.wants, fix })
  },
}

/** A part of a whole, within bounds. */
export function share(least: number, most: number): Kind<number> {
  const wants = `a share from ${least} to ${most}`
  return {
    wants,
    read(value, option) {
      if (typeof value === 'number' && value >= least && value <= most) return value
      throw invalid({ option, got: value, wants, fix: 'A quarter is 0.25.' })
    },
  }
}

/** A signal that a process may listen to. */
export const signal: Kind<NodeJS.Signals> = {
  wants: 'the name of a signal',
  read(value, option) {
    if (typeof value === 'string' && Object.hasOwn(constants.signals, value) && !UNHEARD.includes(value))
      return value as NodeJS.Signals
    const fix = 'Such as "SIGTERM"; SIGKILL and SIGSTOP are heard by nobody.'
    throw invalid({ option, got: value, wants: this.wants, fix })
  },
}

const UNHEARD = ['SIGKILL', 'SIGSTOP']

/** A key of fingerprints, made ready for use. */
export const fingerprintKey: Kind<HmacKey> = {
  wants: '{ id, secret }',
  read(value, option) {
    const { id, secret } = (value ?? {}) as { readonly id?: unknown; readonly secret?: unknown }
    if (typeof id !== 'string' || !/^[\w.-]{1,32}$/.test(id)) {
      const fix = 'Such as "2026-11": it stands in each fingerprint, so that the right key is found again.'
      throw invalid({ option: `${option}.id`, got: id, wants: '1 to 32 of A-Z a-z 0-9 . _ -', fix })
    }
    if (secret instanceof Uint8Array && secret.length >= 32) return toHmacKey({ id, secret })
    const fix = 'As from crypto.randomBytes(32), the same in each process.'
    throw invalid({ option: `${option}.secret`, got: secret, wants: 'bytes, at least 32', fix, secret: true })
  },
}
