import { open, readdir, rename, stat, unlink } from 'node:fs/promises'

/** An open file, as a sink needs it. */
export interface OpenFile {
  /** Appends; may write less than it was given. */
  write(bytes: Uint8Array): Promise<{ readonly bytesWritten: number }>
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>
  /** Resolves once the data are on the disk: fdatasync(2). */
  datasync(): Promise<void>
  sync(): Promise<void>
  stat(): Promise<{ readonly size: number }>
  close(): Promise<void>
}

/** The file system, as a sink needs it: `node:fs/promises` has this shape. */
export interface Files {
  open(path: string, flags: string, mode?: number): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  readdir(path: string): Promise<string[]>
  stat(path: string): Promise<{ readonly size: number; readonly mtimeMs: number }>
}

/** The file system of this machine. */
export const systemFiles: Files = { open, rename, unlink, readdir, stat }

/** Makes a name that was created, or moved, survive a loss of power: the entry of a directory is synced with the directory. */
export async function syncFolder(files: Files, folder: string): Promise<void> {
  const handle = await files.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === 'ENOENT'
}
