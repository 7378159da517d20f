import type { FastifyInstance, InjectOptions } from 'fastify'
import { errorHandler } from '@countersign/fastify'
import type { ContractRequest } from '../raw-client.js'
import { createFastifyApp } from './fastify-app.js'
import { createGuardedFastifyApp } from './fastify-guards.js'
import type { Host, RunningHost } from './host.js'

/** Fastify without a connection: light-my-request makes a request in the image of Node's. */
export const injectHost: Host = {
  name: 'Fastify inject',
  start: async (world, errors) => run(createFastifyApp(world, errors === 'errorHandler' ? errorHandler() : undefined)),
  guard: async (world, rows) => run(createGuardedFastifyApp(world, rows)),
}

function run(app: FastifyInstance): RunningHost {
  return {
    async send({ method, path, fields }) {
      const answer = await app.inject({
        method: method as NonNullable<InjectOptions['method']>,
        url: path,
        headers: groupFields(fields),
      })
      const headers = Object.entries(answer.headers).map(([name, value]) => [name, [String(value)]])
      return { status: answer.statusCode, fields: Object.fromEntries(headers), body: answer.body }
    },
    close: () => app.close(),
  }
}

/** Every value of a field under its name, as an array only where there are several. */
export function groupFields(fields: ContractRequest['fields']): Record<string, string | string[]> {
  const grouped: Record<string, string | string[]> = {}
  for (const [name, value] of fields) {
    const held = grouped[name]
    grouped[name] = held === undefined ? value : [...(typeof held === 'string' ? [held] : held), value]
  }
  return grouped
}
