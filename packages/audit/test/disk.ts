import path from 'node:path'
import type { Files, OpenFile } from '../src/index.js'

interface Inode {
  bytes: Buffer
  /** So many bytes survive a loss of power. */
  durable: number
  /** From here on the system has given up: no later sync brings it to the disk. */
  lostFrom: number
}

/** A disk in memory that forgets what was not synced, fails when it is told to, and may be full. */
export interface TestDisk extends Files {
  /** How many syncs of data there were. */
  readonly syncs: number
  /** The most bytes that it holds. */
  capacity: number
  /** The next sync fails, and what it should have synced is lost. */
  failNextSync: boolean
  /** Whether syncs say that they are done before they are: for a test of the tests. */
  isLying: boolean
  /** The next sync of a folder fails: its new names are not on the disk. */
  failNextFolderSync: boolean
  /** Writes take at most so many bytes at once. */
  maxWrite: number
  /** Writes and syncs take so many milliseconds more. */
  slowMs: number
  /** Writes and syncs do not answer until this is over. */
  isHanging: boolean
  /** Nothing works any more. */
  isOff: boolean
  /** What is left after a loss of power: of bytes that were not synced, any beginning. */
  losePower(): Map<string, Buffer>
  /** What is there while the power is. */
  list(): Map<string, Buffer>
  readonly used: number
  read(file: string): string
}

const failure = (code: string): Error => Object.assign(new Error(code), { code })
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Creates a disk: an empty one, or one with what was left of another. */
export function createDisk(
  left: ReadonlyMap<string, Buffer> = new Map<string, Buffer>(),
  random: () => number = Math.random,
): TestDisk {
  const names = new Map<string, Inode>()
  for (const [name, bytes] of left) names.set(name, { bytes, durable: bytes.length, lostFrom: Infinity })
  /** What the folder on the disk says: a name that was not synced is not there after a loss of power. */
  let durableNames = new Map(names)
  let syncs = 0

  const find = (file: string): Inode => {
    const found = names.get(file)
    if (found === undefined) throw failure('ENOENT')
    return found
  }
  const checkPower = (): void => {
    if (disk.isOff) throw failure('EIO')
  }
  const work = async (ms: number): Promise<void> => {
    await pause(ms + disk.slowMs)
    while (disk.isHanging && !disk.isOff) await pause(2)
    checkPower()
  }
  const toHandle = (inode: Inode, canRead: boolean): OpenFile => ({
    async write(bytes) {
      await work(0)
      const room = disk.capacity - disk.used
      if (room <= 0) throw failure('ENOSPC')
      const part = bytes.subarray(0, Math.min(room, disk.maxWrite))
      inode.bytes = Buffer.concat([inode.bytes, part])
      return { bytesWritten: part.length }
    },
    async read(into, offset, length, position) {
      if (!canRead) throw failure('EBADF')
      const part = inode.bytes.subarray(position, position + length)
      into.set(part, offset)
      return { bytesRead: part.length }
    },
    async datasync() {
      syncs += 1
      const { length } = inode.bytes
      if (disk.isLying) return void pause(500).then(() => (inode.durable = length))
      await work(random() * 4)
      if (disk.failNextSync) {
        disk.failNextSync = false
        inode.lostFrom = Math.min(inode.lostFrom, inode.durable)
        throw failure('EIO')
      }
      inode.durable = Math.min(Math.max(inode.durable, length), inode.lostFrom)
    },
    sync: () => pause(0),
    stat: async () => ({ size: inode.bytes.length }),
    close: async () => {},
  })
  const folderHandle: OpenFile = {
    write: () => Promise.reject(failure('EISDIR')),
    read: () => Promise.reject(failure('EISDIR')),
    datasync: () => pause(0),
    async sync() {
      await work(1)
      if (disk.failNextFolderSync) {
        disk.failNextFolderSync = false
        throw failure('EIO')
      }
      durableNames = new Map(names)
    },
    stat: async () => ({ size: 0 }),
    close: async () => {},
  }
  const disk: TestDisk = {
    capacity: Infinity,
    maxWrite: Infinity,
    slowMs: 0,
    failNextSync: false,
    failNextFolderSync: false,
    isLying: false,
    isHanging: false,
    isOff: false,
    get syncs() {
      return syncs
    },
    get used() {
      return [...names.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
    },
    async open(file, flags) {
      checkPower()
      if (file === '/log') return folderHandle
      if (flags === 'r') return toHandle(find(file), true)
      const held = flags === 'w' ? undefined : names.get(file)
      const inode = held ?? { bytes: Buffer.alloc(0), durable: 0, lostFrom: Infinity }
      names.set(file, inode)
      return toHandle(inode, false)
    },
    async rename(from, to) {
      checkPower()
      names.set(to, find(from))
      names.delete(from)
    },
    async unlink(file) {
      checkPower()
      find(file)
      names.delete(file)
    },
    readdir: async () => [...names.keys()].map((file) => path.basename(file)),
    stat: async (file) => ({ size: find(file).bytes.length, mtimeMs: 0 }),
    losePower() {
      const left = new Map<string, Buffer>()
      for (const [name, { bytes, durable, lostFrom }] of durableNames) {
        const extra = disk.isLying ? 0 : Math.floor(random() * (Math.min(bytes.length, lostFrom) - durable + 1))
        left.set(name, bytes.subarray(0, durable + extra))
      }
      return left
    },
    list: () => new Map(Array.from(names, ([name, { bytes }]) => [name, bytes])),
    read: (file) => find(file).bytes.toString(),
  }
  return disk
}
