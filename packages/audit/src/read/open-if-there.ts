import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { isMissing } from '../sinks/files.js'

/** Opens a file to read it; `undefined` where there is none. */
export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
