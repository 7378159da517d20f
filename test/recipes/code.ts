import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-6.0'
import { onTestFinished, vi } from 'vitest'

const folder = new URL('code/', import.meta.url)
const runs = new URL('../.run/', import.meta.url)

/** The names of the files that pages show. */
export function listCode(): readonly string[] {
  return readdirSync(folder).filter((name) => /\.[jt]s$/.test(name))
}

/** The text of a file that a page shows, as the page shows it. */
export function readCode(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8')
}

/** What a text is replaced by before it runs: names, ports and files of a production that is not here. */
export type Replacements = Readonly<Record<string, string>>

/**
 * Imports the code of a page, with some texts replaced; each must be there. The copy lies beside `node_modules` of this
 * workspace, for as long as the import takes.
 */
export async function runCode<T>(name: string, replacements: Replacements = {}): Promise<T> {
  return runText<T>(readCode(name), name, replacements)
}

/** As {@link runCode}, for a text that stands in a page alone. */
export async function runText<T>(text: string, name: string, replacements: Replacements = {}): Promise<T> {
  let code = text
  for (const [from, to] of Object.entries(replacements)) {
    if (!code.includes(from)) throw new Error(`${name} does not say ${from}`)
    code = code.replaceAll(from, to)
  }
  const run = new URL(`${randomUUID()}/`, runs)
  const file = new URL(name.replace(/\.ts$/, '.js'), run)
  await mkdir(run, { recursive: true })
  try {
    await writeFile(file, name.endsWith('.ts') ? toJavaScript(code) : code)
    return (await import(/* @vite-ignore */ fileURLToPath(file))) as T
  } finally {
    await rm(run, { recursive: true })
  }
}

/** With the decorators of NestJS, which Node cannot run and which come from before the standard. */
function toJavaScript(code: string): string {
  return ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  }).outputText
}

/** A server that code of a page started. */
export interface Started {
  readonly server: Server
  readonly url: string
}

/** Runs code that starts a server on port 3000; here it gets a free one, on loopback, and is closed after the test. */
export async function runServer(run: () => Promise<unknown>): Promise<Started> {
  const servers: Server[] = []
  const listen = Server.prototype.listen as (port: number, host: string) => Server
  const spy = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    servers.push(this)
    return listen.call(this, 0, '127.0.0.1')
  })
  try {
    await run()
  } finally {
    spy.mockRestore()
  }
  const [server] = servers
  if (server === undefined) throw new Error('The code started no server')
  onTestFinished(() => void server.close())
  await vi.waitUntil(() => server.listening)
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
