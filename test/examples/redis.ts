import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { findFreePort } from '../../scripts/free-port.mjs'

/** Why there is no Redis for the examples, as the end of a title; `''` where there is one. */
export const noRedis: string =
  Boolean(process.env['REDIS_URL']) || isOnPath('redis-server')
    ? ''
    : " (left out: redis-server is not installed; npm run test:setup installs Debian's)"

/** A Redis for one example. */
export interface ExampleRedis {
  readonly url: string
  close(): void
}

/** The server that `REDIS_URL` names, or an empty one of our own with nothing on disk. */
export async function openRedis(): Promise<ExampleRedis> {
  const given = process.env['REDIS_URL'] || undefined
  if (given !== undefined) return { url: given, close: () => {} }
  const port = await findFreePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', os.tmpdir(), '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  process.once('exit', () => child.kill('SIGKILL'))
  let output = ''
  for await (const text of child.stdout.setEncoding('utf8')) {
    output += String(text)
    if (output.includes('Ready to accept connections')) break
  }
  if (!output.includes('Ready to accept connections')) throw new Error(`redis-server did not start:\n${output}`)
  return { url: `redis://127.0.0.1:${port}`, close: () => void child.kill('SIGKILL') }
}

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
