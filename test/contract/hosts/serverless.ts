import express from 'express'
import Koa from 'koa'
import serverless from 'serverless-http'
import { errorHandler as handleExpressErrors } from '@countersign/express'
import { errorHandler as handleKoaErrors } from '@countersign/koa'
import { createExpressApp } from './express-app.js'
import { createGuardedExpressApp } from './express-guards.js'
import type { Host, RunningHost } from './host.js'
import { createKoaApp } from './koa-app.js'
import { createGuardedKoaApp } from './koa-guards.js'

/** API Gateway's answer in its first format. */
interface GatewayAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** No server at all: an event of API Gateway becomes a request whose `rawHeaders` are empty. */
export const serverlessHosts: readonly Host[] = (['Express 5', 'Koa 3'] as const).map((framework) => ({
  name: `${framework} under serverless-http`,
  async start(world, errors) {
    const ours = errors === 'errorHandler'
    return run(
      framework === 'Koa 3'
        ? createKoaApp(Koa, world, ours ? handleKoaErrors() : undefined)
        : createExpressApp(express, world, ours ? handleExpressErrors() : undefined),
    )
  },
  guard: async (world, rows) =>
    run(framework === 'Koa 3' ? createGuardedKoaApp(Koa, world, rows) : createGuardedExpressApp(express, world, rows)),
}))

function run(app: Koa | express.Express): RunningHost {
  const handle = serverless(app)
  return {
    async send({ method, path, fields }) {
      const multiValueHeaders: Record<string, string[]> = {}
      for (const [name, value] of fields) multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), value]
      const requestContext = { identity: { sourceIp: '192.0.2.1' } }
      // A gateway hands the query over by itself.
      const [pathname = path, query] = path.split('?', 2)
      const queryStringParameters = Object.fromEntries(new URLSearchParams(query))
      const target = { httpMethod: method, path: pathname, queryStringParameters }
      const event = { ...target, headers: {}, multiValueHeaders, requestContext, body: '' }
      const answer = (await handle(event, {})) as GatewayAnswer
      const received = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), [value]])
      return { status: answer.statusCode, fields: Object.fromEntries(received), body: answer.body }
    },
    close: async () => {},
  }
}
