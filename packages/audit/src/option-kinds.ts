import { invalid } from '@countersign/core/adapter'
import type { Kind } from '@countersign/core/adapter'
import { constants } from 'node:os'

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
