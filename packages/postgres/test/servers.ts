import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { findFreePort } from '../../../scripts/free-port.mjs'

const execute = promisify(execFile)

/** Where Debian keeps the programs of each version, off PATH. */
const DEBIAN = '/usr/lib/postgresql'

function findProgram(name: string): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter)
  const folders = [...listVersions().map((version) => path.join(DEBIAN, version, 'bin')), ...onPath]
  return folders.map((folder) => path.join(folder, name)).find(isExecutable)
}

/** Newest first. */
function listVersions(): string[] {
  try {
    return readdirSync(DEBIAN).toSorted((left, right) => Number(right) - Number(left))
  } catch {
    return []
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const programs = { initdb: findProgram('initdb'), postgres: findProgram('postgres') }

/** Why no server can be started here, as the end of a title; `''` where one can. */
export const noServer: string =
  programs.initdb !== undefined && programs.postgres !== undefined
    ? ''
    : " (left out: postgresql is not installed; npm run test:setup installs Debian's)"

/** The database that the environment names, for suites that only talk to one. */
export const givenUrl: string | undefined = process.env['DATABASE_URL'] || undefined

/** Why there is no database at all. */
export const noDatabase: string = givenUrl === undefined ? noServer : ''

/** A PostgreSQL of a suite. */
export interface TestDatabase {
  readonly port: number
  readonly url: string
  readonly folder: string
  /** Sends a statement over a connection of its own: not through the clients under test. */
  command(text: string): Promise<Record<string, unknown>[]>
  /** Ends it as a crash would, without a word to the disk. */
  crash(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** Ends with this process, however it ends. */
const children = new Set<ChildProcess>()
process.once('exit', () => children.forEach((child) => child.kill('SIGQUIT')))

/** PostgreSQL refuses to run as root: there it runs as the user that Debian made for it, elsewhere as whoever runs the tests. */
async function findOwner(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => (await execute('id', [flag, 'postgres'])).stdout),
  )
  return { uid: Number(uid), gid: Number(gid) }
}

/** Runs one of PostgreSQL's own programs beside a server. */
export async function runProgram(name: string, ...args: readonly string[]): Promise<void> {
  await execute(findProgram(name) ?? name, args)
}

/** Starts a server on a free port, in a folder that goes with it. `settings` as in `postgresql.conf`. */
export async function startDatabase(settings: Readonly<Record<string, string>> = {}): Promise<TestDatabase> {
  const owner = await findOwner()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-postgres-'))
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  const args = ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
  await execute(programs.initdb ?? '', args, { ...owner, cwd: folder })
  return runServer(folder, settings)
}

/** Starts a server over a folder that is there already. */
export async function runServer(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestDatabase> {
  const owner = await findOwner()
  const port = await findFreePort()
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: folder, shared_buffers: '16MB', fsync: 'off' }
  const flags = Object.entries({ ...all, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let child: ChildProcess
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`

  const command = async (text: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }
  const start = async (): Promise<void> => {
    const options = { ...owner, cwd: folder, stdio: 'ignore' } as const
    child = spawn(programs.postgres ?? '', ['-D', folder, '-p', String(port), ...flags], options)
    children.add(child)
    for (let tries = 0; tries < 400; tries++) {
      if ((await command('SELECT 1').catch(() => [])).length === 1) return
      if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`)
      await sleep(25)
    }
    throw new Error('postgres does not answer')
  }
  const crash = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGQUIT')
    await ended
    children.delete(child)
  }
  await start()
  return {
    port,
    url,
    folder,
    command,
    crash,
    start,
    async stop() {
      await crash()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until something holds, for at most 20 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return
    await sleep(50)
  }
  throw new Error(`It never came to hold: ${holds.toString()}`)
}
