// Child processes as the scripts want them: the project's own tools on PATH, nobody phoning home.
import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the workspace. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const quiet = {
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  DO_NOT_TRACK: '1',
  npm_config_update_notifier: 'false',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
}

/**
 * The environment of a child: `node_modules/.bin` first on PATH, telemetry and update checks off.
 * @param {NodeJS.ProcessEnv} [extra]
 * @returns {NodeJS.ProcessEnv}
 */
function toEnvironment(extra = {}) {
  const bin = path.join(root, 'node_modules', '.bin')
  const colours = process.stdout.isTTY || process.env['FORCE_COLOR'] ? {} : { NO_COLOR: '1' }
  return { ...process.env, ...quiet, ...colours, PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`, ...extra }
}

/**
 * Runs a command in the workspace with its output shown, and gives its exit code (1 where it could not start).
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv | undefined, onOutput?: (text: string) => void }} [options] `onOutput` sees what the child prints
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  const { env, onOutput } = options
  return new Promise((resolve) => {
    const piped = onOutput === undefined ? 'inherit' : 'pipe'
    const child = spawn(command, args, { cwd: root, env: toEnvironment(env), stdio: ['ignore', piped, piped] })
    for (const [from, to] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      from?.setEncoding('utf8')
      from?.on('data', (/** @type {string} */ text) => {
        to.write(text)
        onOutput?.(text)
      })
    }
    // A terminal sends SIGINT to the child as well: wait for it. SIGTERM comes to this process alone.
    const wait = () => {}
    const forward = () => void child.kill('SIGTERM')
    process.on('SIGINT', wait).on('SIGTERM', forward)
    // npm hands SIGTERM to its shell, which dies of it without telling us.
    const parent = process.ppid
    const watch = setInterval(() => process.ppid === parent || forward(), 500)
    const settle = (/** @type {number} */ code) => {
      clearInterval(watch)
      process.off('SIGINT', wait).off('SIGTERM', forward)
      resolve(code)
    }
    child.on('error', (error) => {
      console.error(`${command} did not start: ${error.message}`)
      settle(1)
    })
    child.on('close', (code, signal) => {
      // A child that was killed, or that crashed, has said nothing itself.
      if (signal !== null) console.error(`${path.basename(command)} was ended by ${signal}`)
      settle(code ?? 1)
    })
  })
}

/**
 * What a command prints, trimmed; undefined where it is missing or fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {string | undefined}
 */
export function readOutput(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return result.status === 0 ? result.stdout.trim() : undefined
}
