import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ContractAnswer, ContractRequest } from '../raw-client.js'
import { sendRaw } from '../raw-client.js'
import type { GuardRow } from '../guard-table.js'
import type { World } from '../world.js'

/** Who answers errors: the framework's own handler, or ours. */
export type ErrorMode = 'default' | 'errorHandler'

/** The one application of the contract on one framework, running. */
export interface RunningHost {
  send(request: ContractRequest): Promise<ContractAnswer>
  close(): Promise<void>
}

/** A framework, and a way to reach it. */
export interface Host {
  readonly name: string
  /** The application of the contract. */
  start(world: World, errors: ErrorMode): Promise<RunningHost>
  /** The application of the guard table, under the framework's own error handler. */
  guard(world: World, rows: readonly GuardRow[]): Promise<RunningHost>
}

/** Runs an application on a real port and sends to it over raw connections. */
export async function listen(listener: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<RunningHost> {
  const server = createServer((req, res) => void listener(req, res))
  return reach(await opened(server), () => closed(server))
}

/** Sends over raw connections to a port. */
export function reach(port: number, close: () => Promise<void>): RunningHost {
  return { send: (request) => sendRaw(port, request), close }
}

function opened(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()))
}
