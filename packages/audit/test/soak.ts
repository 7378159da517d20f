/** Whether the suites that have a long form run in it. */
export const isSoak: boolean = process.env['COUNTERSIGN_SOAK'] !== undefined
