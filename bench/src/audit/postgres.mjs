// A PostgreSQL of its own, on a free port, in a folder that goes with it. Unlike the one of the suites it syncs.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { findFreePort } from '../../../scripts/free-port.mjs'

/** Where Debian keeps the programs of each version, off PATH. */
const DEBIAN = '/usr/lib/postgresql'

/**
 * Starts it; `undefined` where it is not installed.
 * @returns {Promise<{ url: string, stop: () => Promise<void> } | undefined>}
 */
export async function startPostgres() {
  const [initdb, postgres] = [findProgram('initdb'), findProgram('postgres')]
  if (initdb === undefined || postgres === undefined) return undefined
  const owner = await findOwner()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-bench-postgres-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
    const made = ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
    await promisify(execFile)(initdb, made, { ...owner, cwd: folder })
    const port = await findFreePort()
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`].flatMap((one) => ['-c', one])
    const args = ['-D', folder, '-p', String(port), ...settings]
    const child = spawn(postgres, args, { ...owner, cwd: folder, stdio: 'ignore' })
    const kill = () => void child.kill('SIGQUIT')
    process.once('exit', kill)
    const stop = async () => {
      process.off('exit', kill)
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        kill()
        await ended
      }
      remove()
    }
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    for (let tries = 0; tries < 400; tries++) {
      if (await answers(url)) return { url, stop }
      if (child.exitCode !== null) break
      await delay(25)
    }
    await stop()
    throw new Error('PostgreSQL does not answer')
  } catch (error) {
    remove()
    throw error
  }
}

/** @param {string} name */
function findProgram(name) {
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter)
  const folders = [...listVersions().map((version) => path.join(DEBIAN, version, 'bin')), ...onPath]
  return folders.map((folder) => path.join(folder, name)).find(isExecutable)
}

/** Newest first. */
function listVersions() {
  try {
    return readdirSync(DEBIAN).toSorted((left, right) => Number(right) - Number(left))
  } catch {
    return []
  }
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** PostgreSQL refuses to run as root: there it runs as the user that Debian made for it. */
async function findOwner() {
  if (process.getuid?.() !== 0) return undefined
  const asked = ['-u', '-g'].map(async (flag) => (await promisify(execFile)('id', [flag, 'postgres'])).stdout)
  const [uid, gid] = await Promise.all(asked)
  return { uid: Number(uid), gid: Number(gid) }
}

/** @param {string} url */
async function answers(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
