import type { ServerResponse } from 'node:http'
import type { IncomingRequest } from '@countersign/core'

/** What our hooks need of a Fastify request, on HTTP/1 and HTTP/2 alike. */
export interface HookRequest {
  readonly raw: IncomingRequest
  /** The context that the route was declared in. */
  readonly server: object
}

/** What our hooks need of a Fastify reply. */
export interface HookReply {
  readonly raw: Pick<ServerResponse, 'headersSent'> & { setHeader(name: string, value: string): unknown }
}

/** An asynchronous hook: for `onRequest`, or any later one before the handler. */
export type Hook = (request: HookRequest, reply: HookReply) => Promise<void>
