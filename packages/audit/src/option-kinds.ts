import { invalid } from '@countersign/core/adapter'
import type { Kind } from '@countersign/core/adapter'

/** A function that gives milliseconds. */
export const clock: Kind<() => number> = {
  wants: 'a function that gives milliseconds',
  read(value, option) {
    if (typeof value === 'function') return value as () => number
    throw invalid({ option, got: value, wants: this.wants, fix: 'Pass a function, or leave it out.' })
  },
}
