import { number, optional, readTable } from '../options/kinds.js'

/** How one `mount(…)` treats requests: its second argument in every adapter. */
export interface MountOptions {
  /** Largest request body in bytes; a larger one is answered with 413. Default 524,288. */
  readonly maxBodyBytes?: number | undefined
}

const MOUNT_TABLE = { maxBodyBytes: optional(number('bytes', 0, 67_108_864, true), 524_288) }

/**
 * Reads the second argument of an adapter's `mount`.
 *
 * @throws ConfigurationError `ERR_CONFIG_INVALID`, `ERR_CONFIG_UNKNOWN`
 */
export function readMountOptions(options: MountOptions | undefined): { readonly maxBodyBytes: number } {
  return readTable(MOUNT_TABLE, options ?? {}, '')
}
