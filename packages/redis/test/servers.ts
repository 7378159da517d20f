import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findFreePort } from '../../../scripts/free-port.mjs'

const execute = promisify(execFile)

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

/** Why no server can be started here, as the end of a title; `''` where one can. */
export const noServer: string =
  isOnPath('redis-server') && isOnPath('redis-cli')
    ? ''
    : " (left out: redis-server is not installed; npm run test:setup installs Debian's)"

/** The server that the environment names, for suites that only talk to one. */
export const givenUrl: string | undefined = process.env['REDIS_URL'] || undefined

/** Why there is no server at all. */
export const noRedis: string = givenUrl === undefined ? noServer : ''

/** Whether the long form was asked for. */
export const isSoak: boolean = Boolean(process.env['COUNTERSIGN_SOAK'] ?? process.env['SOAK'])

/** Ends with this process, however it ends. */
const children = new Set<ChildProcess>()
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')))

/** A `redis-server` of this suite. */
export interface TestServer {
  readonly port: number
  readonly url: string
  /** Sends a command by `redis-cli`: not through the clients under test. */
  command(...args: string[]): Promise<string>
  /** Keeps the port: everything a server had in memory is gone. */
  restart(): Promise<void>
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Starts a server with nothing on disk, on a free port. */
export async function startServer(...args: string[]): Promise<TestServer> {
  const port = await findFreePort()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-redis-'))
  return startProcess(port, folder, [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
    '--repl-diskless-sync-delay',
    '0',
    ...args,
  ])
}

/** Starts a Sentinel that alone decides, after half a second, that the master `main` is gone. */
export async function startSentinel(masterPort: number): Promise<TestServer> {
  const port = await findFreePort()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-sentinel-'))
  const file = path.join(folder, 'sentinel.conf')
  const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor main 127.0.0.1 ${masterPort} 1`]
  const times = ['sentinel down-after-milliseconds main 500', 'sentinel failover-timeout main 2000']
  writeFileSync(file, [...lines, ...times, ''].join('\n'))
  return startProcess(port, folder, [file, '--sentinel'])
}

async function startProcess(port: number, folder: string, args: readonly string[]): Promise<TestServer> {
  let child: ChildProcess
  const command = async (...words: string[]): Promise<string> => {
    const { stdout } = await execute('redis-cli', ['-p', String(port), ...words], { timeout: 5_000 })
    return stdout.trimEnd()
  }
  const start = async (): Promise<void> => {
    child = spawn('redis-server', args, { stdio: 'ignore' })
    children.add(child)
    for (let tries = 0; tries < 200; tries++) {
      const answer = await command('PING').catch(() => '')
      if (answer !== '' && !answer.startsWith('LOADING')) return
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
      await sleep(25)
    }
    throw new Error('redis-server does not answer')
  }
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    children.delete(child)
  }
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    command,
    signal: (signal) => void child.kill(signal),
    kill,
    async restart() {
      await kill()
      await start()
    },
    async stop() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Three masters with a third of the slots each, and one replica each. */
export interface TestCluster {
  /** In the order of the slots. */
  readonly masters: TestServer[]
  /** In the order of the masters. */
  readonly replicas: TestServer[]
  /** Waits until the replica of one third has taken over and the old master follows it, and calls each what it is. */
  swap(third: number): Promise<void>
  stop(): Promise<void>
}

const SLOTS = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const

/** Starts a cluster whose replicas stand for election however little they have. */
export async function startCluster(): Promise<TestCluster> {
  const nodes = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const bus = await findFreePort()
      const args = ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', '1000']
      return { bus, server: await startServer(...args, '--cluster-replica-validity-factor', '0') }
    }),
  )
  const servers = nodes.map(({ server }) => server)
  const [first, ...others] = nodes
  if (first === undefined) throw new Error('no node')
  for (const { bus, server } of others)
    await first.server.command('CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(bus))
  const masters = servers.slice(0, 3)
  const replicas = servers.slice(3)
  for (const [index, [from, to]] of SLOTS.entries())
    await masters[index]?.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
  await until(async () => (await Promise.all(servers.map(countNodes))).every((count) => count === 6))
  for (const [index, replica] of replicas.entries()) {
    const master = (await masters[index]?.command('CLUSTER', 'MYID')) ?? ''
    await until(async () => (await replica.command('CLUSTER', 'REPLICATE', master)) === 'OK')
  }
  await until(async () => {
    const states = await Promise.all(servers.map((server) => server.command('CLUSTER', 'INFO')))
    const links = await Promise.all(replicas.map((server) => server.command('INFO', 'replication')))
    const views = await Promise.all(servers.map((server) => server.command('CLUSTER', 'NODES')))
    return (
      states.every((state) => state.includes('cluster_state:ok')) &&
      links.every((link) => link.includes('master_link_status:up')) &&
      views.every((view) => view.match(/slave/g)?.length === 3)
    )
  })
  const swap = async (third: number): Promise<void> => {
    const [old, successor] = [masters[third], replicas[third]]
    if (old === undefined || successor === undefined) throw new Error('there are three thirds')
    await until(async () => (await successor.command('ROLE')).startsWith('master'))
    await until(async () => (await old.command('INFO', 'replication')).includes('master_link_status:up'))
    masters[third] = successor
    replicas[third] = old
  }
  return { masters, replicas, swap, stop: async () => void (await Promise.all(servers.map((server) => server.stop()))) }
}

async function countNodes(server: TestServer): Promise<number> {
  return (await server.command('CLUSTER', 'NODES')).split('\n').filter((line) => !line.includes('handshake')).length
}

/** Waits until something holds, for at most 20 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return
    await sleep(50)
  }
  throw new Error(`It never came to hold: ${holds.toString()}`)
}
