import { randomBytes } from 'node:crypto'
import { constants, lstatSync, mkdirSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { link, lstat, open, readdir, truncate, unlink } from 'node:fs/promises'
import path from 'node:path'
import { invalid } from '@countersign/core/adapter'
import type { SigningKeyStore, VersionedBytes } from '@countersign/core'
import { MAX_SEALED_BYTES } from './seal.js'

const NAME = /^(\d{16})\.keys$/
/** What a process that died while it wrote has left behind is taken away after so long. */
const ABANDONED_MS = 60_000
/** Readers look again, where a writer emptied the file that they had just seen. */
const ATTEMPTS = 5
/** Names of so many versions are kept, their files empty: a slow process must not write one again that is long past. */
const KEPT_NAMES = 100

/**
 * Keeps signing keys in a directory, for the processes of one machine: one sealed file of mode 0600 for each version, the older ones
 * emptied. The directory is made with mode 0700 where there is none.
 *
 * Of several processes that write one version exactly one wins: the file is written whole under a name of its own, synced, and then
 * linked to the name of its version, which only one can. A local file system: network ones may not keep that promise.
 *
 * @throws ConfigurationError for a directory that is somebody else's, or that others may read; later reads reject then
 */
export function fileKeys(directory: string): SigningKeyStore {
  if (typeof directory !== 'string' || directory === '') {
    const fix = 'Such as "/var/lib/orders/keys". It is made where there is none.'
    throw invalid({ option: 'directory', got: directory, wants: 'the path of a directory', fix })
  }
  const folder = path.resolve(directory)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const weakness = findWeakness(lstatSync(folder))
  if (weakness !== undefined) {
    const fix = 'As from mkdir -m 700.'
    throw invalid({ option: 'directory', got: directory, wants: `a directory of ours alone, and it ${weakness}`, fix })
  }
  return {
    async read() {
      await checkDirectory(folder)
      let emptied: number | undefined
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const [newest, before] = await listVersions(folder)
        if (newest === undefined) return undefined
        const bytes = await readSealed(toFile(folder, newest))
        if (bytes.length === 0 && newest !== emptied) {
          emptied = newest
          continue
        }
        // Whoever wrote the newest may have died before its name was safe. Older ones are emptied with the next change alone, by who could open
        // the newest: it may be none of ours, and what is ours would be lost to it.
        if (bytes.length > 0 && before !== undefined && (await findStats(toFile(folder, before)))?.size !== 0)
          await syncDirectory(folder)
        // Empty, and still the newest: the one that came after it is gone. Whoever holds that writes it again.
        return { version: newest, bytes }
      }
      throw new Error('The directory changes faster than it can be read')
    },
    async compareAndSet(expected, next) {
      await checkDirectory(folder)
      if (((await listVersions(folder))[0] ?? 0) !== expected) return false
      const temporary = path.join(folder, `${randomBytes(12).toString('hex')}.tmp`)
      try {
        await writeSynced(temporary, next)
        await link(temporary, toFile(folder, next.version))
      } catch (error) {
        if (isCode(error, 'EEXIST')) return false
        throw error
      } finally {
        await unlink(temporary).catch(() => {})
      }
      await syncDirectory(folder)
      await prune(folder, next.version)
      return true
    },
  }
}

/** Older versions hold private keys that are to be destroyed. What cannot be done now is done with the next change. */
async function prune(folder: string, newest: number): Promise<void> {
  for (const version of await listVersions(folder)) {
    const file = toFile(folder, version)
    if (version < newest - KEPT_NAMES) await unlink(file).catch(() => {})
    else if (version < newest) await truncate(file).catch(() => {})
  }
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name)
    if (!name.endsWith('.tmp')) continue
    const { mtimeMs = Infinity } = (await findStats(file)) ?? {}
    if (Date.now() - mtimeMs > ABANDONED_MS) await unlink(file).catch(() => {})
  }
}

async function findStats(file: string): Promise<Stats | undefined> {
  return lstat(file).catch(() => undefined)
}

/** Newest first. */
async function listVersions(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder)
  const versions = names.flatMap((name) => {
    const version = Number(NAME.exec(name)?.[1])
    return Number.isSafeInteger(version) && version >= 1 ? [version] : []
  })
  return versions.toSorted((left, right) => right - left)
}

function toFile(folder: string, version: number): string {
  return path.join(folder, `${String(version).padStart(16, '0')}.keys`)
}

async function readSealed(file: string): Promise<Uint8Array> {
  // A link planted in place of a file must not make us read, or show, another one.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { size } = await handle.stat()
    // No document is as long: a byte that begins none is refused like the whole. No byte would be a file that was emptied.
    return size > MAX_SEALED_BYTES ? Uint8Array.of(0) : await handle.readFile()
  } finally {
    await handle.close()
  }
}

async function writeSynced(file: string, { bytes }: VersionedBytes): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The name of a file is safe once its directory is. */
async function syncDirectory(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function checkDirectory(folder: string): Promise<void> {
  const weakness = findWeakness(await lstat(folder))
  if (weakness !== undefined) throw new Error(`The directory of keys ${weakness}`)
}

/** Windows has no such modes: there the access list of the directory is the operator's. */
function findWeakness(stats: Stats): string | undefined {
  if (!stats.isDirectory()) return 'is none'
  if (process.platform === 'win32') return undefined
  if (stats.uid !== process.geteuid?.()) return 'belongs to somebody else'
  return (stats.mode & 0o077) === 0 ? undefined : `has mode ${(stats.mode & 0o777).toString(8)}, others may get in`
}

function isCode(error: unknown, code: string): boolean {
  return (error as { code?: unknown } | undefined)?.code === code
}
