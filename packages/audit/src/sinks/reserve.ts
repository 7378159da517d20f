import { randomBytes } from 'node:crypto'
import { isFull, toWord } from '../delivery/attempt.js'
import type { Files } from './files.js'
import { isMissing } from './files.js'

/** Disk space that is held for events that something waits for: a file of nothing. */
export interface Reserve {
  /** Whether it is missing because there is no room: until it is held again, nothing else may take what room there is. */
  readonly isSpent: boolean
  /** Begins to take the space in the background: nothing waits for it while there is room. What cannot be had is asked for once a minute. */
  begin(): void
  /** Takes the space. Rejects where there is none: then nothing of it stays. */
  hold(): Promise<void>
  /** Gives the space back. Returns whether there was any. */
  release(): Promise<boolean>
  /** Resolves once nothing is under way. */
  settle(): Promise<void>
}

const CHUNK_BYTES = 1_048_576
const RETRY_MS = 60_000

/** Creates the reserve of a log file, of so many bytes; 0 for none. */
export function createReserve(files: Files, path: string, bytes: number): Reserve {
  let state: 'none' | 'held' | 'spent' = bytes === 0 ? 'held' : 'none'
  let holding: Promise<void> | undefined
  let beganMs = -Infinity

  const take = async (): Promise<void> => {
    try {
      if ((await readSize(files, path)) !== bytes) await fill(files, path, bytes)
      state = 'held'
    } catch (error) {
      // A folder in which no file can be made has room for all that: nothing is kept out of it for want of a reserve.
      state = isFull(toWord(error)) ? 'spent' : 'none'
      throw error
    } finally {
      holding = undefined
    }
  }
  const hold = async (): Promise<void> => {
    if (state !== 'held') await (holding ??= take())
  }
  const settle = async (): Promise<void> => {
    await holding?.catch(() => {})
  }
  return {
    get isSpent() {
      return state === 'spent'
    },
    begin() {
      if (state !== 'none' || holding !== undefined || performance.now() - beganMs < RETRY_MS) return
      beganMs = performance.now()
      hold().catch(() => {})
    },
    hold,
    async release() {
      await settle()
      if (bytes === 0 || state !== 'held') return false
      state = 'spent'
      await files.unlink(path)
      return true
    },
    settle,
  }
}

async function readSize(files: Files, path: string): Promise<number> {
  try {
    return (await files.stat(path)).size
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}

/** With random bytes: a file system that compresses, or leaves holes, would hold no space for zeros. */
async function fill(files: Files, path: string, bytes: number): Promise<void> {
  const handle = await files.open(path, 'w', 0o600)
  try {
    for (let left = bytes; left > 0;) {
      const { bytesWritten } = await handle.write(randomBytes(Math.min(left, CHUNK_BYTES)))
      left -= bytesWritten
    }
    await handle.datasync()
  } catch (error) {
    await files.unlink(path).catch(() => {})
    throw error
  } finally {
    await handle.close()
  }
}
