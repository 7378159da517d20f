import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { PackedPackage } from './packed.js'

const execute = promisify(execFile)

/** A project outside the workspace that has the tarballs installed, and nothing that they do not declare. */
export interface Outside {
  folder: string
  /** Runs a script in the project, on the Node that runs the tests, and gives what it printed as JSON. */
  evaluate(file: string, code: string): Promise<unknown>
  remove(): void
}

/**
 * Lays out `node_modules` as an install of the tarballs would: the packages unpacked, each declared dependency and
 * peer beside them. Third-party packages are links into the workspace, so that no registry is asked.
 * @param extra further packages of the project: the name, and the folder that has it
 */
export function createOutside(
  packages: readonly PackedPackage[],
  extra: Readonly<Record<string, string>> = {},
): Outside {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'countersign-outside-')))
  const modules = path.join(folder, 'node_modules')
  const link = (name: string, target: string): void => {
    const at = path.join(modules, name)
    mkdirSync(path.dirname(at), { recursive: true })
    rmSync(at, { recursive: true, force: true })
    symlinkSync(realpathSync(target), at, 'dir')
  }
  for (const { folder: home, manifest } of packages) {
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      if (!name.startsWith('@countersign/')) link(name, path.join(home, 'node_modules', name))
    }
  }
  for (const [name, target] of Object.entries(extra)) link(name, target)
  for (const { name, unpacked } of packages) cpSync(unpacked, path.join(modules, name), { recursive: true })
  return {
    folder,
    async evaluate(file, code) {
      writeFileSync(path.join(folder, file), code)
      const { stdout } = await execute(process.execPath, [file], { cwd: folder })
      return JSON.parse(stdout)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
