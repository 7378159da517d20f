import { setImmediate } from 'node:timers/promises'
import { together } from '../src/turn.js'

/** Until requests count as coming alone: whoever ran before, in this process, may have left a crowd. */
export async function beAlone(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    await together(() => undefined)
    await setImmediate()
  }
}

/** Until requests count as coming in company. */
export async function beCrowded(): Promise<void> {
  for (let request = 0; request < 140; request++) void together(() => undefined)
  await setImmediate()
}
