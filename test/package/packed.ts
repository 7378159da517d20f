import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** The fields of a manifest that the suite reads. */
export interface Manifest {
  name: string
  version: string
  exports: Record<string, string | Record<string, string>>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  publishConfig?: Record<string, unknown>
}

/** A published package: its folder in the workspace, and what a user of its tarball gets. */
export interface PackedPackage {
  name: string
  folder: string
  tarball: string
  /** The folder with the unpacked tarball. */
  unpacked: string
  manifest: Manifest
}

/** The names of the folders in `packages/`. */
export const packageNames: readonly string[] = readdirSync(path.join(root, 'packages')).toSorted()

/** Every file below a folder, sorted, with forward slashes; none where the folder is missing. */
export function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted()
}

/**
 * Builds and packs every published package, once for each state of the sources: later calls, in other test files and
 * on other versions of Node, find the tarballs in `node_modules/.cache`.
 */
export async function readPacked(): Promise<PackedPackage[]> {
  const cache = path.join(root, 'node_modules', '.cache', 'packed')
  const folder = path.join(cache, toFingerprint())
  if (!existsSync(folder)) {
    rmSync(cache, { recursive: true, force: true })
    mkdirSync(cache, { recursive: true })
    const unfinished = path.join(cache, `unfinished-${process.pid}`)
    await execute(process.execPath, ['scripts/build.mjs'], { cwd: root }).catch(({ stdout }: { stdout: string }) => {
      throw new Error(`npm run build failed:\n${stdout}`)
    })
    await Promise.all(packageNames.map((name) => pack(name, path.join(unfinished, name))))
    if (existsSync(folder)) rmSync(unfinished, { recursive: true })
    else renameSync(unfinished, folder)
  }
  return packageNames.map((name) => {
    const unpacked = path.join(folder, name, 'package')
    const manifest = JSON.parse(readFileSync(path.join(unpacked, 'package.json'), 'utf8')) as Manifest
    const at = path.join(root, 'packages', name)
    return {
      name: `@countersign/${name}`,
      folder: at,
      tarball: path.join(folder, name, 'package.tgz'),
      unpacked,
      manifest,
    }
  })
}

function toFingerprint(): string {
  const hash = createHash('sha256')
  const shared = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'tsconfig.base.json',
    'scripts/build.mjs',
    'test/package/packed.ts',
  ]
  const own = packageNames.flatMap((name) => {
    const files = ['package.json', 'tsconfig.json', 'README.md', 'LICENSE']
    const sources = listFiles(path.join(root, 'packages', name, 'src')).map((file) => `src/${file}`)
    return [...files, ...sources].map((file) => `packages/${name}/${file}`)
  })
  for (const file of [...shared, ...own].filter((name) => existsSync(path.join(root, name)))) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(path.join(root, file)))
      .update('\0')
  }
  return hash.digest('hex').slice(0, 32)
}

async function pack(name: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const tarball = path.join(folder, 'package.tgz')
  await execute('pnpm', ['pack', '--out', tarball], { cwd: path.join(root, 'packages', name) })
  await execute('tar', ['-xzf', tarball, '-C', folder])
}
