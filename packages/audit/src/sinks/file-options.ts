import { methods, number, optional, readTable, table, text } from '@countersign/core/adapter'
import type { OptionTable } from '@countersign/core/adapter'
import { clock } from '../option-kinds.js'
import { systemFiles } from './files.js'
import type { Files } from './files.js'
import type { Retention } from './rotation.js'

/** Options of a file sink. */
export interface FileSinkOptions {
  /** Stands in events that tell of it. Default: the name of the file. */
  readonly name?: string | undefined
  /** A file that has become so large is put aside, under the time. Default 67,108,864. */
  readonly maxBytes?: number | undefined
  /** When files that were put aside are deleted: beyond so many full ones, or so many days after they were last written. Default: never. */
  readonly retention?: Retention | undefined
  /** Disk space that is held for events that something waits for, in a file beside. Default 8,388,608; 0 for none. */
  readonly reserveBytes?: number | undefined
  /** Permissions of new files. Default 0o600. */
  readonly mode?: number | undefined
  /** The file system and the clock, for tests. */
  readonly runtime?: { readonly files?: Files | undefined; readonly now?: (() => number) | undefined } | undefined
}

/** Options of a file sink as read. */
export interface ReadFileOptions {
  readonly name: string | undefined
  readonly maxBytes: number
  readonly retention: Retention
  readonly reserveBytes: number
  readonly mode: number
  readonly runtime: { readonly files: Files; readonly now: () => number }
}

const RETENTION: OptionTable<Retention> = {
  files: optional(number('files', 1, 1_000_000, true)),
  days: optional(number('days', 1, 36_500)),
}

const RUNTIME: OptionTable<ReadFileOptions['runtime']> = {
  files: optional(methods<Files>('a file system', ['open', 'rename', 'unlink', 'readdir', 'stat']), systemFiles),
  now: optional(clock, () => Date.now()),
}

const FILE: OptionTable<ReadFileOptions> = {
  name: optional(text('a name', 64)),
  maxBytes: optional(number('bytes', 4_096, 1_099_511_627_776, true), 67_108_864),
  retention: optional(table(RETENTION), {}),
  reserveBytes: optional(number('bytes', 0, 1_073_741_824, true), 8_388_608),
  mode: optional(number('permission bits', 0o200, 0o777, true), 0o600),
  runtime: optional(table(RUNTIME), readTable(RUNTIME, {}, 'runtime')),
}

/** @throws ConfigurationError naming the option */
export function readFileOptions(options: FileSinkOptions): ReadFileOptions {
  return readTable(FILE, options, '')
}
