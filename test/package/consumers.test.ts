import { execFile } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { createOutside } from './outside.js'
import { readPacked } from './packed.js'

const execute = promisify(execFile)
const modules = fileURLToPath(new URL('../node_modules', import.meta.url))

const compilers = ['typescript-5.4', 'typescript-5.9', 'typescript-6.0', 'typescript-7.0']
const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

const packages = await readPacked()
const outside = createOutside(packages, {
  '@types/node': path.join(modules, '../../node_modules/@types/node'),
  '@types/express': path.join(modules, '@types/express'),
  '@types/koa': path.join(modules, '@types/koa'),
})
cpSync(new URL('consumer', import.meta.url), outside.folder, { recursive: true })
writeFileSync(path.join(outside.folder, 'package.json'), '{ "type": "module" }')
afterAll(() => outside.remove())

/** What a compiler says about the outside project: nothing where it is content. */
async function compile(compiler: string, resolution: keyof typeof resolutions): Promise<string> {
  const config = path.join(outside.folder, `tsconfig.${compiler}.${resolution}.json`)
  const compilerOptions = {
    ...resolutions[resolution],
    target: 'es2022',
    lib: ['es2023', 'dom'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    // Our declarations are what is tested: they are checked, and so is everything they drag in.
    skipLibCheck: false,
  }
  writeFileSync(config, JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const tsc = path.join(modules, compiler, 'bin', 'tsc')
  return execute(process.execPath, [tsc, '-p', config], { cwd: outside.folder }).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
}

describe.each(compilers)('a project compiled by %s', (compiler) => {
  it.concurrent.each(['nodenext', 'bundler'] as const)('accepts the tarballs under %s', async (resolution) => {
    expect(await compile(compiler, resolution)).toBe('')
  })
})
