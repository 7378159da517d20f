import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const folder = process.env['COUNTERSIGN_VECTORS'] ?? ''

/** Whether other people's vectors are here: they are read in place, from the folder that `COUNTERSIGN_VECTORS` names. */
export const areVectorsHere: boolean = folder !== '' && existsSync(folder)

if (!areVectorsHere) {
  const why = folder === '' ? 'COUNTERSIGN_VECTORS is unset' : `COUNTERSIGN_VECTORS names ${folder}, which is no folder`
  // oxlint-disable-next-line eslint/no-console -- a suite that cannot run says so
  console.log(`Other people's test vectors are left out: ${why}.`)
}

/** One JSON file of the folder; of a folder that is not here `absent`, so that tests can be collected and skipped. */
export function readVectors<T>(file: string, absent: T): T {
  return areVectorsHere ? (JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as T) : absent
}
