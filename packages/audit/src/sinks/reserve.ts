import { randomBytes } from 'node:crypto'
import type { Files } from './files.js'
import { isMissing } from './files.js'

/** Disk space that is held for events that something waits for: a file of nothing. */
export interface Reserve {
  readonly isHeld: boolean
  /** Takes the space. Rejects where there is none: then nothing of it stays. */
  hold(): Promise<void>
  /** Gives the space back. Returns whether there was any. */
  release(): Promise<boolean>
}

const CHUNK_BYTES = 1_048_576

/** Creates the reserve of a log file. `bytes` of 0: there is none, and it counts as held. */
export function createReserve(files: Files, path: string, bytes: number): Reserve {
  let isHeld = bytes === 0
  const release = async (): Promise<boolean> => {
    if (bytes === 0 || !isHeld) return false
    isHeld = false
    await files.unlink(path)
    return true
  }
  return {
    get isHeld() {
      return isHeld
    },
    async hold() {
      if (isHeld) return
      const size = await readSize(files, path)
      if (size !== bytes) await fill(files, path, bytes)
      isHeld = true
    },
    release,
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
