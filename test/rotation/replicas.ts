import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'

/** What every replica is told. */
export interface Plan {
  readonly url: string
  readonly secret: string
  readonly startMs: number
  readonly scale: number
  readonly issuer: string
  readonly audience: string
  readonly lifetimeSeconds: number
  readonly pendingMs: number
  readonly activeMs: number
  readonly retiringMs: number
  readonly refreshMs: number
}

/** An answer of a replica. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** One process. */
export interface Replica {
  readonly name: string
  isAlive: boolean
  /** Versions of the keys that it wrote. */
  readonly won: number[]
  /** Rejects where the process is gone. */
  ask(path: string): Promise<Answer>
  kill(): Promise<void>
}

const script = fileURLToPath(new URL('replica.mjs', import.meta.url))
const children = new Set<ChildProcess>()
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')))

/** Starts a process, and waits until it has its keys. */
export async function startReplica(name: string, plan: Plan): Promise<Replica> {
  const child = spawn(process.execPath, [script, JSON.stringify(plan)], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.add(child)
  const agent = new Agent({ keepAlive: true })
  const won: number[] = []
  const port = await new Promise<number>((resolve, reject) => {
    let text = ''
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const [word, number] = line.split(' ')
        if (word === 'won') won.push(Number(number))
        else if (word === 'port') resolve(Number(number))
      }
    })
  })
  const replica: Replica = {
    name,
    isAlive: true,
    won,
    ask: (path) =>
      new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port, path, agent }, (res) => {
          let text = ''
          res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
          res.on('error', reject)
          res.on('end', () => resolve({ status: res.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }))
        }).on('error', reject)
      }),
    async kill() {
      replica.isAlive = false
      agent.destroy()
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      children.delete(child)
    },
  }
  return replica
}
