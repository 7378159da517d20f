import path from 'node:path'

/** A file cannot be made: its folder is not there. What it says comes from the configuration alone, and may be logged. */
export class MissingFolder extends Error {
  readonly code = 'ENOENT'
  /** Absolute: a relative one depends on where the process was started. */
  readonly path: string
  readonly fix: string

  constructor(file: string) {
    super('The folder of the file does not exist')
    this.path = path.resolve(file)
    this.fix = `Create the folder "${path.dirname(this.path)}": a file sink makes its file, and no folder.`
  }
}
