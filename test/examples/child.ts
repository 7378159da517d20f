import { spawn, execFile } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Examples run what is built, so that they are built first; where nothing changed that takes under a second. */
export async function build(project: string): Promise<void> {
  const tsc = path.join(root, 'node_modules', '.bin', 'tsc')
  await promisify(execFile)(tsc, ['-b', path.join(root, project)])
}

/** A program that runs beside the test. */
export interface Child {
  /** Standard output and standard error so far, as they came. */
  readonly output: string
  /** Resolves with what the pattern matched in the output. Rejects where the program ends first. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>
  /** Resolves with the exit code; a program that a signal killed has none. */
  readonly ended: Promise<number | null>
  kill(signal: NodeJS.Signals): void
}

/** Starts `node` with a script of the repository. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const child = spawn(process.execPath, args, {
    cwd: root,
    // The condition under which suites see sources is none of the program's business.
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      child.emit('output')
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    get output() {
      return output
    },
    ended,
    async waitFor(pattern) {
      const left = ended.then(() => 'ended' as const)
      for (;;) {
        const match = pattern.exec(output)
        if (match !== null) return match
        const next = await Promise.race([once(child, 'output'), left])
        if (next === 'ended') throw new Error(`It ended before it printed ${String(pattern)}:\n${output}`)
      }
    },
    kill: (signal) => void child.kill(signal),
  }
}
