import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { createOutside } from './outside.js'
import { readPacked } from './packed.js'

const execute = promisify(execFile)
const modules = fileURLToPath(new URL('../node_modules', import.meta.url))
const packages = await readPacked()

const compilers = ['typescript-5.4', 'typescript-5.9', 'typescript-6.0', 'typescript-7.0']

/** The oldest and the newest check every declaration file too, ours and all that those drag in. */
const thorough = new Set(['typescript-5.4', 'typescript-7.0'])

const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

const types = {
  '@types/node': path.join(modules, '../../node_modules/@types/node'),
  '@types/express': path.join(modules, '@types/express'),
  '@types/koa': path.join(modules, '@types/koa'),
}

const schemas = Object.fromEntries(['zod', 'valibot', 'arktype'].map((name) => [name, path.join(modules, name)]))

/**
 * A project on every framework; one on Express 4 alone, because the types of Koa drag in those of Express 5; and one
 * that registers its claims, which holds for all of a program, beside those that schema libraries type.
 */
const projects = {
  newest: {
    outside: createOutside(packages, types),
    files: [
      'service.ts',
      'express.ts',
      'fastify.ts',
      'koa.ts',
      'redis.ts',
      'audit.ts',
      'postgres.ts',
      'sts.ts',
      'guards.ts',
    ],
  },
  express4: {
    outside: createOutside(packages, { ...types, '@types/express': path.join(modules, 'express4-types') }),
    files: ['service.ts', 'express.ts'],
  },
  typed: { outside: createOutside(packages, { ...types, ...schemas }), files: ['registered.ts', 'schemas.ts'] },
}
afterAll(() => Object.values(projects).forEach(({ outside }) => outside.remove()))

/** What a compiler says about an outside project: nothing where it is content. */
async function compile(
  compiler: string,
  resolution: keyof typeof resolutions,
  project: keyof typeof projects,
): Promise<string> {
  const { outside, files } = projects[project]
  const folder = path.join(outside.folder, `${compiler}-${resolution}`)
  mkdirSync(folder)
  for (const file of files) cpSync(new URL(`consumer/${file}`, import.meta.url), path.join(folder, file))
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = {
    ...resolutions[resolution],
    skipLibCheck: resolution === 'bundler' || !thorough.has(compiler),
    target: 'es2022',
    lib: ['es2022'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  return run(compiler, folder)
}

async function run(compiler: string, folder: string): Promise<string> {
  const tsc = path.join(modules, compiler, 'bin', 'tsc')
  return execute(process.execPath, [tsc, '-p', folder], { cwd: folder }).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
}

const timeout = 60_000

describe.each(compilers)('a project compiled by %s', (compiler) => {
  it.concurrent.each(['nodenext', 'bundler'] as const)(
    'accepts the tarballs under %s',
    async (resolution) => {
      expect(await compile(compiler, resolution, 'newest')).toBe('')
    },
    timeout,
  )

  // The declarations of the libraries themselves want newer compilers: they are not checked.
  it(
    'has the claims that it registered, and those that a schema of zod, valibot or arktype gives',
    async () => {
      expect(await compile(compiler, 'bundler', 'typed')).toBe('')
    },
    timeout,
  )
})

/** What VERSIONING.md says of CommonJS. */
describe('a file of CommonJS', () => {
  const required =
    "import { createVerifier } from '@countersign/core'\nexport const make: typeof createVerifier = createVerifier\n"
  const imported = "export const load = async () => (await import('@countersign/core')).createVerifier\n"

  it.concurrent.each([
    ['typescript-5.4', 'nodenext', 'nodenext', required, 'TS1479'],
    ['typescript-5.4', 'nodenext', 'nodenext', imported, ''],
    ['typescript-5.9', 'nodenext', 'nodenext', required, ''],
    ['typescript-5.9', 'node20', 'node16', required, ''],
    ['typescript-7.0', 'node16', 'node16', required, 'TS1479'],
    ['typescript-7.0', 'node16', 'node16', imported, ''],
    ['typescript-6.0', 'commonjs', 'bundler', required, ''],
    ['typescript-5.9', 'commonjs', 'node10', required, 'TS2307'],
  ])(
    'under %s with module %s and moduleResolution %s',
    async (compiler, module, moduleResolution, code, error) => {
      const { outside } = projects.newest
      const folder = path.join(outside.folder, randomUUID())
      mkdirSync(folder)
      writeFileSync(path.join(folder, 'package.json'), '{ "type": "commonjs" }')
      writeFileSync(path.join(folder, 'file.ts'), code)
      const compilerOptions = {
        module,
        moduleResolution,
        skipLibCheck: true,
        target: 'es2022',
        types: ['node'],
        strict: true,
      }
      writeFileSync(
        path.join(folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: { ...compilerOptions, noEmit: true } }),
      )
      expect(await run(compiler, folder)).toMatch(error === '' ? /^$/ : new RegExp(`error ${error}:`))
    },
    timeout,
  )
})

it.each([...thorough])(
  'a project on the types of Express 4 compiled by %s accepts the tarballs',
  async (compiler) => {
    expect(await compile(compiler, 'bundler', 'express4')).toBe('')
  },
  timeout,
)
