import express from 'express'
import supertest from 'supertest'
import { errorHandler } from '@countersign/express'
import { createExpressApp } from './express-app.js'
import { createGuardedExpressApp } from './express-guards.js'
import type { Host, RunningHost } from './host.js'
import { groupFields } from './inject.js'

/** Express as most of its users test it: a server for each request, and Node's own client. */
export const supertestHost: Host = {
  name: 'Express 5 under supertest',
  start: async (world, errors) =>
    run(createExpressApp(express, world, errors === 'errorHandler' ? errorHandler() : undefined)),
  guard: async (world, rows) => run(createGuardedExpressApp(express, world, rows)),
}

function run(app: express.Express): RunningHost {
  return {
    async send({ method, path, fields }) {
      const call = method.toLowerCase() as 'get' | 'head' | 'options'
      // Its types know one value a field; Node's client, below, sends each of several.
      const headers = groupFields(fields) as Record<string, string>
      const answer = await supertest(app)[call](path).set(headers)
      const received = Object.entries(answer.headers as Record<string, string>).map(([name, value]) => [name, [value]])
      return { status: answer.status, fields: Object.fromEntries(received), body: answer.text ?? '' }
    },
    close: async () => {},
  }
}
