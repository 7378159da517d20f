import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createVerifier } from '@countersign/core'
import type { Verifier } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'
import type { TestIssuer } from '@countersign/testing'
import ts from 'typescript-6.0'
import { onTestFinished, vi } from 'vitest'

const folder = new URL('code/', import.meta.url)
const runs = new URL('../.run/', import.meta.url)
const lent = Symbol.for('countersign.recipe')

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
 * workspace, for as long as the import takes. What it imports from `./verifier.js` is the verifier given here.
 */
export async function runCode<T>(name: string, replacements: Replacements = {}, verifier?: Verifier): Promise<T> {
  const run = new URL(`${randomUUID()}/`, runs)
  await mkdir(run, { recursive: true })
  try {
    Reflect.set(globalThis, lent, verifier)
    await writeFile(
      new URL('verifier.js', run),
      `export const verifier = globalThis[Symbol.for('${lent.description}')]\n`,
    )
    await writeCode(run, name, replacements)
    return (await import(/* @vite-ignore */ fileURLToPath(new URL(toRunName(name), run)))) as T
  } finally {
    await rm(run, { recursive: true })
  }
}

/** Writes a file, and those files of code that it imports. */
async function writeCode(run: URL, name: string, replacements: Replacements): Promise<void> {
  let code = readCode(name)
  for (const [from, to] of Object.entries(replacements)) {
    if (!code.includes(from)) throw new Error(`${name} does not say ${from}`)
    code = code.replaceAll(from, to)
  }
  await writeFile(new URL(toRunName(name), run), name.endsWith('.ts') ? toJavaScript(code) : code)
  for (const [, neighbour = ''] of code.matchAll(/ from '\.\/([\w-]+)\.js'/g)) {
    const file = listCode().find((known) => known.startsWith(`${neighbour}.`)) ?? ''
    if (neighbour !== 'verifier') await writeCode(run, file, {})
  }
}

const toRunName = (name: string): string => name.replace(/\.ts$/, '.js')

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

/** The verifier that pages import from `./verifier.js`, with an issuer that needs no network. */
export async function createPageVerifier(): Promise<{ readonly acme: TestIssuer; readonly verifier: Verifier }> {
  const acme = await createTestIssuer({ issuer: 'https://login.acme.example' })
  const verifier = createVerifier({
    audience: 'https://api.example.com',
    issuers: [acme.issuer],
    runtime: acme.runtime,
  })
  onTestFinished(() => verifier.close())
  return { acme, verifier }
}
