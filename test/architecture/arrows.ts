// Who may import whom: one row for each folder in packages/.

/** `ground` is imported by all, packages of `middle` never import one another, `top` may import every row below. */
export type Row = 'ground' | 'middle' | 'top'

/** The row of each published package. What is not built yet has its place already. */
export const rows: Readonly<Record<string, Row>> = {
  core: 'ground',
  audit: 'middle',
  exchange: 'middle',
  express: 'middle',
  fastify: 'middle',
  federation: 'middle',
  koa: 'middle',
  postgres: 'middle',
  presets: 'middle',
  redis: 'middle',
  saml: 'middle',
  signals: 'middle',
  sts: 'middle',
  testing: 'middle',
  cli: 'top',
  playground: 'top',
  policy: 'top',
}

/** Third-party packages, where the list is closed. `testing` stands on jose alone, so that core's tests may use it. */
export const thirdParties: Readonly<Record<string, readonly string[]>> = {
  core: ['jose', 'lru-cache', '@standard-schema/spec', '@opentelemetry/api'],
  testing: ['jose'],
}

/** Whether a package may import another one of ours. */
export function isAllowed(from: string, to: string): boolean {
  if (from === to || from === 'testing') return false
  const [row, target] = [rows[from], rows[to]]
  if (row === undefined || target === undefined || row === 'ground') return false
  return row === 'middle' ? target === 'ground' : target !== 'top'
}
